"""`power`: c(s) = rate s^exponent with exponent >= 1."""

from __future__ import annotations

from mdsolve.game.costs.base import Terms
from mdsolve.instance.costs.power import PowerCostSpec


def terms(spec: PowerCostSpec) -> Terms:
    """Return the parameters of the common formula."""
    return Terms(power_rate=float(spec.rate), power_exponent=float(spec.exponent))
