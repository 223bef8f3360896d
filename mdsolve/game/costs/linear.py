"""`linear`: c(s) = fixed + rate s."""

from __future__ import annotations

from mdsolve.game.costs.base import Terms
from mdsolve.instance.costs.linear import LinearCostSpec


def terms(spec: LinearCostSpec) -> Terms:
    """Return the parameters of the common formula."""
    return Terms(fixed=float(spec.fixed), rate=float(spec.rate))
