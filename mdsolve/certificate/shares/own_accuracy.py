"""What agents gain by their own accuracy, beside shares: value_i a_i along the own contribution.

Accuracies are made of concave branches: the largest one counts, or they follow each other
(`reading.accuracy`). Where it is not certain on which branch a contribution lies, both count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.reading.accuracy import Branch
from mdsolve.certificate.reading.curves import Side
from mdsolve.certificate.reading.sharing import SharingReading
from mdsolve.certificate.shares.base import Part

Booleans = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class OwnAccuracy(Part):
    """value_i a_i with agent i alone moved, the others as in s, in money."""

    reading: SharingReading
    s: Quantity

    @cached_property
    def _branches(self) -> list[Branch]:
        return self.reading.accuracy.branches(self.s)

    def at(self, agents: Indices, own: Quantity) -> Quantity:
        """Return value_i a_i, shape (m,)."""
        return self._each(agents, [own], lambda places: (self._value(places[0]),))[0]

    def slopes(self, agents: Indices, own: Quantity, side: Side) -> Quantity:
        """Return one-sided derivatives, of accuracies of one concave branch."""
        (branch,) = self._branches
        return self._each(agents, [own], lambda places: (branch.slope(places[0], side),))[0]

    def steepness(
        self, agents: Indices, low: Quantity, high: Quantity | None
    ) -> tuple[Quantity, Quantity]:
        """Return bounds over all branches that reach into the intervals."""
        places = [low] if high is None else [low, high]
        least, most = self._each(agents, places, self._steepness)
        return least, most

    def _value(self, x: Quantity) -> Quantity:
        """Return a_i of everybody: the largest of the branches that certainly hold x, and more."""
        arithmetic = self.reading.arithmetic
        found: Quantity | None = None
        known = np.zeros(self.reading.size, dtype=np.bool_)
        for sure in (True, False):
            for branch in self._branches:
                begun = arithmetic.at_most(branch.start, x)
                inside, outside = begun.holds, begun.fails
                if branch.end is not None:
                    left = arithmetic.at_most(x, branch.end)
                    inside, outside = inside & left.holds, outside | left.fails
                asked = branch.present & (inside if sure else ~inside & ~outside)
                if found is not None and not asked.any():
                    continue
                value = branch.value(x)
                if found is None:
                    found = value
                    known = asked.copy()
                    continue
                larger = arithmetic.maximum(found, value)
                # On the edge of a branch either value may be the right one.
                wide = larger if sure else self._hull(found, value)
                chosen = arithmetic.where(known, wide, value)
                found = arithmetic.where(asked, chosen, found)
                known = known | asked
        assert found is not None
        return found

    def _hull(self, first: Quantity, second: Quantity) -> Quantity:
        arithmetic = self.reading.arithmetic
        return arithmetic.between(
            arithmetic.minimum(first, second), arithmetic.maximum(first, second)
        )

    def _steepness(self, places: list[Quantity]) -> tuple[Quantity, Quantity]:
        """Return the least and the largest derivative of everybody; without an end at least 0.

        A branch counts unless it certainly lies elsewhere, or the largest it reaches is below what
        another one has throughout.
        """
        arithmetic = self.reading.arithmetic
        low, high = places[0], places[1] if len(places) > 1 else None
        none = arithmetic.zeros(self.reading.size)
        least = most = none
        known = np.zeros(self.reading.size, dtype=np.bool_)
        for branch in self._branches:
            there = branch.present & ~self._away(branch, low, high)
            steep, flat = branch.slope(arithmetic.maximum(low, branch.start), "right"), none
            if high is not None:
                flat = branch.slope(self._inside(branch, high), "left")
            lowest = arithmetic.where(known, arithmetic.minimum(least, flat), flat)
            highest = arithmetic.where(known, arithmetic.maximum(most, steep), steep)
            least = arithmetic.where(there, lowest, least)
            most = arithmetic.where(there, highest, most)
            known |= there
        return least, most

    def _away(self, branch: Branch, low: Quantity, high: Quantity | None) -> Booleans:
        """Tell whose accuracy certainly follows other branches all along an interval."""
        arithmetic = self.reading.arithmetic
        away = np.zeros(self.reading.size, dtype=np.bool_)
        if branch.end is not None:
            away |= arithmetic.at_most(branch.end, low).holds
        if high is None:
            return away
        away |= arithmetic.at_most(high, branch.start).holds
        begin, end = arithmetic.maximum(low, branch.start), self._inside(branch, high)
        # The tangent at its beginning bounds a concave branch.
        run = end - begin
        rise = arithmetic.maximum(branch.slope(begin, "right"), arithmetic.zeros(run.shape))
        top = branch.value(begin) + rise * run
        for other in self._branches:
            if other is branch:
                continue
            whole = other.present & arithmetic.at_most(other.start, low).holds
            if other.end is not None:
                whole &= arithmetic.at_most(high, other.end).holds
            if whole.any():
                floor = arithmetic.minimum(other.value(low), other.value(high))
                away |= whole & arithmetic.less(top, floor).holds
        return away

    def _inside(self, branch: Branch, x: Quantity) -> Quantity:
        """Return the point of a branch that is nearest."""
        arithmetic = self.reading.arithmetic
        before = x if branch.end is None else arithmetic.minimum(x, branch.end)
        return arithmetic.maximum(before, branch.start)

    def _each(
        self,
        agents: Indices,
        places: list[Quantity],
        evaluate: Callable[[list[Quantity]], tuple[Quantity, ...]],
    ) -> list[Quantity]:
        """Return functions of everybody's own contribution for pairs of agents and places."""
        arithmetic = self.reading.arithmetic
        columns: list[list[Quantity]] = []
        order: list[Indices] = []
        for there in _rounds(agents):
            some = agents[there]
            mask = np.zeros(self.reading.size, dtype=np.bool_)
            mask[some] = True
            place = np.zeros(self.reading.size, dtype=np.intp)
            place[some] = np.arange(len(some))
            moved = [arithmetic.where(mask, own[there][place], self.s) for own in places]
            value = self.reading.value[some]
            columns.append([value * each[some] for each in evaluate(moved)])
            order.append(there)
        if not columns:
            return [arithmetic.zeros(0)] * 2
        back = np.argsort(np.concatenate(order), kind="stable")
        return [arithmetic.concatenate(list(each))[back] for each in zip(*columns, strict=True)]


def _rounds(agents: Indices) -> Iterator[Indices]:
    """Yield the places of entries so that no agent occurs twice in one round.

    Examples
    --------
    >>> [places.tolist() for places in _rounds(np.array([1, 0, 1]))]
    [[1, 0], [2]]
    """
    order = np.argsort(agents, kind="stable")
    ranked = agents[order]
    first = np.searchsorted(ranked, ranked, side="left")
    number = np.arange(len(agents)) - first
    for k in range(int(number.max(initial=-1)) + 1):
        yield order[number == k]
