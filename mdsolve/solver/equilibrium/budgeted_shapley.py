"""Equilibria under Shapley payments within budgets, in games with a smooth concave potential.

Agent i must keep m_i(s) = B_i - c_i(s_i) + phi_i(s) - value_i (a_i(s) - a_i(0)) from falling below
0; without a budget m_i is infinite. Where the own marginal utility is not positive, m_i falls with
s_i: more never buys anybody out. So who cannot pay for what they would like is held by the budget
at a smaller contribution with m_i = 0, the largest such one. Caps on the agents held back leave an
ordinary potential game, solved by Newton's method; the caps themselves solve m_i = 0 for these
agents, a small smooth system.

m_i is a concave function less a concave function, so that what is affordable need not be an
interval: between the cap and what the agent would like, further affordable contributions are looked
for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from mdsolve.game.sharing import SharingGame
from mdsolve.progress import Monitor
from mdsolve.shapley.potential import ShapleyPotential
from mdsolve.shapley.routes import Index
from mdsolve.solver.equilibrium.potential import potential_equilibrium
from mdsolve.solver.iterate import Ending, Plain, iterate
from mdsolve.solver.record import Budgets, Equilibrium
from mdsolve.tolerance import DEFAULT, ROUND_OFF, SEARCH_MARGIN

Floats = npt.NDArray[np.float64]

SEARCH_POINTS = 64
"""A held agent's larger contributions are tried in growing steps, from 1/64 of the wish on."""

GROWTH = 1.1
SHRINK = 0.98
SHRINKINGS = 230
"""Caps are sought downwards in steps of 2 %, to below 1 % of what the agent would do without."""

ROUNDS = 40

TINY = float(np.finfo(np.float64).tiny)
"""No width of its own for an interval that shrinks: all widths are relative."""


def budgeted_shapley(game: SharingGame, monitor: Monitor, index: Index) -> Equilibrium:
    """Return an equilibrium in which nobody spends more than their budget.

    Raises
    ------
    UnsupportedError
        As `potential_equilibrium` does.
    """
    found = wished = potential_equilibrium(game, monitor, index)
    held = np.empty(0, dtype=np.intp)
    for _ in range(game.size):
        left = money_left(game, found)
        short = np.setdiff1d(np.flatnonzero(_overspent(game, found, left)), held)
        if short.size == 0:
            break
        held = np.union1d(held, short)
        capped = _with_caps(game, found, held, monitor, index)
        if capped is None:
            return _given_up(found, index, held, left)
        found = capped
    left = money_left(game, found)
    if np.any(_overspent(game, found, left)):
        return _given_up(found, index, held, left)
    potential = ShapleyPotential(game, index=index)
    gradient = potential.at(found.contributions).gradient
    pushing = gradient - game.costs.slope(found.contributions)
    settled = found.rested and bool(np.all(pushing[held] > 0))
    if not settled or _more_is_affordable(potential, found, wished.contributions, held):
        found = replace(found, ending=Ending.STALLED)
    return _with_budgets(found, index, Budgets(len(held)))


def _given_up(
    found: Equilibrium, index: Index, held: npt.NDArray[np.intp], left: Floats
) -> Equilibrium:
    """Return the last profile, in which somebody cannot pay."""
    short = Budgets(len(held), int(np.argmin(left)))
    return _with_budgets(replace(found, ending=Ending.STALLED), index, short)


def _with_budgets(found: Equilibrium, index: Index, budgets: Budgets) -> Equilibrium:
    method = f"projected Newton on the {index.title()} potential, {budgets.held} caps from budgets"
    return replace(found, method=method, budgets=budgets)


def money_left(game: SharingGame, found: Equilibrium) -> Floats:
    """Return m_i at the candidate, in money, shape (n,)."""
    s = found.contributions
    assert found.shares is not None
    gained = game.benefits(s) - game.benefits(game.nothing())
    return np.asarray(game.budget - game.costs.value(s) + found.shares - gained)


def _spending(game: SharingGame, found: Equilibrium) -> Floats:
    """Return the size of the amounts that m_i is a sum of, in money, shape (n,)."""
    s = found.contributions
    assert found.shares is not None
    gained = game.benefits(s) - game.benefits(game.nothing())
    return np.asarray(game.money + game.costs.value(s) + np.abs(found.shares) + np.abs(gained))


def _overspent(game: SharingGame, found: Equilibrium, left: Floats) -> npt.NDArray[np.bool_]:
    """Tell who has less than nothing left, by more than rounding."""
    return np.asarray(left < -ROUND_OFF * _spending(game, found))


def _with_caps(
    game: SharingGame,
    start: Equilibrium,
    held: npt.NDArray[np.intp],
    monitor: Monitor,
    index: Index,
) -> Equilibrium | None:
    """Return the equilibrium with caps at which the held agents have exactly nothing left."""
    from scipy.optimize import root

    near = start.contributions

    def within(caps: Floats) -> Equilibrium:
        nonlocal near
        capacity = game.capacity.copy()
        capacity[held] = np.clip(caps, 0.0, capacity[held])
        capped = replace(game, capacity=capacity)
        found = potential_equilibrium(capped, monitor, index, near)
        near = found.contributions
        return found

    def lowered(state: tuple[Floats, bool]) -> tuple[Floats, bool] | None:
        caps = state[0].copy()
        for k in range(len(held)):
            cap = _largest_cap(game, within, caps, k, int(held[k]))
            if cap is None:
                return None
            caps[k] = cap
        return caps, bool(np.all(np.abs(caps - state[0]) <= SEARCH_MARGIN * caps))

    begin = start.contributions[held], False
    run = iterate(Plain(begin, lowered, lambda state: state[1], "caps", ROUNDS), monitor)
    if run.ending is Ending.STALLED:
        return None
    caps, _ = run.state
    solved = root(lambda trial: money_left(game, within(trial))[held], caps, tol=ROUND_OFF)
    found = within(solved.x)
    missing = np.abs(money_left(game, found)[held])
    if np.any(missing > DEFAULT.solve * _spending(game, found)[held]):
        return None
    return found


def _largest_cap(
    game: SharingGame,
    within: Callable[[Floats], Equilibrium],
    caps: Floats,
    place: int,
    agent: int,
) -> float | None:
    """Return the largest cap on one agent that leaves them money, the others' caps given."""
    from scipy.optimize import brentq

    def money(cap: float) -> float:
        trial = caps.copy()
        trial[place] = cap
        return float(money_left(game, within(trial))[agent])

    free = caps.copy()
    free[place] = game.capacity[agent]
    above = float(within(free).contributions[agent])
    if money(above) >= 0:
        return above
    least = SHRINK**SHRINKINGS * above
    while above > least:
        below = SHRINK * above
        if money(below) >= 0:
            return float(brentq(money, below, above, xtol=TINY))
        above = below
    return None


def _more_is_affordable(
    potential: ShapleyPotential, found: Equilibrium, wished: Floats, held: npt.NDArray[np.intp]
) -> bool:
    """Tell whether a held agent could pay for one of a range of larger contributions.

    Parameters
    ----------
    wished : (n,)
        Contributions without budgets, the measure of the steps.
    """
    game = potential.game
    for agent in held.tolist():
        s = found.contributions.copy()
        step = max(float(wished[agent]), float(s[agent])) / SEARCH_POINTS
        while s[agent] + step <= game.capacity[agent]:
            s[agent] += step
            point = potential.at(s)
            there = replace(found, contributions=s, shares=point.shares)
            if money_left(game, there)[agent] >= 0:
                return True
            if point.gradient[agent] <= game.costs.slope(s)[agent]:
                break
            step *= GROWTH
    return False
