"""Accuracies of all agents in rigorous numbers, and each along his own contribution.

Along his own contribution an agent's accuracy is a maximum of concave branches (or is joined from
them): one for a concave family, the zero branch and the bound's branch for a clipped one, one per
line of e for `union`. Whatever bounds every branch bounds the accuracy.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from mdsolve.certificate.rigorous.costs import Points, Side, line_through
from mdsolve.certificate.rigorous.curves import ClippedCurve, ConcaveCurve, Curve
from mdsolve.certificate.rigorous.numbers import ONE, ZERO, Calculus, Number, dot, total

Numbers = Sequence[Number]


@dataclass(frozen=True)
class Branch:
    """A concave function of the own contribution on [start, end]; end None means no end.

    Parameters
    ----------
    value, slope : callable
        a(x) and its one-sided derivative, x in samples.
    """

    start: Number
    end: Number | None
    value: Callable[[Number], Number]
    slope: Callable[[Number, Side], Number]


class Accuracy(ABC):
    """Accuracies of n agents at rational contributions."""

    @property
    @abstractmethod
    def concave(self) -> bool:
        """Tell whether every a_i is concave in all contributions."""

    @abstractmethod
    def values(self, s: Numbers) -> list[Number]:
        """Return a_i(s)."""

    @abstractmethod
    def branches(self, s: Numbers) -> list[list[Branch]]:
        """Return everybody's branches, others as in s; the one s_i lies on comes first."""

    @abstractmethod
    def alike(self, first: int, second: int) -> bool:
        """Tell whether exchanging two agents changes no accuracy but theirs, which swap."""


@dataclass(frozen=True)
class Weights:
    """The index y = W s: a matrix, a table by groups, or one row for everybody.

    Parameters
    ----------
    table : G rows of G numbers, or one row of n numbers
    group : n numbers of rows, or None for one common row
    """

    table: Sequence[Numbers]
    group: Sequence[int] | None

    @property
    def size(self) -> int:
        """Number of agents."""
        return len(self.table[0]) if self.group is None else len(self.group)

    def kind(self, agent: int) -> int:
        """Return the number of the agent's row; equal numbers mean equal rows."""
        return 0 if self.group is None else self.group[agent]

    def weight(self, row: int, agent: int) -> Number:
        """Return what a row puts on an agent's data."""
        return self.table[row][agent if self.group is None else self.group[agent]]

    def apply(self, s: Numbers) -> list[Number]:
        """Return W s."""
        if self.group is None:
            return [dot(self.table[0], s)] * len(s)
        members: list[list[Number]] = [[] for _ in self.table]
        for place, amount in zip(self.group, s, strict=True):
            members[place].append(amount)
        sums = [total(amounts) for amounts in members]
        seen = [dot(row, sums) for row in self.table]
        return [seen[place] for place in self.group]


@dataclass(frozen=True)
class WeightedAccuracy(Accuracy):
    """a_i = f_i((W s)_i + platform).

    Parameters
    ----------
    curves : n curves
        Equal objects where agents share a curve.
    """

    weights: Weights
    curves: Sequence[Curve]
    platform: Number

    @property
    def concave(self) -> bool:
        """Hold where every curve is concave."""
        return all(curve.concave for curve in self.curves)

    def index(self, s: Numbers) -> list[Number]:
        """Return the amount of data each model has seen."""
        return [seen + self.platform for seen in self.weights.apply(s)]

    def values(self, s: Numbers) -> list[Number]:
        """Return f_i(y_i), each different pair of curve and amount once."""
        known: dict[tuple[int, Number], Number] = {}
        result = []
        for curve, y in zip(self.curves, self.index(s), strict=True):
            key = (id(curve), y)
            if key not in known:
                known[key] = curve.value(y)
            result.append(known[key])
        return result

    def branches(self, s: Numbers) -> list[list[Branch]]:
        """Return one branch for concave curves; the zero branch and the bound for clipped ones."""
        result = []
        for agent, y in enumerate(self.index(s)):
            own = self.weights.weight(self.weights.kind(agent), agent)
            result.append(_along(self.curves[agent], own, y - own * s[agent], y))
        return result

    def alike(self, first: int, second: int) -> bool:
        """Compare curves and every weight that the exchange would move."""
        if self.curves[first] != self.curves[second]:
            return False
        w = self.weights
        if w.group is None:
            return bool(w.table[0][first] == w.table[0][second])
        i, j = w.group[first], w.group[second]
        if i == j:
            return True
        if w.weight(i, first) != w.weight(j, second) or w.weight(i, second) != w.weight(j, first):
            return False
        others = [k for k in range(w.size) if k not in (first, second)]
        return all(
            w.weight(i, k) == w.weight(j, k)
            and w.weight(w.kind(k), first) == w.weight(w.kind(k), second)
            for k in others
        )


def _along(curve: Curve, own: Number, others: Number, now: Number) -> list[Branch]:
    if isinstance(curve, ConcaveCurve):
        return [_concave(curve, own, others)]
    assert isinstance(curve, ClippedCurve)
    nothing = Branch(ZERO, None, lambda x: ZERO, lambda x, side: ZERO)  # noqa: ARG005
    if own == 0:
        level = curve.value(now)
        return [Branch(ZERO, None, lambda x: level, lambda x, side: ZERO)]  # noqa: ARG005
    start = max(ZERO, (curve.start - others) / own)
    bound = Branch(
        start,
        None,
        lambda x: curve.bound(others + own * x),
        lambda x, side: own * curve.bound_slope(others + own * x),  # noqa: ARG005
    )
    above = now >= curve.start and curve.bound(now) > 0
    return [bound, nothing] if above else [nothing, bound]


def _concave(curve: ConcaveCurve, own: Number, others: Number) -> Branch:
    def slope(x: Number, side: Side) -> Number:
        return own * curve.slope(others + own * x, side) if own != 0 else ZERO

    return Branch(ZERO, None, lambda x: curve.value(others + own * x), slope)


@dataclass(frozen=True)
class CoverageAccuracy(Accuracy):
    """a_i = 1 - 1/2 sum_x q_ix prod_j (1 - q_jx)^s_j, every q below 1.

    Parameters
    ----------
    distributions : n rows of items
    """

    calculus: Calculus
    distributions: Sequence[Numbers]

    @property
    def concave(self) -> bool:
        """Hold."""
        return True

    def kept(self, agent: int, item: int, amount: Number) -> Number:
        """Return (1 - q)^amount: the chance that none of an agent's samples is the item."""
        found = self.distributions[agent][item]
        return ONE if found == 0 else self.calculus.power(1 - found, amount)

    def rate(self, agent: int, item: int) -> Number:
        """Return -log(1 - q) >= 0."""
        found = self.distributions[agent][item]
        return ZERO if found == 0 else -self.calculus.logarithm(1 - found)

    def missing(self, s: Numbers) -> list[Number]:
        """Return prod_j (1 - q_jx)^s_j per item."""
        result = []
        for item in range(len(self.distributions[0])):
            product = ONE
            for agent, amount in enumerate(s):
                product = product * self.kept(agent, item, amount)
            result.append(product)
        return result

    def values(self, s: Numbers) -> list[Number]:
        """Return the accuracies."""
        missing = self.missing(s)
        return [1 - dot(row, missing) / 2 for row in self.distributions]

    def branches(self, s: Numbers) -> list[list[Branch]]:
        """Return one branch per agent."""
        missing = self.missing(s)
        return [[self._branch(agent, s[agent], missing)] for agent in range(len(s))]

    def _branch(self, agent: int, amount: Number, missing: Numbers) -> Branch:
        row = self.distributions[agent]
        items = [item for item, found in enumerate(row) if found != 0]
        others = [missing[item] / self.kept(agent, item, amount) for item in items]

        def value(x: Number) -> Number:
            left = (self.kept(agent, item, x) for item in items)
            terms = [row[k] * a * b for k, a, b in zip(items, others, left, strict=True)]
            return 1 - total(terms) / 2

        def slope(x: Number, side: Side) -> Number:  # noqa: ARG001
            left = (self.kept(agent, item, x) * self.rate(agent, item) for item in items)
            terms = [row[k] * a * b for k, a, b in zip(items, others, left, strict=True)]
            return total(terms) / 2

        return Branch(ZERO, None, value, slope)

    def alike(self, first: int, second: int) -> bool:
        """Compare the two distributions."""
        return list(self.distributions[first]) == list(self.distributions[second])


@dataclass(frozen=True)
class UnionAccuracy(Accuracy):
    """a_i = 1 - prod_{j in N_i} (1 - e(s_j)), e linear between points and flat beyond the last."""

    points: Points
    neighbours: Sequence[Sequence[int]]

    @property
    def concave(self) -> bool:
        """Do not hold: products are not concave."""
        return False

    @cached_property
    def _ends(self) -> list[tuple[Number, Number | None]]:
        starts = [x for x, _ in self.points]
        return [*pairwise(starts), (starts[-1], None)]

    def effort(self, amount: Number) -> Number:
        """Return e(amount)."""
        return line_through(self.points, amount, endless=False)

    def _missed(self, agent: int, s: Numbers, without: int | None = None) -> Number:
        product = ONE
        for j in self.neighbours[agent]:
            if j != without:
                product = product * (1 - self.effort(s[j]))
        return product

    def values(self, s: Numbers) -> list[Number]:
        """Return the accuracies."""
        return [1 - self._missed(agent, s) for agent in range(len(s))]

    def branches(self, s: Numbers) -> list[list[Branch]]:
        """Return one linear branch per piece of e, the agent's own piece first."""
        return [self._branches(agent, s) for agent in range(len(s))]

    def _branches(self, agent: int, s: Numbers) -> list[Branch]:
        if agent not in self.neighbours[agent]:
            level = 1 - self._missed(agent, s)
            return [Branch(ZERO, None, lambda x: level, lambda x, side: ZERO)]  # noqa: ARG005
        missed = self._missed(agent, s, agent)
        found = []
        for start, end in self._ends:
            low = self.effort(start)
            rise = ZERO if end is None else (self.effort(end) - low) / (end - start)
            found.append(Branch(start, end, *_line(1 - (1 - low) * missed, rise * missed, start)))
        here = max(k for k, (start, _) in enumerate(self._ends) if start <= max(s[agent], ZERO))
        return [found[here], *found[:here], *found[here + 1 :]]

    def alike(self, first: int, second: int) -> bool:
        """Compare the neighbourhoods after exchanging the two names."""
        swap = {first: second, second: first}
        return all(
            {swap.get(j, j) for j in row} == set(self.neighbours[swap.get(agent, agent)])
            for agent, row in enumerate(self.neighbours)
        )


def _line(
    level: Number, rise: Number, start: Number
) -> tuple[Callable[[Number], Number], Callable[[Number, Side], Number]]:
    return (lambda x: level + rise * (x - start)), (lambda x, side: rise)  # noqa: ARG005
