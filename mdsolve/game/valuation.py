"""What a market is worth to each agent: v_i as a function of everybody's model quality.

Qualities are q = (q_1, ..., q_n), the models the agents actually use; values are in money. Every
family states what is known about it: whether it is rational, non-competitive
([C20] Definition 11), quasi-monotone (Definition 9) and whether the market grows (Assumption 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np

from mdsolve.game.arithmetic import Arithmetic, Array
from mdsolve.game.quality import power_or_zero


@dataclass(frozen=True)
class Property:
    """A property of a valuation: `holds` is None where neither it nor its negation is known."""

    name: str
    holds: bool | None
    reason: str


class Valuation(Protocol):
    """Values of all agents at given model qualities."""

    @property
    def family(self) -> str:
        """Name of the family in instance files."""

    @property
    def rational(self) -> bool:
        """Tell whether rational qualities always have rational values."""

    def value(self, agent: int, qualities: Sequence[Array], arithmetic: Arithmetic) -> Array:
        """Return v_agent at broadcast arrays of the n agents' qualities."""

    def non_competitive(self, agents: int) -> Property:
        """Tell whether dv_i/dq_j >= 0 for all i, j."""

    def quasi_monotone(self, agents: int) -> Property:
        """Tell whether v_i = F_i(q_i) + theta_i(q_-i) with F_i increasing for every i."""

    def growing(self, agents: int) -> Property:
        """Tell whether the total sum_i v_i never falls when some quality rises."""


def total(arrays: Sequence[Array]) -> Array:
    """Return the sum of broadcast arrays, from the smallest shape up to keep the work low."""
    ordered = sorted(arrays, key=np.size)
    result = ordered[0]
    for array in ordered[1:]:
        result = result + array
    return result


@dataclass(frozen=True)
class GrowthValuation:
    """v_i(q) = scale * (sum_j q_j) ** exponent * q_i, and 0 where no model has any quality.

    The exponent is the market growth rate of [C20] section 7.2. `share` is the case -1: a market
    of fixed size `scale`, split in proportion to quality ([C20] Example 1).
    """

    exponent: Fraction
    scale: Fraction = Fraction(1)
    family: str = "growth"

    @property
    def rational(self) -> bool:
        """Tell whether the exponent is an integer."""
        return self.exponent.denominator == 1

    def value(self, agent: int, qualities: Sequence[Array], arithmetic: Arithmetic) -> Array:
        """Return the agent's part of the market."""
        share = power_or_zero(total(qualities), self.exponent, arithmetic) * qualities[agent]
        return share if self.scale == 1 else share * arithmetic.number(self.scale)

    def non_competitive(self, agents: int) -> Property:
        """Hold for exponent >= 0 (or a single agent of a growing market)."""
        holds = self.exponent >= 0 or (agents == 1 and self.exponent >= -1)
        reason = (
            f"a better model never lowers any v_i at growth exponent {self.exponent}"
            if holds
            else f"growth exponent {self.exponent} < 0: a better model elsewhere lowers v_i"
            if agents > 1
            else f"growth exponent {self.exponent} < -1: a better model lowers v_i"
        )
        return Property("non-competitive", holds, reason)

    def quasi_monotone(self, agents: int) -> Property:
        """Hold only for exponent 0 (or a single agent of a growing market)."""
        holds = self.exponent == 0 or (agents == 1 and self.exponent >= -1)
        reason = (
            "v_i depends on the agent's own quality only"
            if holds
            else f"(sum q)^{self.exponent} q_i does not split into F_i(q_i) + theta_i(q_-i)"
        )
        return Property("quasi-monotone", holds, reason)

    def growing(self, agents: int) -> Property:  # noqa: ARG002
        """Hold for exponent >= -1, since sum_i v_i = scale * (sum q) ** (1 + exponent)."""
        holds = self.exponent >= -1
        sign = ">=" if holds else "<"
        return Property(
            "growing-market", holds, f"sum v = (sum q)^(1+a) with a = {self.exponent} {sign} -1"
        )


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


@dataclass(frozen=True)
class SumValuation:
    """v_i = sum of the terms' v_i."""

    terms: tuple[Valuation, ...]
    family: str = "sum"

    @property
    def rational(self) -> bool:
        """Tell whether every term is rational."""
        return all(term.rational for term in self.terms)

    def value(self, agent: int, qualities: Sequence[Array], arithmetic: Arithmetic) -> Array:
        """Return the sum of the terms' values."""
        return total([term.value(agent, qualities, arithmetic) for term in self.terms])

    def non_competitive(self, agents: int) -> Property:
        """Hold when it holds for every term; unknown otherwise (terms may compensate)."""
        return _every([term.non_competitive(agents) for term in self.terms])

    def quasi_monotone(self, agents: int) -> Property:
        """Hold when it holds for every term; unknown otherwise."""
        return _every([term.quasi_monotone(agents) for term in self.terms])

    def growing(self, agents: int) -> Property:
        """Hold when it holds for every term; unknown otherwise."""
        return _every([term.growing(agents) for term in self.terms])


def _every(properties: Sequence[Property]) -> Property:
    name = properties[0].name
    for found in properties:
        if found.holds is not True:
            verdict = found.holds if len(properties) == 1 else None
            return Property(name, verdict, f"not shown for every term: {found.reason}")
    return Property(name, True, "holds for every term of the sum")
