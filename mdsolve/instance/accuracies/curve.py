"""`curve`: accuracies that were measured at some amounts of data."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from mdsolve.instance.accuracies.base import AccuracySpec
from mdsolve.instance.numbers import NonNegativeNumber, Number, bad_value


class CurveAccuracySpec(AccuracySpec):
    """Measured points (samples, accuracy)."""

    family: Literal["curve"]
    points: Annotated[tuple[tuple[NonNegativeNumber, Number], ...], Field(min_length=2)]

    @field_validator("points")
    @classmethod
    def _rising(cls, points: tuple[tuple[Fraction, Fraction], ...]) -> Any:
        if any(b[0] <= a[0] for a, b in pairwise(points)):
            raise bad_value("points with strictly rising sample counts", "sort them")
        return points
