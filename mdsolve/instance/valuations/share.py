"""`share`: a market of fixed size, split in proportion to quality."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from mdsolve.instance.numbers import PositiveNumber
from mdsolve.instance.valuations.base import ValuationFamily


class ShareValuationSpec(ValuationFamily):
    """v_i = scale * q_i / sum_j q_j."""

    family: Literal["share"]
    scale: PositiveNumber = Fraction(1)
