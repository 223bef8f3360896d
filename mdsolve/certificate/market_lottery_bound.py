"""What no lottery over recipients has more expected welfare than, from multipliers.

With multipliers for the sums of payments and for lies, those of rationality are what lets every
payment cancel; where none do, as rounding leaves it, payments are charged at their largest size:
staying out bounds them from above, and the others' from below. What is left is, at every profile,
the outcome that is worth most. Any multipliers bound; good ones bound well.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.numbers import Booleans, Floats, Quantity
from mdsolve.certificate.reading.market_lottery import LotteryReading
from mdsolve.certificate.reading.market_sizes import Integers

EPS = float(np.finfo(np.float64).eps)

LIMIT = 60_000_000
"""Most values, of agents under outcomes at profiles, that are computed for a bound."""


def weights(context: MarketContext) -> Floats:
    """Return how likely profiles are, flat; all alike where the instance says nothing."""
    prior = context.ruled.instance.prior
    if isinstance(prior, np.ndarray):
        return prior.ravel()
    return np.full(context.profiles, 1.0 / context.profiles)


@dataclass(frozen=True)
class Multipliers:
    """Hints.

    Parameters
    ----------
    revenue : (profiles,)
        Of the sums of payments, at least 0.
    agent, true, report : (lies,) of int
        Lies: whose, the place of the true profile, the number of the report.
    lies : (lies,)
        Their multipliers, at least 0.
    """

    revenue: Floats
    agent: Integers
    true: Integers
    report: Integers
    lies: Floats


class Values:
    """Doubles around values under every outcome, in the screen."""

    def __init__(self, context: MarketContext, reading: LotteryReading) -> None:
        self.context, self.reading = context, reading
        self.size, self.count = context.size, context.profiles
        self.outcomes = len(reading.chances)
        if self.size * self.outcomes * self.count > LIMIT:
            message = f"{self.count:,} profiles are too many for a bound on all lotteries"
            raise NoRouteError(message)
        self.profile = context.profile(np.arange(self.count))

    def _ends(self, value: Quantity, count: int) -> tuple[Floats, Floats]:
        arithmetic = self.reading.arithmetic
        full = arithmetic.broadcast(value, (count,))
        return arithmetic.lower(full), arithmetic.upper(full)

    def _split(self, agent: int) -> tuple[Integers, list[Integers]]:
        others = list(self.profile)
        return others.pop(agent), others

    @cached_property
    def truth(self) -> tuple[Floats, Floats]:
        """Bounds on the value of the truth, (n, outcomes, profiles) each."""
        shape = (self.size, self.outcomes, self.count)
        low, high = np.empty(shape), np.empty(shape)
        for agent in range(self.size):
            own, others = self._split(agent)
            for outcome in range(self.outcomes):
                value = self.reading.certain(outcome, agent, own, own, others)
                low[agent, outcome], high[agent, outcome] = self._ends(value, self.count)
            self.context.monitor.check_time()
        return low, high

    @cached_property
    def outside(self) -> Floats:
        """Lower bounds on the value of staying out, (n, profiles)."""
        found = np.empty((self.size, self.count))
        for agent in range(self.size):
            own, others = self._split(agent)
            found[agent] = self._ends(self.reading.outside(agent, own, others), self.count)[0]
        return found

    def lie(self, outcome: int, agent: int, true: Integers, report: Integers) -> Floats:
        """Return lower bounds on what lies are worth under an outcome."""
        others = [numbers[true] for numbers in self.profile]
        own = others.pop(agent)
        value = self.reading.certain(outcome, agent, report, own, others)
        return self._ends(value, len(true))[0]

    @cached_property
    def first_best(self) -> tuple[float, float]:
        """Bounds on the expected welfare of the best outcome at each profile."""
        likely = weights(self.context)
        ends = [likely * end.sum(axis=0).max(axis=0) for end in self.truth]
        slack = (self.size + 4) * EPS * float((likely * self.sizes).sum())
        return math.fsum(ends[0].tolist()) - slack, math.fsum(ends[1].tolist()) + slack

    @cached_property
    def sizes(self) -> Floats:
        """Sums of the largest absolute values at every profile."""
        found: Floats = np.maximum(*(np.abs(end) for end in self.truth)).max(axis=1).sum(axis=0)
        return found


def bound(values: Values, hints: Multipliers, allowed: Booleans | None = None) -> float:
    """Return a number that no lottery's expected welfare is above.

    Parameters
    ----------
    allowed : (outcomes, profiles) of bool or None
        Outcomes that may be drawn, at least one at every profile; None for all.
    """
    likely, (low, high) = weights(values.context), values.truth
    shape = values.context.ruled.shape
    count, steps = values.count, len(hints.lies)
    leaving, arriving = np.zeros((values.size, count)), np.zeros((values.size, count))
    best: Floats = likely * high.sum(axis=0)
    largest: Floats = likely * values.sizes
    for agent in range(values.size):
        mine = hints.agent == agent
        true, report, weight = hints.true[mine], hints.report[mine], hints.lies[mine]
        place = list(np.unravel_index(true, shape))
        place[agent] = report
        told = np.ravel_multi_index(place, shape)
        np.add.at(leaving[agent], true, weight)
        np.add.at(arriving[agent], told, weight)
        for outcome in range(values.outcomes):
            worth = values.lie(outcome, agent, true, report)
            np.add.at(best[outcome], told, -weight * worth)
            np.add.at(largest, told, weight * np.abs(worth))
    rational = hints.revenue[None, :] + arriving - leaving
    used = np.maximum(rational, 0.0)
    rest = np.maximum(-rational, 0.0)
    rest += (steps + 4) * EPS * (hints.revenue[None, :] + arriving + leaving)
    best += ((used + leaving)[:, None, :] * np.where(used[:, None, :] >= 0, high, low)).sum(axis=0)
    stays = used * values.outside
    size = np.maximum(np.abs(low), np.abs(high)).max(axis=1)
    largest += ((used + leaving) * size + np.abs(stays)).sum(axis=0)
    most = high.max(axis=1) - values.outside
    least = most.sum(axis=0)[None, :] - most
    charged = rest * np.maximum(np.abs(most), np.abs(least)) * (1 + 4 * values.size * EPS)
    if allowed is not None:
        best = np.where(allowed, best, -np.inf)
    total = math.fsum([*best.max(axis=0).tolist(), *(-stays).ravel().tolist()])
    total += math.fsum(charged.ravel().tolist())
    slack = (2 * steps + 8 * values.size + 16) * EPS * math.fsum(largest.tolist())
    return float(np.nextafter(total + slack, np.inf))


def multipliers(context: MarketContext) -> Multipliers:
    """Return the multipliers that a solution states.

    Raises
    ------
    NoRouteError
        If what is stated is none.
    """
    revenue = context.claim.stored("dual.revenue", context.ruled.shape)
    rows = context.claim.rows("dual.lies", 4)
    if isinstance(revenue, str) or isinstance(rows, str):
        message = f"multipliers: {revenue if isinstance(revenue, str) else rows}"
        raise NoRouteError(message)
    return multipliers_of(context, revenue, rows)


def multipliers_of(context: MarketContext, revenue: Floats, rows: Floats) -> Multipliers:
    """Return multipliers of sums of payments, by profile, and of lies, (lies, 4).

    Raises
    ------
    NoRouteError
        If they are none.
    """
    shape = context.ruled.shape
    agent, true, report = (rows[:, k].astype(np.intp) for k in range(3))
    usable = np.all(rows[:, :3] == np.rint(rows[:, :3])) and np.all(rows >= 0)
    if not usable or np.any(revenue < 0) or np.any(agent >= context.size):
        raise NoRouteError("multipliers: not what bounds a lottery")
    if np.any(true >= context.profiles):
        raise NoRouteError("multipliers: a lie at a profile that there is none of")
    own = np.array(np.unravel_index(true, shape))[agent, np.arange(len(true))]
    if np.any(report >= own):
        raise NoRouteError("multipliers: a lie that is not lower than the truth")
    return Multipliers(revenue.ravel(), agent, true, report, rows[:, 3])
