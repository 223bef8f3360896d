"""`quadratic`: c(s) = fixed + rate s + curvature s^2 / 2."""

from __future__ import annotations

from mdsolve.game.costs.base import Terms
from mdsolve.instance.costs.quadratic import QuadraticCostSpec


def terms(spec: QuadraticCostSpec) -> Terms:
    """Return the parameters of the common formula."""
    return Terms(float(spec.fixed), float(spec.rate), float(spec.curvature))
