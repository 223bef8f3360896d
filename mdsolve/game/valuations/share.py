"""`share`: v_i = scale * q_i / sum_j q_j, growth with exponent -1."""

from __future__ import annotations

from fractions import Fraction

from mdsolve.game.valuations.growth import GrowthValuation
from mdsolve.instance.valuations.share import ShareValuationSpec

EXPONENT = Fraction(-1)


def valuation(spec: ShareValuationSpec) -> GrowthValuation:
    """Return the valuation of a specification."""
    return GrowthValuation(EXPONENT, spec.scale, family="share")
