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

from mdsolve.game.arithmetic import EXACT, Array
from mdsolve.game.enclosure import ENCLOSURE, to_float
from mdsolve.game.market import Market
from mdsolve.progress import Monitor
from mdsolve.solver.shortest_path import maximal_payments_of
from mdsolve.tolerance import TIE

TIE_PROFILE_LIMIT = 200
"""Most profiles with a revenue near zero that are decided one by one in better arithmetic."""


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
        Whether every sum counts as non-negative.
    decided : str
        Arithmetic behind `exists`: ``float``, ``exact``, ``enclosure`` or ``tolerance``.
    """

    value: float | Fraction
    profile: tuple[int, ...]
    exists: bool
    decided: str


def least_revenue(market: Market, payments: Array, monitor: Monitor) -> LeastRevenue:
    """Return the least revenue of maximal payments, with its sign decided as well as possible."""
    revenue = payments.sum(axis=0)
    flat = int(np.argmin(revenue))
    profile = _unravel(flat, market.shape)
    lowest = revenue[profile]
    if market.arithmetic.name == "exact":
        return LeastRevenue(lowest, profile, bool(lowest >= 0), "exact")
    band = TIE * max(1.0, float(np.max(np.abs(payments))))
    if lowest < -band or lowest > band:
        return LeastRevenue(float(lowest), profile, bool(lowest > 0), "float")
    near = np.flatnonzero(revenue.ravel() <= band)
    lowest_first = near[np.argsort(revenue.ravel()[near], kind="stable")]
    profiles = [_unravel(int(k), market.shape) for k in np.sort(lowest_first[:TIE_PROFILE_LIMIT])]
    return _decide_ties(market, profiles, len(near) == len(profiles), lowest, monitor)


def _unravel(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(k) for k in np.unravel_index(flat, shape))


def _decide_ties(
    market: Market,
    profiles: Sequence[tuple[int, ...]],
    complete: bool,
    lowest: float,
    monitor: Monitor,
) -> LeastRevenue:
    """Decide the sign of revenues within the tie band, profile by profile.

    `complete` says that no other profile lies within the band.
    """
    arithmetic = EXACT if market.rational else ENCLOSURE
    certain = market.with_arithmetic(arithmetic)
    undecided = not complete
    least: tuple[bool, float | Fraction, tuple[int, ...]] | None = None
    with arithmetic.context():
        for profile in profiles:
            revenue = profile_revenue(certain, profile, monitor)
            value = revenue if market.rational else to_float(revenue)
            undecided = undecided or not (revenue >= 0 or revenue < 0)
            found = (not revenue < 0, value, profile)  # certainly negative ones first
            least = found if least is None else min(least, found)
    assert least is not None
    harmless, value, profile = least
    if not harmless:
        return LeastRevenue(value, profile, False, arithmetic.name)
    if undecided:
        return LeastRevenue(lowest, profile, True, "tolerance")
    return LeastRevenue(value, profile, True, arithmetic.name)


def profile_revenue(market: Market, profile: Sequence[int], monitor: Monitor) -> Any:
    """Return the sum of maximal payments at one profile, in the market's own arithmetic.

    Only the column of each agent at that profile is computed: O(n m^2) valuations.
    """
    amounts = []
    for agent in range(len(market.agents)):
        others = [number for j, number in enumerate(profile) if j != agent]
        column = market.column(agent, others)
        payments = maximal_payments_of(column, agent, monitor).ravel()
        amounts.append(payments[profile[agent]])
    return sum(amounts[1:], start=amounts[0])
