"""Nash equilibria of sharing games: which method fits the game, and what is known of others.

- everybody sees the same data and curves are concave: one monotone equation (`total_equilibrium`);
- weights by group: one unknown per group (`group_equilibrium`);
- other games with own-concave utilities: projected semi-smooth Newton (`BoxNewton`);
- one clipped curve of all data: all equilibria (`clipped_equilibrium`);
- other clipped families, `linear`, kinked costs: sweeps of global best responses (`Sweeps`).

Nothing is reported as an equilibrium here: the checker decides.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from mdsolve.errors import MemoryLimitError, UnsupportedError
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.weights import CommonWeights, GroupWeights
from mdsolve.progress import Monitor
from mdsolve.solver.equilibrium.box_newton import BoxNewton
from mdsolve.solver.equilibrium.clipped import clipped_equilibrium, is_clipped
from mdsolve.solver.equilibrium.group import group_equilibrium
from mdsolve.solver.equilibrium.stakes import AccuracyStakes
from mdsolve.solver.equilibrium.total import total_equilibrium
from mdsolve.solver.equilibrium.uniqueness import proves_uniqueness
from mdsolve.solver.iterate import iterate
from mdsolve.solver.record import Equilibrium
from mdsolve.solver.sweeps import Sweeps

Floats = npt.NDArray[np.float64]

DENSE_LIMIT = 4000
"""Most agents with a full matrix of cross effects; the Newton matrix has its square of entries."""

SWEEP_LIMIT = 1000


def accuracy_equilibrium(  # noqa: PLR0911 - one return per method
    stakes: AccuracyStakes, monitor: Monitor
) -> Equilibrium:
    """Return an equilibrium of a game in which everybody earns their own accuracy.

    Raises
    ------
    UnsupportedError
        If some best contribution is unbounded.
    MemoryLimitError
        If the game is dense and too large.
    """
    game, accuracy = stakes.game, stakes.game.accuracy
    _refuse_unbounded(stakes)
    if is_clipped(game, stakes.borne):
        clipped = clipped_equilibrium(game, stakes.borne)
        if clipped is not None:
            return clipped
    if not accuracy.own_concave or accuracy.family == "linear":
        return _by_best_responses(stakes, monitor)
    if isinstance(accuracy, WeightedAccuracy) and accuracy.curve.concave:
        if isinstance(accuracy.weights, CommonWeights):
            return total_equilibrium(game, stakes.borne)
        if isinstance(accuracy.weights, GroupWeights):
            return group_equilibrium(game, stakes.borne, monitor)
    answered = None
    if stakes.borne.pieces or not accuracy.smooth:
        answered = _by_best_responses(stakes, monitor)
        if answered.rested or stakes.borne.pieces:
            return answered
    if game.size > DENSE_LIMIT:
        raise MemoryLimitError.single(
            "agents",
            f"{game.size:,}, each with their own weights",
            f"at most {DENSE_LIMIT:,} with a full matrix",
            "give weights by group (group_weights), which scale to a million agents",
        )
    found = iterate(BoxNewton(stakes, game.nothing()), monitor)
    if not found.rested:
        return answered or _by_best_responses(stakes, monitor, found.contributions)
    return replace(found, uniqueness="unique" if proves_uniqueness(game) else "unknown")


def _refuse_unbounded(stakes: AccuracyStakes) -> None:
    """Raise where somebody would contribute without end: data that always helps and costs nothing.

    Beyond its kinks an accuracy is flat, or rises for ever.
    """
    game, nothing = stakes.game, stakes.game.nothing()
    endless = stakes.borne.free_at_last & ~np.isfinite(game.capacity)
    for agent in np.flatnonzero(endless).tolist():
        beyond = 2 * game.accuracy.own_kinks(agent, nothing).max(initial=0.0, keepdims=True)
        if game.accuracy.slope_along(agent, nothing, beyond)[0] > 0:
            raise UnsupportedError.single(
                f"agent {game.agents[agent]}",
                "no capacity, and further samples cost nothing",
                "a bounded best contribution",
                "give the agent a capacity or a positive marginal cost",
            )


def _by_best_responses(
    stakes: AccuracyStakes, monitor: Monitor, start: Floats | None = None
) -> Equilibrium:
    begin = stakes.game.nothing() if start is None else start
    sweeps = Sweeps(
        stakes.own, begin, stakes.span, "global best responses", SWEEP_LIMIT, cycles=True
    )
    return iterate(sweeps, monitor)
