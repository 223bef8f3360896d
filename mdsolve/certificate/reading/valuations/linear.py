"""`linear`: v_i = scale * sum_j matrix[i][j] q_j."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.valuations.base import Influence, Property, Valuation, summed

Matrix = Sequence[Sequence[Fraction]]


def valuation(spec: Any, arithmetic: Arithmetic) -> Valuation:
    """Return the valuation of a specification."""
    matrix = [[spec.scale * entry for entry in row] for row in spec.matrix]
    return Linear(arithmetic, matrix, spec.matrix)


@dataclass(frozen=True)
class Linear(Valuation):
    """Values linear in all qualities.

    Parameters
    ----------
    matrix : (n, n) of Fraction
        Row i is the influence of each agent's quality on agent i, scale included.
    written : (n, n) of Fraction
        The same without scale.
    """

    arithmetic: Arithmetic
    matrix: Matrix
    written: Matrix
    _constants: dict[Fraction, Quantity] = field(default_factory=dict, repr=False)

    def _constant(self, weight: Fraction) -> Quantity:
        if weight not in self._constants:
            self._constants[weight] = self.arithmetic.constant(weight)
        return self._constants[weight]

    def value(self, agent: int, own: Quantity, others: Sequence[Quantity]) -> Quantity:
        """Return the weighted sum."""
        qualities = [*others[:agent], own, *others[agent:]]
        return self._weighted(self.matrix[agent], qualities)

    def together(self, participants: Collection[int], qualities: Sequence[Quantity]) -> Quantity:
        """Return the sum weighted with column sums over the participants."""
        weights = [self._column(j, participants) for j in range(len(self.matrix))]
        return self._weighted(weights, qualities)

    def summary(
        self, participants: Collection[int], qualities: Sequence[Quantity]
    ) -> list[Quantity]:
        """Return the total itself."""
        return [self.together(participants, qualities)]

    def _weighted(self, weights: Sequence[Fraction], qualities: Sequence[Quantity]) -> Quantity:
        return summed(
            [
                quality * self._constant(weight) if weight else 0 * quality
                for weight, quality in zip(weights, qualities, strict=True)
            ]
        )

    def _column(self, agent: int, participants: Collection[int]) -> Fraction:
        return sum((self.matrix[i][agent] for i in participants), start=Fraction(0))

    def influence(self, agent: int, participants: Collection[int], *, outsiders: bool) -> Influence:
        """Return the column sum over the participants."""
        del outsiders
        return Influence(self._column(agent, participants), "none")

    def interchangeable(self, first: int, second: int) -> bool:
        """Compare the matrix with itself after the exchange."""
        swap = {first: second, second: first}
        size = range(len(self.matrix))
        return all(
            self.matrix[i][j] == self.matrix[swap.get(i, i)][swap.get(j, j)]
            for i in size
            for j in size
        )

    def properties(self, size: int) -> tuple[Property, Property, Property]:
        """Return what signs of coefficients and column sums tell."""
        cells = [(i, j) for i in range(size) for j in range(size)]
        harm = next(((i, j) for i, j in cells if self.matrix[i][j] < 0), None)
        falling = next((i for i in range(size) if self.matrix[i][i] < 0), None)
        columns = [sum(row[j] for row in self.written) for j in range(size)]
        shrinking = next((j for j in range(size) if columns[j] < 0), None)
        return (
            Property(
                "non-competitive",
                harm is None,
                "no coefficient is negative"
                if harm is None
                else f"matrix[{harm[0]}][{harm[1]}] = {self.written[harm[0]][harm[1]]} < 0",
            ),
            Property(
                "quasi-monotone",
                falling is None,
                "F_i(q) = matrix[i][i] q is non-decreasing"
                if falling is None
                else f"matrix[{falling}][{falling}] = {self.written[falling][falling]} < 0: "
                f"F_{falling} is decreasing",
            ),
            Property(
                "growing-market",
                shrinking is None,
                "no column of the matrix has a negative sum"
                if shrinking is None
                else f"column {shrinking} of the matrix sums to {columns[shrinking]} < 0",
            ),
        )
