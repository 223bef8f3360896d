"""Intervals of equilibria along the leading contribution, with their exact ends.

The leading contribution is scanned; at each the followers answer, and what comes to rest is kept
where no agent gains by moving.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.progress import Monitor
from mdsolve.solver.bisection import last_true_each
from mdsolve.solver.proportional.followers import followed, leader_groups, leader_order, settled
from mdsolve.solver.proportional.ranked_game import FAR, RankedGame, doubled
from mdsolve.solver.proportional.resting import are_equilibria
from mdsolve.tolerance import DEFAULT, EQUILIBRIUM_SLACK, SEARCH_MARGIN

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

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


@dataclass(frozen=True)
class _Search:
    """Profiles along the leading contribution, for every group of types that may lead.

    Parameters
    ----------
    game : RankedGame
    outside : (T,) or None
        Utilities of training alone that contributors must reach; None: not asked for.
    monitor : Monitor
    """

    game: RankedGame
    outside: Floats | None
    monitor: Monitor

    def roles(self, leads: Floats, leaders: Indices) -> npt.NDArray[np.intp]:
        """Return what each type does at leading contributions (B,), shape (B, T).

        0: nothing, 1: answers or leads with nothing, 2: leads; -1 everywhere at no equilibrium.
        """
        rows = followed(self.game, leads, leaders, self.monitor)
        held = are_equilibria(self.game, rows, self.outside, self.monitor)
        rows = np.where(held[:, None], rows, 0.0)
        found = np.sign(rows) + (rows == rows.max(axis=1, keepdims=True))
        return np.where(held[:, None], found, -1).astype(np.intp)

    def lie_on(self, leaders: int, branch: Branch, levels: Floats) -> npt.NDArray[np.bool_]:
        """Tell which profiles (B, T) are part of a branch that these leaders gave."""
        lead = levels.max(axis=1)
        near = DEFAULT.verify * lead
        inside = (branch.levels[0].max() - near <= lead) & (lead <= branch.levels[-1].max() + near)
        rows = np.flatnonzero(inside)
        if leaders:
            group = np.full(len(rows), leaders)
            same = followed(self.game, lead[rows], group, self.monitor)
        else:
            same = np.repeat(branch.levels[:1], len(rows), axis=0)
        apart = np.abs(same - levels[rows])
        close = apart <= near[rows, None] + DEFAULT.verify * np.abs(levels[rows])
        on = np.zeros(len(levels), dtype=np.bool_)
        on[rows] = close.all(axis=1)
        return on


def equilibrium_branches(
    game: RankedGame, outside: Floats | None, monitor: Monitor
) -> list[Branch]:
    """Return intervals of equilibria along the leading contribution, and isolated ones."""
    types, search = game.types, _Search(game, outside, monitor)
    rests = np.empty((0, types.size))
    if types.size > 1:
        starts = np.stack([np.zeros(types.size), np.minimum(game.reach, types.capacity)])
        caps = np.tile(types.capacity, (2, 1))
        rests = settled(game, starts, caps, np.zeros(2), monitor)
        rests = rests[~np.isnan(rests[:, 0])]
    grid = np.array(sorted({*_scan(game), *rests.max(axis=1).tolist()}))
    found = _along(search, grid)
    for row in rests[are_equilibria(game, rests, outside, monitor)]:
        found.append((0, Branch(row[None, :])))
    found.sort(key=lambda entry: -float(np.ptp(entry[1].levels.max(1))))
    ends = np.array([branch.levels[[0, -1]] for _, branch in found]).reshape(-1, types.size)
    known = np.zeros(len(ends), dtype=np.bool_)
    kept = []
    for number, (leaders, branch) in enumerate(found):
        if not known[2 * number : 2 * number + 2].all():
            kept.append(branch)
            rest = slice(2 * number + 2, None)
            known[rest] |= search.lie_on(leaders, branch, ends[rest])
    return sorted(kept, key=lambda branch: float(branch.levels[0].sum()))


def _along(search: _Search, grid: Floats) -> list[tuple[int, Branch]]:
    """Return the runs of equilibria on a grid of leading contributions, with their exact ends.

    Each with the number of types that start as leaders. A run ends where the profile stops being
    an equilibrium, and where a type stops leading, starts answering or drops out: totals may jump
    there.
    """
    game = search.game
    groups, points = leader_groups(game), len(grid)
    roles = search.roles(np.tile(grid, len(groups)), np.repeat(groups, points))
    runs = [
        (leaders, first, last, roles[number * points + first])
        for number, leaders in enumerate(groups)
        for first, last in _runs(roles[number * points : (number + 1) * points])
    ]
    # Towards nothing at all doubles end only at 1e-308; the scan is fine enough there.
    down = [k for k, (_, first, _, _) in enumerate(runs) if first > 1]
    up = [k for k, (_, _, last, _) in enumerate(runs) if 0 < grid[last] < grid[-1]]
    inside = np.array([runs[k][1] for k in down] + [runs[k][2] for k in up], dtype=np.intp)
    step = np.repeat([-1, 1], [len(down), len(up)])
    whose = [runs[k] for k in (*down, *up)]
    leaders = np.array([run[0] for run in whose], dtype=np.intp)
    role = np.array([run[3] for run in whose]).reshape(-1, game.types.size)

    def holds(leads: Floats, which: Indices) -> npt.NDArray[np.bool_]:
        return np.asarray((search.roles(leads, leaders[which]) == role[which]).all(axis=1))

    width = 0.0 if game.types.size == 1 else DEFAULT.solve
    many = game.standing.many
    ends = last_true_each(holds, grid[inside], grid[inside + step], width, many).tolist()
    lowest = dict(zip(down, ends[: len(down)], strict=True))
    highest = dict(zip(up, ends[len(down) :], strict=True))
    found = []
    for k, (start, first, last, _) in enumerate(runs):
        low, high = lowest.get(k, grid[first]), highest.get(k, grid[last])
        if high - low <= EQUILIBRIUM_SLACK * high:
            leads = grid[first : first + 1]
        else:
            leads = np.unique([low, *grid[first : last + 1], high])
        rows = followed(game, leads, np.full(len(leads), start), search.monitor)
        found.append((start, Branch(rows[~np.isnan(rows[:, 0])])))
    return found


def _runs(roles: npt.NDArray[np.intp]) -> list[tuple[int, int]]:
    """Return first and last place of every run of equal rows (B, T) that are equilibria."""
    changes = np.flatnonzero((roles[1:] != roles[:-1]).any(axis=1)) + 1
    firsts, lasts = [0, *changes.tolist()], [*(changes - 1).tolist(), len(roles) - 1]
    return [
        (first, last) for first, last in zip(firsts, lasts, strict=True) if roles[first, 0] >= 0
    ]


def _scan(game: RankedGame) -> list[float]:
    """Return leading contributions to try: a grid, and where equilibria can begin."""
    types = game.types
    kinks = [float(kink) - types.platform for kink in types.curve.kinks]
    top = float(_worth_leading(game).max())
    marks = [0.0, *types.capacity.tolist()]
    for count in types.counts.tolist():
        marks += [kink / part for kink in kinks for part in (1.0, count, max(1.0, count - 1))]
    order, members = leader_order(game)
    for part in (1.0, *members):
        # Where the cheapest agents stop giving for their own sake, intervals begin.
        shared = float(game.reach[order[0]]) / part
        marks += [shared, float(np.nextafter(shared, np.inf)), (1 + SEARCH_MARGIN) * shared]
    points = SCAN if types.size <= MANY_TYPES else COARSE
    grid = [*np.geomspace(FEWEST * top, top, points), *np.linspace(0.0, top, points), *marks]
    return sorted({float(entry) for entry in grid if 0 <= entry <= top})


def _worth_leading(game: RankedGame) -> Floats:
    """Return contributions from which on it cannot pay to contribute as much as everybody, (T,)."""
    types = game.types
    agents = float(types.counts.sum())

    def pays(lead: Floats) -> npt.NDArray[np.bool_]:
        total = types.platform + agents * lead
        slope = types.value * agents * types.curve.slope(total)
        costs = np.stack([types.cost(kind, lead[:, kind]) for kind in range(types.size)], axis=1)
        earns = types.value * types.curve.value(total) - costs
        return np.asarray((slope > types.marginal_costs(lead)) | (earns >= game.alone))

    start = np.minimum(types.beyond_kinks / agents, types.capacity)
    far = doubled(pays, start, np.minimum(types.capacity, FAR / agents))
    endless = (far >= FAR / agents) & (far < types.capacity)
    if endless.any():
        raise UnsupportedError.single(
            f"agent {types.names[int(np.argmax(endless))]}",
            "no capacity, and the full model is worth any contribution",
            "a bounded leading contribution",
            "give the agent a capacity or a positive marginal cost",
        )
    return far
