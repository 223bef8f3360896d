"""`quadratic`: marginal costs rise evenly."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from mdsolve.instance.common import StrictModel
from mdsolve.instance.numbers import NonNegativeNumber


class QuadraticCostSpec(StrictModel):
    """c(s) = fixed + rate * s + curvature * s^2 / 2."""

    family: Literal["quadratic"]
    rate: NonNegativeNumber
    curvature: NonNegativeNumber
    fixed: NonNegativeNumber = Fraction(0)
