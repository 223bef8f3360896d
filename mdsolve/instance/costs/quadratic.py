"""`quadratic`: marginal costs rise evenly."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar, Literal

from mdsolve.instance.costs.base import CostFamily
from mdsolve.instance.numbers import NonNegativeNumber


class QuadraticCostSpec(CostFamily):
    """c(s) = fixed + rate * s + curvature * s^2 / 2."""

    amounts: ClassVar[tuple[str, ...]] = ("rate", "curvature", "fixed")
    family: Literal["quadratic"]
    rate: NonNegativeNumber
    curvature: NonNegativeNumber
    fixed: NonNegativeNumber = Fraction(0)
