"""`linear`: every sample costs the same."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from mdsolve.instance.common import StrictModel
from mdsolve.instance.numbers import NonNegativeNumber


class LinearCostSpec(StrictModel):
    """c(s) = fixed + rate * s."""

    family: Literal["linear"] = "linear"
    rate: NonNegativeNumber
    fixed: NonNegativeNumber = Fraction(0)
