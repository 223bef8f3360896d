"""`pac`: the guarantee of learning theory for a class of models of given complexity."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from mdsolve.instance.accuracies.base import AccuracySpec
from mdsolve.instance.numbers import PositiveNumber


class PacAccuracySpec(AccuracySpec):
    """b(m) = ceiling - (4 + sqrt(2k(2 + log(m/k)))) / sqrt(m), 0 below its zero m0."""

    family: Literal["pac"]
    ceiling: PositiveNumber = Fraction(1)
    complexity: PositiveNumber
