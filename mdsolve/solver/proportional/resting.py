"""Which profiles are equilibria: nobody gains by moving, nor any contributor by training alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mdsolve.progress import Monitor
from mdsolve.solver.proportional.answers import best_answers
from mdsolve.solver.proportional.ranked_game import RankedGame
from mdsolve.tolerance import DEFAULT, ROUND_OFF

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def are_equilibria(
    game: RankedGame, levels: Floats, outside: Floats | None, monitor: Monitor
) -> Flags:
    """Tell at which profiles no agent gains by moving, nor any contributor by training alone.

    Parameters
    ----------
    levels : (B, T)
        Contributions by type; rows of nan are no equilibria.
    outside : (T,) or None
        Utilities of training alone; None: not asked for.

    Returns
    -------
    (B,)
    """
    rows = np.flatnonzero(~np.isnan(levels[:, 0]))
    kinds = range(game.types.size)
    for kind in kinds:
        rows = rows[_locally_best(game, levels[rows], kind)]
    utilities = game.at(levels[rows])
    if outside is not None:
        joins = np.all((utilities >= outside) | (levels[rows] <= 0), axis=1)
        rows, utilities = rows[joins], utilities[joins]
    scale = _stakes(game, levels[rows])
    for kind in kinds:
        monitor.check_time()
        payoff = game.deviations(levels[rows], kind)
        own, best = best_answers(payoff)
        stake = np.maximum(scale, payoff.stake(own[:, None])[:, 0])
        stays = best - utilities[:, kind] <= DEFAULT.solve * stake
        rows, utilities, scale = rows[stays], utilities[stays], scale[stays]
    holds = np.zeros(len(levels), dtype=np.bool_)
    holds[rows] = True
    return holds


def is_equilibrium(game: RankedGame, levels: Floats, outside: Floats | None) -> bool:
    """Tell whether one profile (T,) is an equilibrium."""
    return bool(are_equilibria(game, levels[None, :], outside, Monitor())[0])


def _stakes(game: RankedGame, levels: Floats) -> Floats:
    """Return the largest amount of money that some utility is a difference of, shape (B,)."""
    types = game.types
    full = np.abs(types.curve.value(types.total(levels)))
    each = [
        types.value[kind] * full + types.cost(kind, levels[:, kind]) for kind in range(types.size)
    ]
    return np.asarray(np.max(each, axis=0))


def _locally_best(game: RankedGame, levels: Floats, kind: int) -> Flags:
    """Tell whether slopes beside a leader's contribution point to it, shape (B,)."""
    types, own = game.types, levels[:, kind]
    lead = types.leading(levels, kind)
    below, above = game.leader_slopes(levels, kind)
    marginal = np.abs(types.costs.slope_along(kind, own))
    # A leader without equals rests where a slope is 0, no better known than the others' answers.
    small = np.where(own == lead, ROUND_OFF, DEFAULT.verify) * marginal
    rests = (own == 0) | (below >= -small)
    bounded = (own >= types.capacity[kind]) | (above <= small)
    return np.asarray((own < lead) | (rests & bounded))
