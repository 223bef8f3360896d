"""`power`: costs grow like a power of the contribution."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from pydantic import field_validator

from mdsolve.instance.costs.base import CostFamily
from mdsolve.instance.numbers import NonNegativeNumber, Number, bad_value


class PowerCostSpec(CostFamily):
    """c(s) = rate * s ** exponent, exponent >= 1."""

    family: Literal["power"]
    rate: NonNegativeNumber
    exponent: Number

    @field_validator("exponent")
    @classmethod
    def _convex(cls, exponent: Fraction) -> Fraction:
        if exponent < 1:
            raise bad_value("an exponent of at least 1, so that costs are convex")
        return exponent
