"""`union`: an agent succeeds where any of its neighbours' efforts does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator

from mdsolve.instance.accuracies.base import AccuracySpec, Groups
from mdsolve.instance.common import StrictModel
from mdsolve.instance.findings import Problem
from mdsolve.instance.numbers import NonNegativeNumber, WholeNumber, bad_value


class UnionCurveSpec(StrictModel):
    """e(s): points (samples, accuracy in [0, 1]) from sample count 0 on, joined by lines."""

    points: Annotated[tuple[tuple[NonNegativeNumber, NonNegativeNumber], ...], Field(min_length=2)]

    @field_validator("points")
    @classmethod
    def _rising(cls, points: tuple[tuple[Fraction, Fraction], ...]) -> Any:
        if points[0][0] != 0 or any(b[0] <= a[0] for a, b in pairwise(points)):
            raise bad_value("sample counts that rise strictly from 0")
        if points[-1][1] > 1 or any(b[1] < a[1] for a, b in pairwise(points)):
            raise bad_value("accuracies in [0, 1] that never fall")
        return points


class UnionAccuracySpec(AccuracySpec):
    """a_i = 1 - prod over neighbours j of (1 - e(s_j)), e piecewise linear."""

    family: Literal["union"]
    curve: UnionCurveSpec
    neighbours: tuple[tuple[WholeNumber, ...], ...]

    def misfits(self, agents: int, groups: Groups) -> Iterator[Problem]:
        """Yield lists of neighbours that are not one per agent, and neighbours who are nobody."""
        del groups
        if len(self.neighbours) != agents:
            got = f"{len(self.neighbours)} lists"
            yield ("accuracy", "neighbours"), got, f"{agents}, one per agent", ""
        for k, row in enumerate(self.neighbours):
            if any(not 0 <= j < agents for j in row):
                expected = f"agent numbers from 0 to {agents - 1}"
                yield ("accuracy", "neighbours", k), str(list(row)), expected, ""

    def among(self, kept: Sequence[int]) -> Self:
        """Return what is left where only some agents are; neighbours are numbered anew."""
        places = {old: new for new, old in enumerate(kept)}
        rows = (self.neighbours[number] for number in kept)
        neighbours = tuple(tuple(places[j] for j in row if j in places) for row in rows)
        return type(self)(family=self.family, curve=self.curve, neighbours=neighbours)
