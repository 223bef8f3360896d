"""`threshold-power`: worthless up to a threshold, then like a power."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from mdsolve.instance.accuracies.base import AccuracySpec
from mdsolve.instance.numbers import PositiveNumber


class ThresholdPowerAccuracySpec(AccuracySpec):
    """v(m) = value * max(0, 1 - (threshold / m) ** exponent)."""

    family: Literal["threshold-power"]
    value: PositiveNumber = Fraction(1)
    threshold: PositiveNumber
    exponent: PositiveNumber
