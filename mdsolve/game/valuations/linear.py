"""`linear`: v_i = scale * sum_j matrix[i][j] q_j."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from mdsolve.game.arithmetic import Arithmetic, Array
from mdsolve.game.valuations.base import Property, Valuation, total
from mdsolve.instance.valuations.linear import LinearValuationSpec


def valuation(spec: LinearValuationSpec) -> LinearValuation:
    """Return the valuation of a specification."""
    return LinearValuation(spec.matrix, spec.scale)


@dataclass(frozen=True)
class LinearValuation:
    """v_i(q) = scale * sum_j matrix[i][j] q_j ([C20] Example 2).

    Parameters
    ----------
    matrix : tuple of tuples of Fraction, shape (n, n)
        Row i holds the influence of each agent's quality on agent i.
    """

    matrix: tuple[tuple[Fraction, ...], ...]
    scale: Fraction = Fraction(1)
    family: str = "linear"
    rational: bool = True

    @property
    def terms(self) -> tuple[Valuation, ...]:
        """Return the valuation itself."""
        return (self,)

    @property
    def rising(self) -> bool:
        """Do not hold in general: coefficients may be negative; `weight` tells."""
        return False

    def weight(self, participants: Sequence[int], agent: int) -> Fraction:
        """Return the agent's column sum over the participants."""
        return sum((self.scale * self.matrix[i][agent] for i in participants), start=Fraction(0))

    def value(self, agent: int, qualities: Sequence[Array], arithmetic: Arithmetic) -> Array:
        """Return the weighted sum of qualities."""
        weights = [self.scale * weight for weight in self.matrix[agent]]
        terms = [
            arithmetic.number(weight) * quality
            for weight, quality in zip(weights, qualities, strict=True)
            if weight != 0
        ]
        return total(terms) if terms else qualities[agent] * arithmetic.number(Fraction(0))

    def non_competitive(self, agents: int) -> Property:
        """Hold iff no coefficient is negative."""
        for i in range(agents):
            for j in range(agents):
                if self.matrix[i][j] < 0:
                    reason = f"matrix[{i}][{j}] = {self.matrix[i][j]} < 0"
                    return Property("non-competitive", False, reason)
        return Property("non-competitive", True, "no coefficient is negative")

    def quasi_monotone(self, agents: int) -> Property:
        """Hold iff no diagonal coefficient is negative ([C20] Theorem 2 needs F_i increasing)."""
        for i in range(agents):
            if self.matrix[i][i] < 0:
                reason = f"matrix[{i}][{i}] = {self.matrix[i][i]} < 0: F_{i} is decreasing"
                return Property("quasi-monotone", False, reason)
        return Property("quasi-monotone", True, "F_i(q) = matrix[i][i] q is non-decreasing")

    def growing(self, agents: int) -> Property:
        """Hold iff no column sum is negative."""
        for j in range(agents):
            column = sum(row[j] for row in self.matrix)
            if column < 0:
                reason = f"column {j} of the matrix sums to {column} < 0"
                return Property("growing-market", False, reason)
        return Property("growing-market", True, "no column of the matrix has a negative sum")
