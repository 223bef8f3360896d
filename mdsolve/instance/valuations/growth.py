"""`growth`: a market that grows with the total quality, split in proportion to quality."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from mdsolve.instance.numbers import Number, PositiveNumber
from mdsolve.instance.valuations.base import ValuationFamily


class GrowthValuationSpec(ValuationFamily):
    """v_i = scale * (sum_j q_j) ** exponent * q_i."""

    family: Literal["growth"]
    exponent: Number
    scale: PositiveNumber = Fraction(1)
