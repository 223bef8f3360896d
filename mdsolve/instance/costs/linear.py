"""`linear`: every sample costs the same."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar, Literal

from mdsolve.instance.costs.base import CostFamily
from mdsolve.instance.numbers import NonNegativeNumber


class LinearCostSpec(CostFamily):
    """c(s) = fixed + rate * s."""

    amounts: ClassVar[tuple[str, ...]] = ("rate", "fixed")
    family: Literal["linear"] = "linear"
    rate: NonNegativeNumber
    fixed: NonNegativeNumber = Fraction(0)
