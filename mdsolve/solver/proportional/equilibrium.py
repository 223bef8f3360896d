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

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from mdsolve.progress import Monitor
from mdsolve.solver.bisection import last_true
from mdsolve.solver.proportional.answers import best_answers
from mdsolve.solver.proportional.branches import Branch, equilibrium_branches
from mdsolve.solver.proportional.ranked_game import RankedGame
from mdsolve.solver.proportional.resting import is_equilibrium

Floats = npt.NDArray[np.float64]

Select = Literal["most-data", "best-utility", "least-data"]


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
        Whether every contributor earns at least what training alone would give them; equilibria
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
            [float(levels @ counts) for levels in branch.ends(counts)] for branch in self.branches
        ]

    @property
    def continuum(self) -> bool:
        """Whether a branch has equilibria with different totals."""
        return any(low < high for low, high in self.intervals)

    @property
    def profiles(self) -> dict[float, Floats]:
        """Contributions (n,) at the ends of every branch, by their total, from the least on."""
        types = self.game.types
        ends = {
            float(levels @ types.counts): levels[types.members]
            for branch in self.branches
            for levels in branch.ends(types.counts)
        }
        return dict(sorted(ends.items()))

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
        best, _ = best_answers(game.deviations(np.zeros((1, 1)), 0))
        return ProportionalEquilibria(game, best, (Branch(best[None, :]),), True)
    for outside in (game.alone, None):
        branches = equilibrium_branches(game, outside, monitor)
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
    outside = game.alone if largest.participating else None

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


def _selected(game: RankedGame, branches: list[Branch], select: Select) -> Floats:
    """Return the profile that the option asks for."""
    rows = np.concatenate([branch.levels for branch in branches])
    totals = rows @ game.types.counts
    if select == "most-data":
        return np.asarray(rows[int(np.argmax(totals))])
    if select == "least-data":
        return np.asarray(rows[int(np.argmin(totals))])
    welfare = game.at(rows) @ game.types.counts
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
