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
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, root

from mdsolve.game.sharing import SharingGame
from mdsolve.progress import Monitor
from mdsolve.shapley.potential import ShapleyPotential
from mdsolve.shapley.routes import Index
from mdsolve.solver.equilibrium.potential import PotentialEquilibrium, potential_equilibrium
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


@dataclass(frozen=True)
class BudgetedShapley:
    """A candidate, or who has no money left in it.

    Parameters
    ----------
    found : PotentialEquilibrium
    held : (k,) of int
        Agents whom their budgets hold back.
    converged : bool
        Whether everybody can pay and nobody is seen to gain.
    penniless : int or None
        The agent who is short of money by most, where somebody is.
    """

    found: PotentialEquilibrium
    held: npt.NDArray[np.intp]
    converged: bool
    penniless: int | None = None


def budgeted_shapley(game: SharingGame, monitor: Monitor, index: Index) -> BudgetedShapley:
    """Return an equilibrium in which nobody spends more than his budget.

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
            return BudgetedShapley(found, held, False, int(np.argmin(left)))
        found = capped
    left = money_left(game, found)
    pushing = found.point.gradient - game.costs.slope(found.contributions)
    if np.any(_overspent(game, found, left)):
        return BudgetedShapley(found, held, False, int(np.argmin(left)))
    settled = found.converged and bool(np.all(pushing[held] > 0))
    more = settled and _more_is_affordable(game, found, wished.contributions, held, index)
    return BudgetedShapley(found, held, settled and not more)


def money_left(game: SharingGame, found: PotentialEquilibrium) -> Floats:
    """Return m_i at the candidate, in money, shape (n,)."""
    s = found.contributions
    gained = game.benefits(s) - game.benefits(game.nothing())
    return np.asarray(game.budget - game.costs.value(s) + found.point.shares - gained)


def _spending(game: SharingGame, found: PotentialEquilibrium) -> Floats:
    """Return the size of the amounts that m_i is a sum of, in money, shape (n,)."""
    s = found.contributions
    gained = game.benefits(s) - game.benefits(game.nothing())
    return np.asarray(
        game.money + game.costs.value(s) + np.abs(found.point.shares) + np.abs(gained)
    )


def _overspent(
    game: SharingGame, found: PotentialEquilibrium, left: Floats
) -> npt.NDArray[np.bool_]:
    """Tell who has less than nothing left, by more than rounding."""
    return np.asarray(left < -ROUND_OFF * _spending(game, found))


def _with_caps(
    game: SharingGame,
    start: PotentialEquilibrium,
    held: npt.NDArray[np.intp],
    monitor: Monitor,
    index: Index,
) -> PotentialEquilibrium | None:
    """Return the equilibrium with caps at which the held agents have exactly nothing left."""

    def within(caps: Floats) -> PotentialEquilibrium:
        capacity = game.capacity.copy()
        capacity[held] = np.clip(caps, 0.0, capacity[held])
        return potential_equilibrium(replace(game, capacity=capacity), monitor, index)

    caps = start.contributions[held]
    for _ in range(ROUNDS):
        before = caps.copy()
        for k in range(len(held)):
            cap = _largest_cap(game, within, caps, k, int(held[k]))
            if cap is None:
                return None
            caps[k] = cap
        if np.all(np.abs(caps - before) <= SEARCH_MARGIN * caps):
            break
    solved = root(lambda trial: money_left(game, within(trial))[held], caps, tol=ROUND_OFF)
    found = within(solved.x)
    missing = np.abs(money_left(game, found)[held])
    if np.any(missing > DEFAULT.solve * _spending(game, found)[held]):
        return None
    return found


def _largest_cap(
    game: SharingGame,
    within: Callable[[Floats], PotentialEquilibrium],
    caps: Floats,
    place: int,
    agent: int,
) -> float | None:
    """Return the largest cap on one agent that leaves him money, the others' caps given."""

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
    game: SharingGame,
    found: PotentialEquilibrium,
    wished: Floats,
    held: npt.NDArray[np.intp],
    index: Index,
) -> bool:
    """Tell whether a held agent could pay for one of a range of larger contributions.

    Parameters
    ----------
    wished : (n,)
        Contributions without budgets, the measure of the steps.
    """
    potential = ShapleyPotential(game, index=index)
    for agent in held.tolist():
        s = found.contributions.copy()
        step = max(float(wished[agent]), float(s[agent])) / SEARCH_POINTS
        while s[agent] + step <= game.capacity[agent]:
            s[agent] += step
            point = potential.at(s)
            there = replace(found, contributions=s, point=point)
            if money_left(game, there)[agent] >= 0:
                return True
            if point.gradient[agent] <= game.costs.slope(s)[agent]:
                break
            step *= GROWTH
    return False
