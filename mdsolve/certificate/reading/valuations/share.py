"""`share`: v_i = scale * q_i / sum_j q_j: a market of fixed size, growth with exponent -1."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mdsolve.certificate.numbers import Arithmetic
from mdsolve.certificate.reading.valuations.base import Valuation
from mdsolve.certificate.reading.valuations.growth import Growth


def valuation(spec: Any, arithmetic: Arithmetic) -> Valuation:
    """Return the valuation of a specification."""
    return Growth(arithmetic, Fraction(-1), spec.scale)
