"""Intervals of equilibria along the leading contribution, with their exact ends.

The leading contribution is scanned; at each the followers answer, and what comes to rest is kept
where no agent gains by moving.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.progress import Monitor
from mdsolve.solver.best_response import best_response
from mdsolve.solver.bisection import last_true
from mdsolve.solver.proportional.followers import (
    STARTS,
    Follow,
    following,
    leader_groups,
    leader_order,
    settled,
)
from mdsolve.solver.proportional.ranked_game import FAR, RankedGame
from mdsolve.tolerance import DEFAULT, EQUILIBRIUM_SLACK, ROUND_OFF, SEARCH_MARGIN

Floats = npt.NDArray[np.float64]

SCAN = 40
"""Leading contributions on each of two scales from which intervals of equilibria are found."""

FEWEST = 1e-5
"""Least leading contribution of the scan, relative to the largest."""

MANY_TYPES = 3

COARSE = 12
"""Points of the scan for more types than these few: every point costs best responses of all."""


@dataclass(frozen=True)
class Branch:
    """Equilibria found along the leading contribution, from the least to the largest.

    Parameters
    ----------
    levels : (k, T)
        Contributions by type; the first and the last row are the ends, one row where isolated.
    """

    levels: Floats

    def ends(self, counts: Floats) -> tuple[Floats, Floats]:
        """Return the levels (T,) with the least and with the largest total; agents by type (T,)."""
        totals = self.levels @ counts
        return self.levels[int(np.argmin(totals))], self.levels[int(np.argmax(totals))]


def is_equilibrium(game: RankedGame, levels: Floats, outside: Floats | None) -> bool:
    """Tell whether no agent gains by moving, nor any contributor by training alone.

    Parameters
    ----------
    outside : (T,) or None
        Utilities of training alone; None: not asked for.
    """
    utilities = game.at(levels)
    if outside is not None and np.any((utilities < outside) & (levels > 0)):
        return False
    for kind in range(game.types.size):
        if not _locally_best(game, levels, kind):
            return False
    scale = max(game.stake(levels, kind, float(levels[kind])) for kind in range(game.types.size))
    for kind in range(game.types.size):
        payoff = game.own(levels, kind)
        own = best_response(payoff, refine=False)
        best = float(payoff.value(np.array([own]))[0])
        if best - utilities[kind] > DEFAULT.solve * max(scale, game.stake(levels, kind, own)):
            return False
    return True


def _locally_best(game: RankedGame, levels: Floats, kind: int) -> bool:
    """Tell whether slopes beside a leader's contribution point to it."""
    own, types = float(levels[kind]), game.types
    lead = types.leading(levels, kind)
    if own < lead:
        return True
    below, above = game.leader_slopes(levels, kind)
    marginal = abs(float(types.costs.slope_along(kind, np.array([own]))[0]))
    # A leader without equals rests where a slope is 0, no better known than the others' answers.
    small = (ROUND_OFF if own == lead else DEFAULT.verify) * marginal
    return (own == 0 or below >= -small) and (own >= types.capacity[kind] or above <= small)


def equilibrium_branches(
    game: RankedGame, alone: Floats, outside: Floats | None, monitor: Monitor
) -> list[Branch]:
    """Return intervals of equilibria along the leading contribution, and isolated ones."""
    starts = (np.zeros(game.types.size), np.minimum(game.reach, game.types.capacity))
    free = [settled(game, start, game.types.capacity) for start in starts]
    rests = [row for row in free if row is not None and game.types.size > 1]
    grid = sorted({*_scan(game, alone), *(float(row.max()) for row in rests)})
    found: list[tuple[Follow, Branch]] = []
    for number, leaders in enumerate(leader_groups(game)):
        follow = following(game, leaders)
        found += [(follow, branch) for branch in _along(game, grid, follow, outside)]
        monitor.advance("groups of leaders", number + 1, STARTS)
    for row in rests:
        if is_equilibrium(game, row, outside):
            found.append((_fixed(row), Branch(row[None, :])))
    kept: list[tuple[Follow, Branch]] = []
    for follow, branch in sorted(found, key=lambda entry: -float(np.ptp(entry[1].levels.max(1)))):
        ends = branch.levels[[0, -1]]
        if not all(any(_lies_on(*known, levels) for known in kept) for levels in ends):
            kept.append((follow, branch))
    return sorted((branch for _, branch in kept), key=lambda entry: float(entry.levels[0].sum()))


def _fixed(levels: Floats) -> Follow:
    """Return the profile whatever the leading contribution."""
    return lambda _: levels


def _lies_on(follow: Follow, branch: Branch, levels: Floats) -> bool:
    """Tell whether a profile is part of a branch that was followed before."""
    lead, near = float(levels.max()), DEFAULT.verify * float(levels.max())
    if not branch.levels[0].max() - near <= lead <= branch.levels[-1].max() + near:
        return False
    row = follow(lead)
    return row is not None and bool(np.allclose(row, levels, rtol=DEFAULT.verify, atol=near))


def _along(
    game: RankedGame, grid: list[float], follow: Follow, outside: Floats | None
) -> list[Branch]:
    """Return the runs of equilibria on a grid of leading contributions, with their exact ends.

    A run ends where the profile stops being an equilibrium, and where a type stops leading,
    starts answering or drops out: totals may jump there.
    """

    def roles(lead: float) -> tuple[int, ...]:
        row = follow(lead)
        if row is None or not is_equilibrium(game, row, outside):
            return ()
        return tuple((np.sign(row) + (row == row.max())).astype(int).tolist())

    width = 0.0 if game.types.size == 1 else DEFAULT.solve
    found = []
    for first, last, role in _runs([roles(lead) for lead in grid]):

        def holds(lead: float, role: tuple[int, ...] = role) -> bool:
            return roles(lead) == role

        leads = grid[first : last + 1]
        # Towards nothing at all doubles end only at 1e-308; the scan is fine enough there.
        if first > 1:
            leads = [last_true(holds, grid[first], grid[first - 1], width), *leads]
        if 0 < grid[last] < grid[-1]:
            leads = [*leads, last_true(holds, grid[last], grid[last + 1], width)]
        if leads[-1] - leads[0] <= EQUILIBRIUM_SLACK * leads[-1]:
            leads = [grid[first]]
        rows = [row for row in map(follow, leads) if row is not None]
        found.append(Branch(np.array(rows)))
    return found


def _runs(roles: list[tuple[int, ...]]) -> list[tuple[int, int, tuple[int, ...]]]:
    """Return first and last place of every run of equal entries that are not empty."""
    found, start = [], 0
    for role, group in groupby(roles):
        length = len(list(group))
        if role:
            found.append((start, start + length - 1, role))
        start += length
    return found


def _scan(game: RankedGame, alone: Floats) -> list[float]:
    """Return leading contributions to try: a grid, and where equilibria can begin."""
    types = game.types
    agents = float(types.counts.sum())
    kinks = [float(kink) - types.platform for kink in types.curve.kinks]
    marks = [0.0]
    top = 0.0
    for kind in range(types.size):
        pays = _pays(game, kind, agents, float(alone[kind]))
        far = types.beyond_kinks / agents
        capacity = float(types.capacity[kind])
        while far < min(capacity, FAR / agents) and pays(far):
            far *= 2
        far = min(far, capacity)
        if FAR / agents <= far < capacity:
            raise UnsupportedError.single(
                f"agent {types.names[kind]}",
                "no capacity, and the full model is worth any contribution",
                "a bounded leading contribution",
                "give the agent a capacity or a positive marginal cost",
            )
        top = max(top, far)
        count = float(types.counts[kind])
        marks += [capacity]
        marks += [kink / part for kink in kinks for part in (1.0, count, max(1.0, count - 1))]
    order, members = leader_order(game)
    for part in (1.0, *members):
        # Where the cheapest agents stop giving for their own sake, intervals begin.
        shared = float(game.reach[order[0]]) / part
        marks += [shared, float(np.nextafter(shared, np.inf)), (1 + SEARCH_MARGIN) * shared]
    points = SCAN if types.size <= MANY_TYPES else COARSE
    grid = [*np.geomspace(FEWEST * top, top, points), *np.linspace(0.0, top, points), *marks]
    return sorted({float(entry) for entry in grid if 0 <= entry <= top})


def _pays(game: RankedGame, kind: int, agents: float, alone: float) -> Callable[[float], bool]:
    """Return whether contributing as much as everybody can still be worth it, farther out too."""
    types = game.types

    def pays(lead: float) -> bool:
        total = np.array([types.platform + agents * lead])
        worth = float(types.value[kind] * types.curve.value(total)[0])
        slope = float(types.value[kind] * agents * types.curve.slope(total)[0])
        own = np.array([lead])
        gains = slope > float(types.costs.slope_along(kind, own)[0])
        return gains or worth - float(types.cost(kind, own)[0]) >= alone

    return pays
