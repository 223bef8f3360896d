"""`table`: quality that is known at some sizes."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from mdsolve.instance.findings import Problem
from mdsolve.instance.numbers import Number, bad_value
from mdsolve.instance.qualities.base import QualityFamily


class TableQualitySpec(QualityFamily):
    """Linear interpolation through points (size, quality), from (0, 0) on, both rising."""

    family: Literal["table"]
    points: Annotated[tuple[tuple[Number, Number], ...], Field(min_length=2)]

    @field_validator("points")
    @classmethod
    def _rising(cls, points: tuple[tuple[Fraction, Fraction], ...]) -> Any:
        if any(points[0]):
            raise bad_value("a first point [0, 0]", "start with [0, 0]: no data, no quality")
        for k, (earlier, later) in enumerate(pairwise(points)):
            if later[0] <= earlier[0] or later[1] <= earlier[1]:
                raise bad_value(
                    "sizes and qualities that both rise strictly", f"see points {k} and {k + 1}"
                )
        return points

    def misfits(self, largest: Fraction) -> Iterator[Problem]:
        """Yield a last point that does not reach the largest total."""
        covered = self.points[-1][0]
        if covered < largest:
            yield (
                ("quality", "points"),
                f"points up to size {covered}",
                f"points up to {largest}, the total of the largest types",
                "add a point there; quality is never extrapolated",
            )
