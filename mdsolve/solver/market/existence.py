"""Does a desirable mechanism exist? The sign of the least revenue, with ties decided rightly.

A desirable mechanism exists iff the maximal payments have a non-negative sum at every profile
([C20] Theorem 6). Zero ties are real: in a fixed market on the types 1..6 the least revenue is
exactly 0, where a strict test on floats answers wrongly. Sums within `TIE` of zero are decided
again in exact fractions where the market is rational, in ball arithmetic where it is not; what
stays undecided there is accepted as zero, and the result says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from mdsolve.game.arithmetic import EXACT, Arithmetic, Array
from mdsolve.game.enclosure import ENCLOSURE, to_float
from mdsolve.game.market import Market
from mdsolve.progress import Monitor
from mdsolve.solver.market.shortest_path import maximal_payments_of
from mdsolve.tolerance import TIE

TIE_ROW_LIMIT = 300_000
"""Most lies that are valued in better arithmetic to decide revenues near zero, lowest first."""


Column = tuple[int, tuple[int, ...]]
"""An agent and the others' type numbers."""


@dataclass(frozen=True)
class LeastRevenue:
    """The least revenue of a payment table and what its sign was decided with.

    Parameters
    ----------
    value : float or Fraction
        min over profiles of sum_i p_i, in money.
    profile : tuple of int
        Type numbers of a profile where it is attained.
    exists : bool
        Whether every sum counts as no less than it has to be, 0 unless a subsidy is paid.
    decided : str
        Arithmetic behind `exists`: ``float``, ``exact``, ``enclosure`` or ``tolerance``.
    """

    value: float | Fraction
    profile: tuple[int, ...]
    exists: bool
    decided: str


@dataclass(frozen=True)
class Bounds:
    """What the sums of payments, and the payments themselves, have to keep to.

    Parameters
    ----------
    least : Fraction
        Least sum of payments at every profile, in money; a negative one is a subsidy.
    caps : sequence of (Fraction or None)
        What no payment of each agent may exceed; empty for no such bounds.
    """

    least: Fraction = Fraction(0)
    caps: Sequence[Fraction | None] = ()

    def cap_of(self, agent: int) -> Fraction | None:
        """Return the cap of an agent by number."""
        return self.caps[agent] if self.caps else None


FREE = Bounds()


def least_revenue(
    market: Market, payments: Array, monitor: Monitor, bounds: Bounds = FREE
) -> LeastRevenue:
    """Return the least revenue of maximal payments; whether it suffices as certain as possible."""
    revenue = payments.sum(axis=0)
    least = market.arithmetic.number(bounds.least)
    flat = int(np.argmin(revenue))
    profile = _unravel(flat, market.shape)
    lowest = revenue[profile]
    if market.arithmetic.name == "exact":
        return LeastRevenue(lowest, profile, bool(lowest >= least), "exact")
    band = TIE * _magnitude(market, payments, profile)
    if abs(lowest - least) > band:
        return LeastRevenue(float(lowest), profile, bool(lowest > least), "float")
    near = np.flatnonzero(revenue.ravel() <= least + band)
    near = near[np.argsort(revenue.ravel()[near], kind="stable")]
    profiles = [_unravel(int(k), market.shape) for k in near]
    return _decide_ties(market, profiles, lowest, monitor, bounds)


def _magnitude(market: Market, payments: Array, profile: tuple[int, ...]) -> float:
    """Return the size of payments and of the values behind them, in money."""
    sizes = [float(np.max(np.abs(payments)))]
    for agent in range(len(market.agents)):
        others = [number for j, number in enumerate(profile) if j != agent]
        column = market.column(agent, others, profile[agent])
        values = (column.truthful_values(agent), column.outside_values(agent))
        sizes += [float(np.max(np.abs(table))) for table in values]
    return max(sizes)


def _unravel(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(k) for k in np.unravel_index(flat, shape))


def _decide_ties(
    market: Market,
    profiles: Sequence[tuple[int, ...]],
    lowest: float,
    monitor: Monitor,
    bounds: Bounds,
) -> LeastRevenue:
    """Decide whether revenues within the tie band suffice, given lowest first."""
    arithmetic = EXACT if market.rational else ENCLOSURE
    affordable = sorted(_affordable(profiles))
    undecided = len(affordable) < len(profiles)
    least: tuple[bool, float | Fraction, tuple[int, ...]] | None = None
    with arithmetic.context():
        wanted = arithmetic.number(bounds.least)
        sums = certain_revenues(market, affordable, arithmetic, monitor, bounds)
        for profile, revenue in zip(affordable, sums, strict=True):
            value = revenue if market.rational else to_float(revenue)
            undecided = undecided or not (revenue >= wanted or revenue < wanted)
            found = (not revenue < wanted, value, profile)  # certainly too low ones first
            least = found if least is None else min(least, found)
    harmless, value, profile = least or (True, lowest, profiles[0])
    if not harmless:
        return LeastRevenue(value, profile, False, arithmetic.name)
    if undecided:
        return LeastRevenue(lowest, profile, True, "tolerance")
    return LeastRevenue(value, profile, True, arithmetic.name)


def _affordable(profiles: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Return the longest beginning of the list that `TIE_ROW_LIMIT` allows."""
    highest: dict[Column, int] = {}
    rows = 0
    for count, profile in enumerate(profiles):
        for column, own in _columns_at(profile):
            known = highest.get(column, -1)
            if own > known:
                highest[column] = own
                rows += (own * (own + 1) - known * (known + 1)) // 2 + 1
        if rows > TIE_ROW_LIMIT:
            return list(profiles[:count])
    return list(profiles)


def _columns_at(profile: Sequence[int]) -> list[tuple[Column, int]]:
    """Return every agent's column at a profile, with their own type number."""
    return [
        ((agent, tuple(number for j, number in enumerate(profile) if j != agent)), own)
        for agent, own in enumerate(profile)
    ]


def certain_revenues(
    market: Market,
    profiles: Sequence[tuple[int, ...]],
    arithmetic: Arithmetic,
    monitor: Monitor,
    bounds: Bounds = FREE,
) -> list[Any]:
    """Return the sum of maximal payments at each profile, in the number system given.

    Every column is computed once, up to the highest own type that is wanted.
    """
    highest: dict[Column, int] = {}
    for profile in profiles:
        for column, own in _columns_at(profile):
            highest[column] = max(own, highest.get(column, 0))
    payments = {
        (agent, others): maximal_payments_of(
            market.column(agent, others, own).with_arithmetic(arithmetic),
            agent,
            monitor,
            bounds.cap_of(agent),
        ).ravel()
        for (agent, others), own in highest.items()
    }
    revenues = []
    for profile in profiles:
        amounts = [payments[column][own] for column, own in _columns_at(profile)]
        revenues.append(sum(amounts[1:], start=amounts[0]))
    return revenues
