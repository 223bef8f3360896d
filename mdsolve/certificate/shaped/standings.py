"""How an agent stands beside the leader while moving alone: [K22] (12)-(14) in every number system.

Along the own contribution x, up to the largest contribution of the others, the ratio is t / d: the
own measure and the leader's, d = a - b, with t, a and b non-decreasing and v the only function in
them. Their values at the two ends of an interval, and the slopes of v there, enclose everything in
between; nothing else is needed to bound what a deviation brings.

    data      t = x                                  d = m, the leader's
    value     t = v(P + x) - v(P)                    d = v(P + m) - v(P)
    shapley   t = sum_C w_C (v(P + C + x) - v(P + C)), C the coalitions of the others, counted by
              contribution; of N others at one level m each has (v(total) - v(P) - t) / N, else
              d = sum_C w'_C (v(P + C + m + x) - v(P + C + x)) + (what does not depend on x)
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import flint
import numpy as np
import numpy.typing as npt

from mdsolve.certificate.intervals import Intervals
from mdsolve.certificate.numbers import BALLS, Arithmetic, Quantity
from mdsolve.certificate.shaped.pool import Pool, hull

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

COALITION_LIMIT = 100_000
"""Most coalitions of the others, counted by contribution, that Shapley values are summed over."""

CHUNK = 1_000_000
"""Most entries of one table of coalitions by own contributions."""


@dataclass(frozen=True)
class Measures:
    """Own measure and the leader's on intervals of own contributions, with their derivatives."""

    own: Intervals
    own_slope: Intervals
    leader: Intervals
    leader_slope: Intervals


class Standing(ABC):
    """The two measures of some agents, each against their own others."""

    @abstractmethod
    def at(self, agent: Indices, x: Quantity) -> tuple[Quantity, Quantity]:
        """Return own measure and the leader's at own contributions up to the leader's, (k,)."""

    @abstractmethod
    def between(self, agent: Indices, low: Quantity, high: Quantity) -> Measures:
        """Return enclosures on intervals of own contributions up to the leader's, (k,)."""


@dataclass(frozen=True)
class ByData(Standing):
    """psi_i = s_i.

    Parameters
    ----------
    lead : (agents,)
        Largest contribution of the others, in samples.
    """

    pool: Pool
    lead: Quantity

    def at(self, agent: Indices, x: Quantity) -> tuple[Quantity, Quantity]:
        """Return the contributions."""
        return x, self.lead[agent]

    def between(self, agent: Indices, low: Quantity, high: Quantity) -> Measures:
        """Return the contributions."""
        arithmetic = self.pool.arithmetic
        one, zero = Intervals.point(np.ones(len(agent))), Intervals.point(np.zeros(len(agent)))
        lead = self.lead[agent]
        return Measures(hull(arithmetic, low, high), one, hull(arithmetic, lead, lead), zero)


@dataclass(frozen=True)
class ByValue(Standing):
    """psi_i = v(s_i + P) - v(P)."""

    pool: Pool
    lead: Quantity

    @cached_property
    def nothing(self) -> Quantity:
        """Accuracy of the platform's data alone, shape (1,)."""
        return self.pool.value(self.pool.platform + self.pool.arithmetic.zeros(1))

    @cached_property
    def best(self) -> Quantity:
        """The leaders' measures, shape (agents,)."""
        return self.pool.value(self.pool.platform + self.lead) - self.nothing

    def at(self, agent: Indices, x: Quantity) -> tuple[Quantity, Quantity]:
        """Return the values of own data alone."""
        return self.pool.value(self.pool.platform + x) - self.nothing, self.best[agent]

    def between(self, agent: Indices, low: Quantity, high: Quantity) -> Measures:
        """Return the values of own data alone."""
        arithmetic, platform = self.pool.arithmetic, self.pool.platform
        nothing = hull(arithmetic, self.nothing, self.nothing)
        best = self.best[agent]
        zero = Intervals.point(np.zeros(len(agent)))
        return Measures(
            self.pool.range(platform + low, platform + high) - nothing,
            self.pool.slope_range(platform + low, platform + high),
            hull(arithmetic, best, best),
            zero,
        )


@dataclass(frozen=True)
class AmongEquals(Standing):
    """Shapley values of one agent among N others who all contribute m.

    Parameters
    ----------
    level : quantity of shape (1,)
        m, in samples.
    count : int
        N.
    """

    pool: Pool
    level: Quantity
    count: int

    @cached_property
    def totals(self) -> Quantity:
        """Data before the agent comes, P + k m, shape (1, N + 1)."""
        steps = self.pool.arithmetic.stored(np.arange(self.count + 1.0))
        return (self.pool.platform + steps * self.level).reshape(1, -1)

    @cached_property
    def _without(self) -> Quantity:
        """Mean of v over them, shape (1,)."""
        arithmetic = self.pool.arithmetic
        return arithmetic.total(self.pool.value(self.totals), axis=1) / (self.count + 1)

    def _rest(self, x: Quantity) -> Quantity:
        return self.pool.platform + self.count * self.level + x

    def at(self, agent: Indices, x: Quantity) -> tuple[Quantity, Quantity]:
        """Return the agent's value, and an N-th of the rest."""
        del agent
        arithmetic = self.pool.arithmetic

        def mean(own: Quantity) -> Quantity:
            seen = self.pool.value(self.totals + own.reshape(-1, 1))
            return arithmetic.total(seen, axis=1) / (self.count + 1)

        share = _chunked(arithmetic, mean, x, self.count + 1) - self._without
        nothing = self.pool.value(self.pool.platform + arithmetic.zeros(1))
        return share, (self.pool.value(self._rest(x)) - nothing - share) / self.count

    def between(self, agent: Indices, low: Quantity, high: Quantity) -> Measures:
        """Return both on intervals."""
        arithmetic = self.pool.arithmetic
        ends = [self.at(agent, x) for x in (low, high)]
        steep = _sums(self.pool, self.totals, None, low, high) / (self.count + 1)
        own = hull(arithmetic, ends[0][0], ends[1][0])
        nothing = self.pool.value(self.pool.platform + arithmetic.zeros(1))
        whole = self.pool.range(self._rest(low), self._rest(high)) - hull(
            arithmetic, nothing, nothing
        )
        rise = self.pool.slope_range(self._rest(low), self._rest(high))
        return Measures(own, steep, (whole - own) / self.count, (rise - steep) / self.count)


@dataclass(frozen=True)
class AmongOthers(Standing):
    """Shapley values of one agent among others who contribute at several levels.

    Parameters
    ----------
    levels : (L,)
        Rising contributions, in samples.
    counts : sequence of int, length L
    """

    pool: Pool
    levels: Quantity
    counts: Sequence[int]

    @cached_property
    def _own(self) -> tuple[Quantity, Quantity]:
        """Totals of coalitions before the agent, (1, k), and their probabilities, (1, k)."""
        totals, chances = self._coalitions(self.counts, 0)
        return totals, chances

    @cached_property
    def _beside(self) -> tuple[Quantity, Quantity]:
        """The same before a leader, the agent among them."""
        return self._coalitions(self._fewer, 1)

    @property
    def _fewer(self) -> list[int]:
        return [*self.counts[:-1], self.counts[-1] - 1]

    @cached_property
    def _fixed(self) -> tuple[Quantity, Quantity]:
        """What does not depend on the agent's contribution, of both measures, (1,) each."""
        arithmetic, value = self.pool.arithmetic, self.pool.value
        totals, chances = self._own
        own = arithmetic.total(chances * value(totals), axis=1)
        totals, chances = self._coalitions(self._fewer, 0)
        added = value(totals + self.levels[-1:]) - value(totals)
        return own, arithmetic.total(chances * added, axis=1)

    def _coalitions(self, counts: Sequence[int], more: int) -> tuple[Quantity, Quantity]:
        """Return totals and probabilities of coalitions that come first, and `more` agents."""
        arithmetic = self.pool.arithmetic
        totals = self.pool.platform + arithmetic.zeros(1)
        sizes, ways = np.zeros(1, dtype=np.intp), np.ones(1, dtype=object)
        for place, count in enumerate(counts):
            members = np.arange(count + 1)
            brought = arithmetic.stored(members.astype(np.float64)) * self.levels[place : place + 1]
            totals = (totals.reshape(-1, 1) + brought.reshape(1, -1)).reshape(-1)
            sizes = np.add.outer(sizes, members).reshape(-1)
            choose = np.array([math.comb(count, k) for k in range(count + 1)], dtype=object)
            ways = np.multiply.outer(ways, choose).reshape(-1)
        others = sum(self.counts)
        table = [(others + 1) * math.comb(others, k) for k in range(others + 1)]
        below = np.array(table, dtype=object)[sizes + more]
        chances = ratios(arithmetic, ways, below)
        return totals.reshape(1, -1), chances.reshape(1, -1)

    def at(self, agent: Indices, x: Quantity) -> tuple[Quantity, Quantity]:
        """Return the agent's value and a leader's."""
        del agent
        arithmetic, value = self.pool.arithmetic, self.pool.value
        top = self.levels[-1:]

        def share(own: Quantity) -> Quantity:
            totals, chances = self._own
            return arithmetic.total(chances * value(totals + own.reshape(-1, 1)), axis=1)

        def leader(own: Quantity) -> Quantity:
            totals, chances = self._beside
            seen = totals + own.reshape(-1, 1)
            return arithmetic.total(chances * (value(seen + top) - value(seen)), axis=1)

        size = self._own[0].shape[1]
        return (
            _chunked(arithmetic, share, x, size) - self._fixed[0],
            _chunked(arithmetic, leader, x, size) + self._fixed[1],
        )

    def between(self, agent: Indices, low: Quantity, high: Quantity) -> Measures:
        """Return both on intervals; the leader's is the difference of two that do not fall."""
        arithmetic = self.pool.arithmetic
        (own_low, lead_low), (own_high, lead_high) = (self.at(agent, x) for x in (low, high))
        own = hull(arithmetic, own_low, own_high)
        totals, chances = self._own
        steep = _sums(self.pool, totals, chances, low, high)
        totals, chances = self._beside
        up = _sums(self.pool, totals + self.levels[-1:], chances, low, high)
        down = _sums(self.pool, totals, chances, low, high)
        rise = up - down
        # From both ends: a value plus slopes times the width.
        width = hull(arithmetic, high - low, high - low)
        from_low = hull(arithmetic, lead_low, lead_low) + _spread(rise, width)
        from_high = hull(arithmetic, lead_high, lead_high) - _spread(rise, width)
        leader = Intervals(
            np.maximum(from_low.low, from_high.low), np.minimum(from_low.high, from_high.high)
        )
        return Measures(own, steep, leader, rise)


def _spread(rise: Intervals, width: Intervals) -> Intervals:
    """Return slopes times everything from 0 to a width."""
    moved = rise * width
    return Intervals(np.minimum(moved.low, 0.0), np.maximum(moved.high, 0.0))


def _chunked(arithmetic: Arithmetic, function: Any, x: Quantity, size: int) -> Quantity:
    """Return a function of own contributions whose tables have `size` columns, part by part."""
    step = max(1, CHUNK // size)
    parts = [function(x[start : start + step]) for start in range(0, x.shape[0], step)]
    return parts[0] if len(parts) == 1 else arithmetic.concatenate(parts)


def _sums(
    pool: Pool, totals: Quantity, chances: Quantity | None, low: Quantity, high: Quantity
) -> Intervals:
    """Return enclosures of sum_C w_C v'(C + x) on intervals of x; weights of 1 where none are."""
    arithmetic = pool.arithmetic
    weights = None if chances is None else hull(arithmetic, chances, chances)
    step = max(1, CHUNK // totals.shape[1])
    lows, highs = [], []
    for start in range(0, low.shape[0], step):
        part = slice(start, start + step)
        ends = (totals + x[part].reshape(-1, 1) for x in (low, high))
        steep = pool.slope_range(*ends)
        if weights is not None:
            steep = steep * weights
        summed = _added(steep)
        lows.append(summed.low)
        highs.append(summed.high)
    return Intervals(np.concatenate(lows), np.concatenate(highs))


def _added(table: Intervals) -> Intervals:
    """Return sums along rows."""
    from mdsolve.certificate.intervals import total

    return total(table, 1)


def ratios(arithmetic: Arithmetic, top: Any, bottom: Any) -> Quantity:
    """Return quotients of large integers in a number system, without overflow."""
    if arithmetic.exact:
        return arithmetic.written([Fraction(a, b) for a, b in zip(top, bottom, strict=True)])
    with flint.ctx.workprec(128):
        divide = np.frompyfunc(
            lambda a, b: flint.arb(flint.fmpz(a)) / flint.arb(flint.fmpz(b)), 2, 1
        )
        found = np.asarray(divide(top, bottom), dtype=object)
        if arithmetic is BALLS:
            return found
        low, high = arithmetic.stored(BALLS.lower(found)), arithmetic.stored(BALLS.upper(found))
    return arithmetic.between(low, high)


def too_many(counts: Sequence[int]) -> bool:
    """Tell whether Shapley values among others at several levels would take too long here."""
    return math.prod(count + 1 for count in counts) > COALITION_LIMIT
