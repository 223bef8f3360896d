"""`linear`: everybody's quality helps or hurts everybody in proportion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Literal, Self

from mdsolve.instance.findings import Problem
from mdsolve.instance.numbers import Number, PositiveNumber
from mdsolve.instance.valuations.base import Place, ValuationFamily


class LinearValuationSpec(ValuationFamily):
    """v_i = scale * sum_j matrix[i][j] q_j."""

    family: Literal["linear"]
    matrix: tuple[tuple[Number, ...], ...]
    scale: PositiveNumber = Fraction(1)

    def misfits(self, agents: int, place: Place) -> Iterator[Problem]:
        """Yield a matrix that has not one row and column per agent."""
        rows = [len(row) for row in self.matrix]
        if rows != [agents] * agents:
            got = f"{len(rows)} rows of lengths {rows}"
            expected = f"{agents} rows of {agents} numbers, one row and column per agent"
            yield (*place, "matrix"), got, expected, ""

    def among(self, kept: Sequence[int]) -> Self:
        """Return rows and columns of some agents."""
        matrix = tuple(tuple(self.matrix[i][j] for j in kept) for i in kept)
        return type(self)(family=self.family, matrix=matrix, scale=self.scale)
