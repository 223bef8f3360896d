"""`union`: a_i = 1 - prod over neighbours j of (1 - e(s_j)), e lines through points."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.accuracy import Accuracy, Branch
from mdsolve.certificate.reading.curves import Side
from mdsolve.certificate.reading.together import Indices, ProductParts, Together

Points = Sequence[tuple[Fraction, Fraction]]


@dataclass(frozen=True)
class UnionAccuracy(Accuracy):
    """Accuracies of agents who see what any neighbour finds.

    Parameters
    ----------
    points : sequence of (samples, accuracy)
        Of e, flat beyond the last.
    neighbours : sequence of sequences of int
        Whose data count for whom.
    """

    arithmetic: Arithmetic
    points: Points
    neighbours: Sequence[Sequence[int]]

    @property
    def heights(self) -> npt.NDArray[np.float64]:  # type: ignore[override]
        """Return ones."""
        return np.ones(len(self.neighbours))

    @property
    def units(self) -> npt.NDArray[np.float64]:  # type: ignore[override]
        """Return the last point's samples."""
        return np.full(len(self.neighbours), float(self.points[-1][0]))

    @property
    def concave(self) -> bool:
        """Do not hold: products are not concave."""
        return False

    @property
    def substitutes(self) -> bool:
        """Hold: the own find counts where all others miss, and e never falls."""
        return True

    @cached_property
    def _lines(self) -> list[tuple[Quantity, Quantity, Quantity, Quantity | None]]:
        """Return start, height, slope and end of every line of e."""
        constant = self.arithmetic.constant
        found: list[tuple[Quantity, Quantity, Quantity, Quantity | None]] = [
            (
                constant(a[0]),
                constant(a[1]),
                constant((b[1] - a[1]) / (b[0] - a[0])),
                constant(b[0]),
            )
            for a, b in pairwise(self.points)
        ]
        last = self.points[-1]
        return [*found, (constant(last[0]), constant(last[1]), constant(0), None)]

    def effort(self, s: Quantity) -> Quantity:
        """Return e(s_j): it never falls, so the ends of an enclosure decide."""
        arithmetic = self.arithmetic
        lines = self._lines
        found = arithmetic.broadcast(lines[0][1], s.shape) + 0 * s
        for start, _, slope, end in lines:
            top = s if end is None else arithmetic.minimum(s, end + 0 * s)
            run = arithmetic.maximum(top - start, arithmetic.zeros(s.shape))
            found = found + slope * run
        return found

    def missed(self, s: Quantity, *, without_own: bool) -> Quantity:
        """Return prod over neighbours of (1 - e(s_j)), the own factor left out or not, (n,)."""
        factors = 1 - self.effort(s)
        rows = []
        for agent, row in enumerate(self.neighbours):
            product = 1 + self.arithmetic.zeros(1)
            for j in row:
                if not (without_own and j == agent):
                    product = product * factors[j : j + 1]
            rows.append(product)
        return self.arithmetic.concatenate(rows)

    def values(self, s: Quantity) -> Quantity:
        """Return the accuracies."""
        return 1 - self.missed(s, without_own=False)

    def branches(self, s: Quantity, *, alone: bool = False) -> list[Branch]:
        """Return a linear branch per line of e."""
        arithmetic, n = self.arithmetic, len(self.neighbours)
        profile = arithmetic.zeros(n) if alone else s
        others = self.missed(profile, without_own=True)
        own = np.array([agent in row for agent, row in enumerate(self.neighbours)], dtype=np.bool_)
        lines = self._lines
        found = []
        for number, (start, height, slope, end) in enumerate(lines):
            zero = arithmetic.zeros(n)
            rise = arithmetic.where(own, slope * others, zero)
            level = arithmetic.where(own, 1 - (1 - height) * others, 1 - others)

            def value(
                x: Quantity, level: Any = level, rise: Any = rise, start: Any = start
            ) -> Quantity:
                return level + rise * (x - start)

            def along(x: Quantity, side: Side, rise: Any = rise) -> Quantity:  # noqa: ARG001
                return rise + 0 * x

            present = own | (number == len(lines) - 1)
            begin = arithmetic.where(own, start + zero, zero)
            last = None if end is None else end + zero
            found.append(Branch(begin, last, present, value, along))
        return found

    def together(self, value: Quantity) -> Together:
        """Return a product per agent: the chance that no neighbour finds what they look for."""
        arithmetic, n = self.arithmetic, len(self.neighbours)
        listened = np.zeros((n, n), dtype=np.bool_)
        for agent, row in enumerate(self.neighbours):
            listened[list(row), agent] = True

        def spread(agents: Indices, own: Quantity, others: Quantity) -> Quantity:
            return arithmetic.where(listened[agents], own.reshape(-1, 1), others)

        def kept(agents: Indices, x: Quantity) -> Quantity:
            every = arithmetic.zeros((len(agents), n))
            return spread(agents, 1 - self.effort(x), 1 + every)

        def falls(
            agents: Indices, low: Quantity, high: Quantity | None
        ) -> tuple[Quantity, Quantity]:
            every = arithmetic.zeros((len(agents), n))
            least, most = self._steepness(low, high)
            return spread(agents, least, every), spread(agents, most, every)

        return Together(products=ProductParts(value, kept, falls, strict=False))

    def _steepness(self, low: Quantity, high: Quantity | None) -> tuple[Quantity, Quantity]:
        """Return the least and the largest slope of e on intervals that are no points."""
        arithmetic, lines = self.arithmetic, self._lines
        none = arithmetic.zeros(low.shape)
        steepest = none
        for _, _, slope, _ in lines:
            steepest = arithmetic.maximum(steepest, slope + none)
        least, most = steepest, none
        for start, _, slope, end in lines:
            away = np.zeros(low.shape, dtype=np.bool_)
            if high is not None:
                away = away | arithmetic.at_most(high, start + none).holds
            if end is not None:
                away = away | arithmetic.at_most(end + none, low).holds
            here = slope + none
            least = arithmetic.where(away, least, arithmetic.minimum(least, here))
            most = arithmetic.where(away, most, arithmetic.maximum(most, here))
        return least, most

    def trait(self, agent: int) -> Hashable:
        """Return how many neighbours the agent has, and how many listen."""
        listening = sum(agent in row for row in self.neighbours)
        return (len(set(self.neighbours[agent])), listening)

    def interchangeable(self, first: int, second: int) -> bool:
        """Compare the neighbourhoods after exchanging the two names."""
        swap = {first: second, second: first}
        return all(
            {swap.get(j, j) for j in row} == set(self.neighbours[swap.get(agent, agent)])
            for agent, row in enumerate(self.neighbours)
        )


def accuracy(instance: Any, arithmetic: Arithmetic) -> UnionAccuracy:
    """Return the accuracies of an instance of this family."""
    spec = instance.accuracy
    return UnionAccuracy(arithmetic, spec.curve.points, spec.neighbours)
