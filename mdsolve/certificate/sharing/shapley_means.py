"""Whether budgets hold agents back under Shapley payments, where means need not be an interval.

The money left to agent i at an own contribution x, the others as claimed, is

    m_i(x) = B_i - c_i(x) + phi_i(x) - value_i (a_i(x) - a_i(0)),

concave terms less a concave one. On [l, r] it lies below the line that starts at m_i(l) with the
slope phi_i'(l) - c_i'(l) and falls by value_i (a_i(r) - a_i(l)) on the way: tangents above the
concave terms, the chord below the accuracy. If that line is negative at both ends, nothing in
between can be paid for. Beyond the first point where the marginal utility is not positive m_i only
falls, so finitely many intervals decide.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.sharing.shares import Shares
from mdsolve.game.sharing import SharingGame

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

INTERVALS = 4000
"""Most intervals per agent; where they do not suffice the agent does not count as held back."""


def held_by_means(
    game: SharingGame, shares: Shares, s: Floats, step: Floats, asked: Booleans
) -> Booleans:
    """Tell who can pay for nothing from s_i + step_i on, the others as claimed, shape (n,).

    Parameters
    ----------
    shares : Shares
        What agents earn, at any profile.
    step : (n,)
        Samples, positive for the agents asked about.
    asked : (n,) of bool
        Agents to look at; the result is False for the others.
    """
    held = np.zeros(game.size, dtype=np.bool_)
    if game.budgeted:
        for agent in np.flatnonzero(asked & game.limited).tolist():
            held[agent] = _nothing_beyond(game, shares, s, agent, float(s[agent] + step[agent]))
    return held


def _nothing_beyond(game: SharingGame, shares: Shares, s: Floats, agent: int, start: float) -> bool:
    left, capacity = start, float(game.capacity[agent])
    width = max(1.0, start)
    money, slope, benefit = _at(game, shares, s, agent, left)
    for _ in range(INTERVALS):
        if money >= 0:
            return False
        if slope <= 0 or left >= capacity:
            return True
        right = min(left + width, capacity)
        if right <= left:
            return False
        there = _at(game, shares, s, agent, right)
        if money + slope * (right - left) - (there[2] - benefit) < 0:
            left, (money, slope, benefit) = right, there
            width *= 2
        else:
            width *= 0.5
    return False


def _at(
    game: SharingGame, shares: Shares, s: Floats, agent: int, own: float
) -> tuple[float, float, float]:
    """Return money left, marginal utility and the benefit from accuracy at an own contribution."""
    moved = s.copy()
    moved[agent] = own
    there = shares.at(moved)
    benefit = float(game.benefits(moved)[agent])
    gained = benefit - float(game.benefits(game.nothing())[agent])
    cost = float(game.costs.value(moved)[agent])
    money = float(game.budget[agent]) - cost + float(there.shares[agent]) - gained
    slope = float(there.slopes(moved)[agent] - game.costs.slope(moved)[agent])
    return money, slope, benefit
