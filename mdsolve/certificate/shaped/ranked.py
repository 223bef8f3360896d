"""The proportional rules at a profile: who stands where, and what model they receive.

Agent i receives a model worth (psi_i / max_j psi_j)^p v(total); 0 / 0 counts as 1. Agents alike,
with equal contributions, are looked at once: they are the *kinds* here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.intervals import Intervals
from mdsolve.certificate.numbers import INTERVALS, Arithmetic, Quantity
from mdsolve.certificate.reading.costs import Costs
from mdsolve.certificate.rules.base import as_rate
from mdsolve.certificate.shaped.alike import alike
from mdsolve.certificate.shaped.pool import Pool, hull, pool_of
from mdsolve.certificate.shaped.standings import (
    AmongEquals,
    AmongOthers,
    ByData,
    ByValue,
    Standing,
    too_many,
)
from mdsolve.certificate.sharing_context import SharingContext

Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

PREFIX = "proportional-"
SHAPLEY_LIMIT = 3000
"""Most different agents whose Shapley values are worked out one by one."""


@dataclass(frozen=True)
class Ranked:
    """A profile under a proportional rule.

    Parameters
    ----------
    power : Fraction
        The exponent p, from 0 to 1.
    first : (kinds,) of int
        An agent of each kind.
    kind : (n,) of int
    lead : (kinds,) of doubles
        Largest contribution of the others; 0 where nobody is behind anybody.
    lead_amount : (kinds,)
        The same in the number system.
    """

    context: SharingContext
    pool: Pool
    measure: str
    power: Fraction
    first: Indices
    kind: Indices
    lead: Floats
    lead_amount: Quantity

    @property
    def arithmetic(self) -> Arithmetic:
        """The number system."""
        return self.context.arithmetic

    @property
    def size(self) -> int:
        """Number of kinds."""
        return len(self.first)

    @cached_property
    def own(self) -> Quantity:
        """Contributions of the kinds, in samples."""
        return self.context.s[self.first]

    @cached_property
    def given(self) -> Floats:
        """The same as doubles."""
        return self.context.given[self.first]

    @cached_property
    def value(self) -> Quantity:
        """Money per accuracy, (kinds,)."""
        return self.context.reading.value[self.first]

    @cached_property
    def costs(self) -> Costs:
        """Costs of the kinds."""
        return self.context.reading.costs.take(self.first)

    @cached_property
    def total(self) -> Quantity:
        """All data, the platform's among them, shape (1,)."""
        arithmetic = self.arithmetic
        return arithmetic.zeros(1) + arithmetic.total(self.context.s) + self.pool.platform

    @cached_property
    def rest(self) -> Quantity:
        """All data but the own ones, (kinds,)."""
        arithmetic = self.arithmetic
        least = self.pool.platform + arithmetic.zeros(self.size)
        return arithmetic.maximum(self.total - self.own, least)

    @cached_property
    def _standing(self) -> Standing | None:
        if self.measure == "data":
            return ByData(self.pool, self.lead_amount)
        return ByValue(self.pool, self.lead_amount) if self.measure == "value" else None

    def standing(self, kind: int) -> Standing:
        """Return the measures of agents of one kind, or of all where they do not differ."""
        if self._standing is not None:
            return self._standing
        levels, counts, places = self._others(kind)
        if len(levels) == 1:
            return AmongEquals(self.pool, self.context.s[places[:1]], int(counts[0]))
        return AmongOthers(self.pool, self.context.s[places], counts.tolist())

    @property
    def one_by_one(self) -> bool:
        """Whether every kind has a standing of its own."""
        return self._standing is None

    def _others(self, kind: int) -> tuple[Floats, Indices, Indices]:
        """Return levels of the others, how many are at each, and an agent at each."""
        given = self.context.given
        others = np.delete(np.arange(len(given)), self.first[kind])
        others = others[given[others] > 0]
        levels, place, counts = np.unique(given[others], return_index=True, return_counts=True)
        if len(levels) > 1 and too_many(counts.tolist()):
            message = "the others form too many different coalitions for their Shapley values"
            raise NoRouteError(message)
        return levels, counts.astype(np.intp), others[place]

    def _by_kind(
        self, kind: Indices, function: Callable[[Standing, Indices], Quantity]
    ) -> Quantity:
        """Return a function of rows, kind by kind where every kind has its own standing."""
        if not self.one_by_one:
            return function(self.standing(0), np.arange(len(kind)))
        parts, rows = [], []
        for one in np.unique(kind).tolist():
            here = np.flatnonzero(kind == one)
            parts.append(function(self.standing(one), here))
            rows.append(here)
        order = np.argsort(np.concatenate(rows), kind="stable")
        return self.arithmetic.concatenate(parts)[order]

    def factors(self, kind: Indices, x: Floats, amount: Quantity) -> Quantity:
        """Return ratio^p at own contributions, (rows,).

        Parameters
        ----------
        kind, x : (rows,)
            Whose contribution, and the contribution as a double.
        amount : (rows,)
            The same in the number system.
        """
        arithmetic = self.arithmetic
        one = 1 + arithmetic.zeros(len(x))
        behind = np.flatnonzero(x < self.lead[kind])
        if not behind.size or self.power == 0:
            return one

        def ratio(standing: Standing, rows: Indices) -> Quantity:
            return self._ratio(*standing.at(kind[behind][rows], amount[behind][rows]))

        found = arithmetic.power(self._by_kind(kind[behind], ratio), self.power)
        spread = np.zeros(len(x), dtype=np.intp)
        spread[behind] = np.arange(behind.size)
        return arithmetic.where(x < self.lead[kind], found[spread], one)

    def _ratio(self, own: Quantity, leader: Quantity) -> Quantity:
        """Return own / leader's between 0 and 1; 1 where the leader has none, open if unknown."""
        arithmetic = self.arithmetic
        zero = arithmetic.zeros(own.shape)
        one = 1 + zero
        truth = arithmetic.less(zero, leader)
        safe = arithmetic.where(truth.holds, leader, one)
        found = arithmetic.minimum(arithmetic.maximum(own / safe, zero), one)
        if not (truth.holds | truth.fails).all():
            anything = arithmetic.between(zero, one)
            found = arithmetic.where(truth.holds | truth.fails, found, anything)
        return arithmetic.where(truth.fails, one, found)

    def utility(self, kind: Indices, x: Floats, amount: Quantity) -> Quantity:
        """Return q ratio^p v(rest + x) - c(x), in money, (rows,)."""
        full = self.pool.value(self.rest[kind] + amount)
        costs = self.costs.take(kind).value(amount)
        return self.value[kind] * self.factors(kind, x, amount) * full - costs

    @cached_property
    def at_profile(self) -> Quantity:
        """Factors of all kinds at their own contributions, (kinds,)."""
        return self.factors(np.arange(self.size), self.given, self.own)

    @cached_property
    def models(self) -> Quantity:
        """Accuracies of the models handed out, shape (n,)."""
        return (self.at_profile * self.pool.value(self.total))[self.kind]

    @cached_property
    def utilities(self) -> Quantity:
        """Utilities at the profile, budgets left out, in money, (kinds,)."""
        return self.value * self.at_profile * self.pool.value(self.total) - self.costs.value(
            self.own
        )

    def slopes(
        self, kind: Indices, low: Floats, high: Floats
    ) -> tuple[Intervals, Intervals, Intervals]:
        """Return enclosures on intervals [low, high] that end at the leader's contribution.

        Returns
        -------
        slope : Intervals of shape (rows,)
            Of all marginal utilities, in money per sample.
        most : Intervals of shape (rows,)
            Of all benefits q ratio^p v, in money.
        spent : Intervals of shape (rows,)
            Of all costs, in money.
        """
        arithmetic = self.arithmetic
        ends = arithmetic.stored(low), arithmetic.stored(high)
        rest, costs = self.rest[kind], self.costs.take(kind)
        seen = tuple(rest + x for x in ends)
        worth, gain = self.pool.range(*seen), self.pool.slope_range(*seen)
        spent = hull(arithmetic, *(costs.value(x) for x in ends))
        marginal = hull(arithmetic, costs.slope(ends[0], "left"), costs.slope(ends[1], "right"))
        ratio, rise = self._ratios(kind, ends)
        factor = INTERVALS.power(ratio, self.power)
        steep = INTERVALS.power(ratio, self.power - 1) * INTERVALS.constant(self.power)
        value = hull(arithmetic, self.value[kind], self.value[kind])
        slope = value * (steep * rise * worth + factor * gain) - marginal
        return slope, value * factor * worth, spent

    def _ratios(
        self, kind: Indices, ends: tuple[Quantity, Quantity]
    ) -> tuple[Intervals, Intervals]:
        """Return enclosures of the ratio and of its derivative."""
        low, high = (np.empty(len(kind)) for _ in range(2))
        least, most = (np.empty(len(kind)) for _ in range(2))
        groups = [np.arange(len(kind))]
        if self.one_by_one:
            groups = [np.flatnonzero(kind == one) for one in np.unique(kind)]
        for rows in groups:
            found = self.standing(int(kind[rows[0]])).between(
                kind[rows], ends[0][rows], ends[1][rows]
            )
            known, level = found.leader.low > 0, found.leader.high <= 0
            safe = Intervals(
                np.where(known, found.leader.low, 1.0), np.where(known, found.leader.high, 1.0)
            )
            ratio = found.own / safe
            bottom = np.where(level, 1.0, np.where(known, np.clip(ratio.low, 0.0, 1.0), 0.0))
            top = np.where(known, np.clip(ratio.high, 0.0, 1.0), 1.0)
            clipped = Intervals(bottom, top)
            rise = (found.own_slope - clipped * found.leader_slope) / safe
            low[rows], high[rows] = bottom, top
            least[rows] = np.where(level, 0.0, np.where(known, rise.low, -np.inf))
            most[rows] = np.where(level, 0.0, np.where(known, rise.high, np.inf))
        return Intervals(low, high), Intervals(least, most)


def ranked(context: SharingContext) -> Ranked:
    """Return the profile under the rule; use `context.derived(ranked)`.

    Raises
    ------
    NoRouteError
        Where the rule is not defined, or there are too many different agents.
    """
    assert context.rule is not None
    reading, given = context.reading, context.given
    power = exponent(context)
    if not np.all(np.isfinite(given) & (given >= 0)):
        message = "contributions are not finite and non-negative"
        raise NoRouteError(message)
    pool = pool_of(reading)
    arithmetic = context.arithmetic
    nothing = pool.value(pool.platform + arithmetic.zeros(1))
    if arithmetic.less(nothing, arithmetic.zeros(1)).holds.any():
        message = "the value of no data is negative"
        raise NoRouteError(message)
    table = np.column_stack([given, reading.bounded, reading.limited, reading.costs.kinds])
    first, kind = alike(arithmetic, table, [reading.value, reading.capacity, reading.budget])
    measure = context.rule.name.removeprefix(PREFIX)
    if measure == "shapley" and len(first) > SHAPLEY_LIMIT:
        message = f"{len(first):,} different agents; at most {SHAPLEY_LIMIT:,} are looked at"
        raise NoRouteError(message)
    lead, agent = _leaders(given, first)
    amount = arithmetic.where(lead > 0, context.s[agent], arithmetic.zeros(len(first)))
    found = Ranked(context, pool, measure, power, first, kind, lead, amount)
    return _without_rank(found)


def _leaders(given: Floats, first: Indices) -> tuple[Floats, Indices]:
    """Return the largest contribution of the others, and whose it is, (kinds,)."""
    top = int(np.argmax(given))
    rest = given.copy()
    rest[top] = -1.0
    second = int(np.argmax(rest)) if len(given) > 1 else top
    agent = np.where(first == top, second, top)
    if len(given) == 1:
        return np.zeros(len(first)), agent
    return given[agent], agent


def _without_rank(found: Ranked) -> Ranked:
    """Return the profile with nobody behind anybody where that is certain."""
    level = np.full(found.size, found.power == 0)
    if found.measure == "value":
        best = ByValue(found.pool, found.lead_amount).best
        level = level | (np.asarray(found.arithmetic.upper(best)) <= 0)
    if not level.any():
        return found
    lead = np.where(level, 0.0, found.lead)
    zero = found.arithmetic.zeros(found.size)
    amount = found.arithmetic.where(level, zero, found.lead_amount)
    columns = (found.context, found.pool, found.measure, found.power, found.first, found.kind)
    return Ranked(*columns, lead, amount)


def exponent(context: SharingContext) -> Fraction:
    """Return p as the options ask for it, or the one that was found where they ask for the best.

    Raises
    ------
    NoRouteError
        Where it is no number from 0 to 1.
    """
    asked = context.options.get("p", 1)
    power = as_rate(context.claim.at("p") if asked == "best" else asked, "p")
    if not 0 <= power <= 1:
        message = "exponents outside [0, 1] are not checked"
        raise NoRouteError(message)
    return power
