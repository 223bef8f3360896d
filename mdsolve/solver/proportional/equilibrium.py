"""Equilibria of games in which the model received depends on how one stands beside the leader.

Agents alike act alike, so a profile has one contribution per type. The leading contribution M is
free within limits: above it nothing more is won, below it the model gets worse at once, so there
is a whole interval of equilibria. For one type, all contributing m is an equilibrium iff

    v'(nm) <= c <= v'(nm) + p rho v(nm)       (in money; rho = d log(psi_i / psi_lead) / ds_i)

and no contribution farther away pays, staying out included. (The proof of Theorem VI of [K22]
prints this with the wrong signs.) With p the interval grows: deviations upwards do not see p,
deviations downwards earn less. For several types the followers' contributions are computed at each
M by best responses, from several starts; what is found is checked, what exists may be more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.progress import Monitor
from mdsolve.solver.proportional.agent_types import last_true
from mdsolve.solver.proportional.ranked_game import RankedGame
from mdsolve.tolerance import DEFAULT, EQUILIBRIUM_SLACK, ROUND_OFF, SEARCH_MARGIN

Floats = npt.NDArray[np.float64]
Select = Literal["most-data", "best-utility", "least-data"]
Follow = Callable[[float], Floats | None]
"""The profile that goes with a leading contribution, None where there is none."""

SCAN = 40
"""Leading contributions on each of two scales from which intervals of equilibria are found."""

FEWEST = 1e-5
"""Least leading contribution of the scan, relative to the largest."""

STARTS = 4
"""Most groups of types that are tried as leaders."""

MANY_TYPES = 3
COARSE = 12
"""Points of the scan for more types than these few: every point costs best responses of all."""

SWEEPS = 60
SMOOTH_AFTER = 8
"""Sweeps after which followers only move half way, so that alternating answers settle."""


@dataclass(frozen=True)
class Branch:
    """Equilibria found along the leading contribution, from the least to the largest.

    Parameters
    ----------
    levels : (k, T)
        Contributions by type; the first and the last row are the ends, one row where isolated.
    """

    levels: Floats


@dataclass(frozen=True)
class ProportionalEquilibria:
    """What was found at one exponent.

    Parameters
    ----------
    game : RankedGame
    levels : (T,)
        The equilibrium selected.
    branches : tuple of Branch
        Disjoint where there is one type.
    participating : bool
        Whether every contributor earns at least what training alone would give him; equilibria
        where somebody does not are only kept where there is no other.
    """

    game: RankedGame
    levels: Floats
    branches: tuple[Branch, ...]
    participating: bool

    @property
    def intervals(self) -> list[list[float]]:
        """Least and largest total of every branch, in samples, without the platform's data."""
        counts = self.game.types.counts
        return [
            [float((branch.levels @ counts).min()), float((branch.levels @ counts).max())]
            for branch in self.branches
        ]

    @property
    def total(self) -> float:
        """Samples contributed in the selected equilibrium."""
        return float(self.game.types.counts @ self.levels)

    @property
    def welfare(self) -> float:
        """Sum of utilities in the selected equilibrium, in money."""
        return float(self.game.types.counts @ self.game.at(self.levels))


def proportional_equilibria(
    game: RankedGame, select: Select, monitor: Monitor
) -> ProportionalEquilibria | None:
    """Return the equilibria found and the selected one; None where none was found."""
    if game.types.counts.sum() == 1:
        best = np.array([game.best_response(np.zeros(1), 0)[0]])
        return ProportionalEquilibria(game, best, (Branch(best[None, :]),), True)
    alone = np.array([game.alone(kind) for kind in range(game.types.size)])
    for outside in (alone, None):
        branches = _branches(game, alone, outside, monitor)
        if branches:
            chosen = _selected(game, branches, select)
            return ProportionalEquilibria(game, chosen, tuple(branches), outside is not None)
    return None


def best_exponent(
    game: RankedGame, select: Select, monitor: Monitor
) -> ProportionalEquilibria | None:
    """Return the equilibria at the exponent in [0, 1] whose selected equilibrium is best.

    Best is the most data, or the largest sum of utilities for `best-utility`; of several exponents
    the least. For agents alike the set of equilibria grows with p, so p = 1 has the largest one
    and the least p that still has it follows by bisection. Otherwise a search over p.
    """
    if game.types.size > 1:
        return _searched_exponent(game, select, monitor)
    if select == "least-data":
        return proportional_equilibria(replace(game, power=0.0), select, monitor)
    largest = proportional_equilibria(replace(game, power=1.0), select, monitor)
    if largest is None:
        return None
    outside = np.array([game.alone(0)]) if largest.participating else None

    def kept(power: float) -> bool:
        return is_equilibrium(replace(game, power=power), largest.levels, outside)

    least = 0.0 if kept(0.0) else last_true(kept, 1.0, 0.0)
    found = proportional_equilibria(replace(game, power=least), select, monitor)
    return found if found is None else replace(found, levels=largest.levels)


EXPONENTS = 11
HALVINGS = 6


def _searched_exponent(
    game: RankedGame, select: Select, monitor: Monitor
) -> ProportionalEquilibria | None:
    known: dict[float, ProportionalEquilibria | None] = {}

    def merit(power: float) -> float:
        if power not in known:
            known[power] = proportional_equilibria(replace(game, power=power), select, monitor)
            monitor.advance("exponents", len(known), EXPONENTS + 2 * HALVINGS)
        found = known[power]
        if found is None:
            return -np.inf
        return found.welfare if select == "best-utility" else found.total

    grid = [k / (EXPONENTS - 1) for k in range(EXPONENTS)]
    step = grid[1]
    best = max(grid, key=merit)
    for _ in range(HALVINGS):
        step /= 2
        near = [power for power in (best - step, best, best + step) if 0 <= power <= 1]
        best = max(near, key=merit)
    return known[best]


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
    scale = max(1.0, float(np.abs(utilities).max()))
    for kind in range(game.types.size):
        _, best = game.best_response(levels, kind, refine=False)
        if best - utilities[kind] > DEFAULT.solve * scale:
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


def _branches(
    game: RankedGame, alone: Floats, outside: Floats | None, monitor: Monitor
) -> list[Branch]:
    """Return intervals of equilibria along the leading contribution, and isolated ones."""
    starts = (np.zeros(game.types.size), np.minimum(game.reach, game.types.capacity))
    free = [_settled(game, start, game.types.capacity) for start in starts]
    rests = [row for row in free if row is not None and game.types.size > 1]
    grid = sorted({*_scan(game, alone), *(float(row.max()) for row in rests)})
    found: list[tuple[Follow, Branch]] = []
    for number, leaders in enumerate(_leader_groups(game)):
        follow = _following(game, leaders)
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
        far = max([1.0, *kinks]) / agents
        while far < types.capacity[kind] and pays(far):
            far *= 2
        far = min(far, float(types.capacity[kind]))
        if not np.isfinite(far):
            raise UnsupportedError.single(
                f"agent {types.names[kind]}",
                "no capacity, and the full model is worth any contribution",
                "a bounded leading contribution",
                "give the agent a capacity or a positive marginal cost",
            )
        top = max(top, far)
        count = float(types.counts[kind])
        marks += [float(types.capacity[kind])]
        marks += [kink / part for kink in kinks for part in (1.0, count, max(1.0, count - 1))]
    order, members = _leader_order(game)
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


def _leader_order(game: RankedGame) -> tuple[npt.NDArray[np.intp], list[float]]:
    """Return types by rising cost per value, and how many agents the first 1, 2, ... have."""
    rates = game.types.costs.slope(np.zeros(game.types.size)) / game.types.value
    order = np.argsort(rates, kind="stable")
    return order, np.cumsum(game.types.counts[order]).tolist()


def _leader_groups(game: RankedGame) -> list[int]:
    """Return how many of the types, the cheapest first, are tried as leaders."""
    size = game.types.size
    return sorted({round(k) for k in np.linspace(1, size, min(size, STARTS))}, reverse=True)


def _following(game: RankedGame, leaders: int) -> Follow:
    """Return the profile as a function of the leading contribution; followers answer."""
    types = game.types
    order, _ = _leader_order(game)

    def profile(lead: float) -> Floats | None:
        caps = np.minimum(lead, types.capacity)
        if types.size == 1:
            return caps
        start = np.zeros(types.size)
        start[order[:leaders]] = caps[order[:leaders]]
        return _settled(game, start, caps, float(caps.max()))

    return profile


def _settled(game: RankedGame, start: Floats, caps: Floats, lead: float = 0.0) -> Floats | None:
    """Return where best responses come to rest; None where nowhere or nobody keeps the lead."""
    levels = start.copy()
    rough = np.inf
    for sweep in range(SWEEPS):
        moved = 0.0
        for kind in range(game.types.size):
            now = float(levels[kind])
            own, utility = game.best_response(levels, kind)
            own = min(own, float(caps[kind]))
            if now in (0.0, float(caps[kind]), game.types.leading(levels, kind)):
                # At a kink the utility peaks sharply: staying wins over an equal elsewhere.
                stays = game.utilities(levels, kind, np.array([now]))[0]
                if stays >= utility - DEFAULT.solve * max(1.0, abs(utility)):
                    own = now
            inside = 0 < own < caps[kind] and own != now
            if inside and game.types.counts[kind] > 1:
                own = _together(game, levels, kind, now, own)
            elif inside and sweep >= SMOOTH_AFTER:
                own = 0.5 * (own + now)
            moved = max(moved, abs(own - now))
            levels[kind] = own
            if levels.max() < lead:
                return None
        if moved <= DEFAULT.solve * max(1.0, float(levels.max())):
            return levels
        if sweep == SMOOTH_AFTER:
            rough = moved
        if sweep == 2 * SMOOTH_AFTER and moved > 0.5 * rough:
            return None  # Answers go round in a circle.
    return None


def _together(game: RankedGame, levels: Floats, kind: int, now: float, own: float) -> float:
    """Return where agents alike rest when all of them move, between two of their contributions.

    One agent's answer to fellows who stay is no answer to fellows who move with him, and repeated
    answers may swing for ever; the point at which nobody's marginal utility is left is in between.
    """

    def gains(x: float) -> bool:
        fellows = levels.copy()
        fellows[kind] = x
        return bool(game.slopes(fellows, kind, np.array([x]))[0] > 0)

    low, high = min(now, own), max(now, own)
    if not gains(low) or gains(high):
        return own
    return last_true(gains, low, high, ROUND_OFF)


def _selected(game: RankedGame, branches: list[Branch], select: Select) -> Floats:
    """Return the profile that the option asks for."""
    rows = np.concatenate([branch.levels for branch in branches])
    totals = rows @ game.types.counts
    if select == "most-data":
        return np.asarray(rows[int(np.argmax(totals))])
    if select == "least-data":
        return np.asarray(rows[int(np.argmin(totals))])
    welfare = [float(game.types.counts @ game.at(row)) for row in rows]
    best = rows[int(np.argmax(welfare))]
    if game.types.size > 1:
        return np.asarray(best)
    return np.array([_best_shared(game, branches, float(best[0]))])


def _best_shared(game: RankedGame, branches: list[Branch], best: float) -> float:
    """Return where agents alike are best off together: n v'(nm) = c inside the interval."""
    types = game.types
    agents = float(types.counts[0])

    def rises(own: float) -> bool:
        slope = types.curve.slope(np.array([types.platform + agents * own]))[0]
        marginal = types.costs.slope_along(0, np.array([own]))[0]
        return bool(types.value[0] * agents * slope > marginal)

    for branch in branches:
        low, high = float(branch.levels[0, 0]), float(branch.levels[-1, 0])
        if low <= best <= high and rises(low) and not rises(high):
            return last_true(rises, low, high)
    return best
