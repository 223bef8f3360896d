"""`piecewise-linear`: costs that are known at some contributions."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator

from mdsolve.instance.costs.base import CostFamily
from mdsolve.instance.numbers import Number, bad_value


class PiecewiseLinearCostSpec(CostFamily):
    """Convex, non-decreasing interpolation through points (samples, cost)."""

    family: Literal["piecewise-linear"]
    points: Annotated[tuple[tuple[Number, Number], ...], Field(min_length=2)]

    @field_validator("points")
    @classmethod
    def _convex(cls, points: tuple[tuple[Fraction, Fraction], ...]) -> Any:
        steps = list(pairwise(points))
        if points[0][0] != 0 or any(b[0] <= a[0] for a, b in steps):
            raise bad_value("samples that rise strictly from 0")
        slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in steps]
        if slopes[0] < 0 or any(b < a for a, b in pairwise(slopes)):
            raise bad_value(
                "a non-decreasing convex cost", "slopes must start at 0 or more and rise"
            )
        return points

    def scaled(self, factor: Fraction) -> Self:
        """Return the cost ``factor * c(s)``."""
        points = tuple((samples, factor * cost) for samples, cost in self.points)
        return type(self)(family=self.family, points=points)
