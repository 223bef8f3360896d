"""Equilibria of joint learning: nobody gains by other contributions, the model suits all together.

The model that maximises the mean accuracy is the mean of the targets whatever data there are, so
the two blocks separate: the model in closed form, then one monotone equation for the total of all
data. Games without a model to learn have the second block only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.game.sharing import SharingGame
from mdsolve.progress import Monitor
from mdsolve.solver.best_response import best_responses
from mdsolve.solver.equilibrium.nash import accuracy_equilibrium
from mdsolve.solver.equilibrium.spending import within_own_means
from mdsolve.solver.equilibrium.stakes import AccuracyStakes
from mdsolve.solver.record import Equilibrium

Floats = npt.NDArray[np.float64]

ALONE_LIMIT = 2000
"""Most agents whose best contribution alone is computed one by one."""


def joint_equilibrium(game: SharingGame, price: float, monitor: Monitor) -> Equilibrium:
    """Return an equilibrium in which every sample earns a price, in money.

    Raises
    ------
    UnsupportedError
        If some best contribution is unbounded.
    """
    w = None if game.learning is None else game.learning.optimum
    stakes = AccuracyStakes(located(game, w), game.costs.transformed(1.0, -price))
    found = accuracy_equilibrium(stakes, monitor)
    if game.learning is None or w is None:
        return found
    # With nothing missing in the model, data for nothing are worth nothing: anything will do.
    idle = (game.learning.shortfalls(w) == 0) & (stakes.borne.slope(found.contributions) == 0)
    return replace(
        found,
        method=f"closed form for the model, {found.method}",
        uniqueness="continuum" if idle.any() else found.uniqueness,
        parameters=w,
    )


def located(game: SharingGame, w: Floats | None) -> SharingGame:
    """Return the game at a model; the game itself where no model is learned."""
    return game if w is None else game.at(w)


def is_singular(game: SharingGame, s: Floats) -> bool:
    """Tell whether there are no data at all for the model that is learned."""
    return game.learning is not None and float(s.sum()) + game.platform_data == 0


def has_accuracy(game: SharingGame, s: Floats, w: Floats | None) -> bool:
    """Tell whether the accuracy has a value: it has not with less than no data, or with none."""
    if game.learning is None or w is None:
        return bool(np.all(np.isfinite(s)) and np.all(s >= 0))
    y = float(s.sum()) + game.platform_data
    with np.errstate(over="ignore"):
        return y >= 0 and bool(np.all(np.isfinite(game.at(w).accuracies(s))))


def gradient(
    game: SharingGame, w: Floats | None, s: Floats, price: float
) -> Mapping[str, Floats | None]:
    """Return both gradient blocks at a model and contributions.

    ``contributions``: own marginal utilities, money per sample; ``projected``: the same without
    what leads out of [0, capacity]; ``parameters``: of the mean accuracy in w, None without a model
    and where there are no data unless the model is the best one (the limit is 0 there).
    """
    stakes = AccuracyStakes(located(game, w), game.costs.transformed(1.0, -price))
    slope = stakes.marginal(s)
    blocked = ((s <= 0) & (slope < 0)) | ((s >= game.capacity) & (slope > 0))
    model: Floats | None = None
    if game.learning is not None and w is not None:
        y = float(s.sum()) + game.platform_data
        if y != 0:
            model = game.learning.mean_gradient(w, y)
        elif np.array_equal(w, game.learning.optimum):
            model = np.zeros_like(w)
    return {
        "contributions": slope,
        "projected": np.where(blocked, 0.0, slope),
        "parameters": model,
    }


def utilities_alone(game: SharingGame) -> Floats | None:
    """Return what each agent has at best with their own data and model; None for too many."""
    if game.size > ALONE_LIMIT:
        return None
    own = within_own_means(game).by_themselves()
    stakes, nothing = AccuracyStakes(own, own.costs), own.nothing()
    s = best_responses(stakes, nothing)
    benefits = own.value * own.accuracy.unilateral_values(nothing, s)
    return np.asarray(benefits - own.costs.value(s))


def worse_off(game: SharingGame, utilities: Floats, slack: float) -> dict[str, Any]:
    """Return the names of agents whom taking part costs more than it gives.

    Parameters
    ----------
    utilities : (n,)
        Without budgets, in money.
    slack : float
        Loss that is put down to rounding.
    """
    alone = utilities_alone(game)

    def names(outside: Floats) -> list[str]:
        return [game.agents[int(k)] for k in np.flatnonzero(utilities < outside - slack)]

    return {
        "than_staying_out": names(np.zeros(game.size)),
        "than_alone": None if alone is None else names(alone),
    }
