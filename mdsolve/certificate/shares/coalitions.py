"""Shares by enumeration of coalitions, for any function of an amount of data.

Of agents alike only the number in a coalition matters, so coalitions are numbers of each kind: n
agents who all differ have 2^n of them, two kinds of fifty agents 51^2.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.curves import Side
from mdsolve.certificate.reading.together import CurvePart
from mdsolve.certificate.shares.alike import Alike, alike, once
from mdsolve.certificate.shares.arrivals import Arrivals, chances_of_others
from mdsolve.certificate.shares.base import Index, Part

Indices = npt.NDArray[np.intp]

CHUNK = 1 << 18
"""Most values of accuracies held at once."""

AGENTS = 400
"""Most agents of several kinds: the numbers of their coalitions have a hundred digits."""


@dataclass(frozen=True)
class Coalitions:
    """Coalitions of the others, as one kind of agent sees them.

    Parameters
    ----------
    chances : (coalitions,)
        How each counts in the average.
    amounts : sequence of (coalitions,)
        What each has of the data that a row looks at, the platform's included.
    before : (1,)
        The average worth, all rows together.
    """

    chances: Quantity
    amounts: Sequence[Quantity]
    before: Quantity


@dataclass(frozen=True)
class CoalitionPart(Part):
    """Shares of sum_r money_r f_r(platform + w_r.s).

    Parameters
    ----------
    curves : sequence of CurvePart
    kinds : Alike
    seen : sequence of Coalitions
        By every kind.
    """

    arithmetic: Arithmetic
    curves: Sequence[CurvePart]
    kinds: Alike
    seen: Sequence[Coalitions]

    def at(self, agents: Indices, own: Quantity) -> Quantity:
        """Return the average worth of joining."""
        found = self._averaged(agents, own, lambda row, y: row.curve.value(y), weighted=False)
        before = self.arithmetic.concatenate([one.before for one in self.seen])
        return found - before[self.kinds.kind[agents]]

    def slopes(self, agents: Indices, own: Quantity, side: Side) -> Quantity:
        """Return the average slope, of concave curves."""
        return self._averaged(
            agents, own, lambda row, y: row.curve.pieces[0].slope(y, side), weighted=True
        )

    def steepness(
        self, agents: Indices, low: Quantity, high: Quantity | None
    ) -> tuple[Quantity, Quantity]:
        """Return averages of bounds."""
        places = [low] if high is None else [low, high]
        bounds: tuple[Quantity, Quantity] = once(self.kinds, agents, places, self._bounds)
        return bounds

    def _bounds(
        self, agents: Indices, low: Quantity, high: Quantity | None = None
    ) -> tuple[Quantity, Quantity]:
        least, most = self.arithmetic.zeros(len(agents)), self.arithmetic.zeros(len(agents))
        for there, kind in self._chunks(agents):
            members, seen = agents[there], self.seen[kind]
            flat = steep = self.arithmetic.zeros(len(there))
            for row, amounts in zip(self.curves, seen.amounts, strict=True):
                weight = row.weights[members]
                begin = self._joined(amounts, weight * low[there])
                end = None if high is None else self._joined(amounts, weight * high[there])
                slopes = row.curve.steepness(begin, end)
                means = [self._mean(seen, each, len(there)) for each in slopes]
                flat = flat + row.money * weight * means[0]
                steep = steep + row.money * weight * means[1]
            least, most = self._put(least, there, flat), self._put(most, there, steep)
        return least, most

    def _averaged(
        self, agents: Indices, own: Quantity, evaluate: Any, *, weighted: bool
    ) -> Quantity:
        """Return averages of a function of what coalitions have with an agent in them."""
        return once(
            self.kinds,
            agents,
            [own],
            lambda some, places: self._each(some, places, evaluate, weighted=weighted),
        )

    def _each(self, agents: Indices, own: Quantity, evaluate: Any, *, weighted: bool) -> Quantity:
        found = self.arithmetic.zeros(len(agents))
        for there, kind in self._chunks(agents):
            members, seen = agents[there], self.seen[kind]
            summed = self.arithmetic.zeros(len(there))
            for row, amounts in zip(self.curves, seen.amounts, strict=True):
                weight = row.weights[members]
                joined = self._joined(amounts, weight * own[there])
                worth = row.money * self._mean(seen, evaluate(row, joined), len(there))
                summed = summed + (weight * worth if weighted else worth)
            found = self._put(found, there, summed)
        return found

    def _chunks(self, agents: Indices) -> Iterator[tuple[Indices, int]]:
        """Return places of agents of one kind, few enough to be held at once."""
        kinds = self.kinds.kind[agents]
        for kind in np.unique(kinds).tolist():
            places = np.flatnonzero(kinds == kind)
            step = max(1, CHUNK // self.seen[kind].chances.shape[0])
            for begin in range(0, len(places), step):
                yield places[begin : begin + step], kind

    def _joined(self, amounts: Quantity, added: Quantity) -> Quantity:
        """Return every coalition's amount with every place's own data, shape (m coalitions,)."""
        return (amounts.reshape(1, -1) + added.reshape(-1, 1)).reshape(-1)

    def _mean(self, seen: Coalitions, values: Quantity, places: int) -> Quantity:
        """Return the average over coalitions, shape (m,)."""
        return self.arithmetic.total(values.reshape(places, -1) * seen.chances.reshape(1, -1), 1)

    def _put(self, array: Quantity, places: Indices, values: Quantity) -> Quantity:
        """Return the array with some entries replaced."""
        position = np.zeros(array.shape[0], dtype=np.intp)
        position[places] = np.arange(len(places))
        mask = np.zeros(array.shape[0], dtype=np.bool_)
        mask[places] = True
        return self.arithmetic.where(mask, values[position], array)


def coalition_part(
    arithmetic: Arithmetic,
    curves: Sequence[CurvePart],
    s: Quantity,
    index: Index,
    limit: int,
    arrivals: Arrivals | None = None,
) -> CoalitionPart:
    """Return the shares of functions of data at a profile.

    Raises
    ------
    NoRouteError
        If there are too many coalitions.
    """
    weighted = [] if arrivals is None else [np.array(arrivals, dtype=np.float64)]
    kinds = alike([*(row.weights for row in curves), s, *weighted])
    size = sum(
        math.prod(int(c) + 1 - (k == own) for k, c in enumerate(kinds.counts))
        for own in range(len(kinds.counts))
    )
    needed = size * len(curves)
    if len(kinds.kind) > AGENTS and (len(kinds.counts) > 1 or index == "banzhaf"):
        message = f"coalitions of {len(kinds.kind):,} agents are too many to count"
        raise NoRouteError(message)
    if needed > limit:
        message = f"shares by enumeration look at {needed:,} values; at most {limit:,} are tried"
        raise NoRouteError(message)
    parts = [(row.weights * s)[kinds.first] for row in curves]
    seen = []
    for own in range(len(kinds.counts)):
        others = kinds.counts - (np.arange(len(kinds.counts)) == own)
        if arrivals is None:
            counted = _chances(others.tolist(), len(kinds.kind), index)
        else:
            whole = tuple(arrivals[k] for k in kinds.first)
            counted = chances_of_others(others.tolist(), own, kinds.counts.tolist(), whole)
        chances = arithmetic.written(counted)
        amounts = [
            _amounts(arithmetic, row.platform, part, others)
            for row, part in zip(curves, parts, strict=True)
        ]
        before = arithmetic.zeros(1)
        for row, amount in zip(curves, amounts, strict=True):
            before = before + row.money * arithmetic.total(row.curve.value(amount) * chances)
        seen.append(Coalitions(chances, amounts, before))
    return CoalitionPart(arithmetic, curves, kinds, seen)


def _amounts(
    arithmetic: Arithmetic, platform: Quantity, parts: Quantity, others: Indices
) -> Quantity:
    """Return the data of all coalitions: the last kind's number changes slowest."""
    found = platform.reshape(1)
    for kind, count in enumerate(others.tolist()):
        members = arithmetic.stored(np.arange(count + 1.0)).reshape(-1, 1)
        added = members * parts[kind : kind + 1]
        found = (added + found.reshape(1, -1)).reshape(-1)
    return found


def _chances(others: Sequence[int], agents: int, index: Index) -> list[Fraction]:
    """Return how coalitions count, in the order of `_amounts`."""
    if len(others) == 1 and index == "shapley":
        return [Fraction(1, agents)] * agents
    ways, sizes = [1], [0]
    for count in others:
        ways = [way * math.comb(count, k) for k in range(count + 1) for way in ways]
        sizes = [size + k for k in range(count + 1) for size in sizes]
    if index == "banzhaf":
        return [Fraction(way, 2 ** (agents - 1)) for way in ways]
    weights = [Fraction(1, agents * math.comb(agents - 1, k)) for k in range(agents)]
    return [way * weights[size] for way, size in zip(ways, sizes, strict=True)]
