"""`power`: quality is a power of the amount of data."""

from __future__ import annotations

from typing import Literal

from mdsolve.instance.numbers import PositiveNumber
from mdsolve.instance.qualities.base import QualityFamily


class PowerQualitySpec(QualityFamily):
    """Q(t) = t ** exponent, exponent > 0."""

    family: Literal["power"]
    exponent: PositiveNumber
