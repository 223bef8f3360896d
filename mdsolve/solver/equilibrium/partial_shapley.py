"""Equilibria where Shapley shares are a part of what agents earn, the own accuracy the rest.

u_i = theta phi_i + (1 - theta) value_i a_i - c_i has no potential for theta < 1. It is concave in
the own contribution where accuracies are, so smooth payoffs go by the semi-smooth Newton method
(`BoxNewton`), from nothing and, where that does not rest, from the equilibrium at theta = 1.
Others go by best responses, and so do linear payoffs and costs that are piecewise linear.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mdsolve.progress import Monitor
from mdsolve.solver.equilibrium.box_newton import BoxNewton
from mdsolve.solver.equilibrium.potential import (
    has_smooth_potential,
    potential_equilibrium,
    refuse_endless,
)
from mdsolve.solver.equilibrium.shapley_responses import shapley_responses
from mdsolve.solver.equilibrium.stakes import ShapleyStakes
from mdsolve.solver.iterate import iterate
from mdsolve.solver.record import Equilibrium


def partial_shapley_equilibrium(stakes: ShapleyStakes, monitor: Monitor) -> Equilibrium:
    """Return an equilibrium for theta in (0, 1).

    Raises
    ------
    UnsupportedError
        If some best contribution is unbounded, or there are too many agents.
    """
    game = stakes.game
    smooth = has_smooth_potential(game) and game.accuracy.family != "linear"
    if not smooth or stakes.borne.pieces:
        return shapley_responses(stakes, monitor)
    refuse_endless(game, stakes.potential, monitor)
    found = iterate(BoxNewton(stakes, game.nothing()), monitor)
    if not found.rested:
        whole = potential_equilibrium(game, monitor, stakes.index, ratios=stakes.ratios)
        found = iterate(BoxNewton(stakes, np.asarray(whole.contributions)), monitor)
    shares = stakes.potential.at(found.contributions, monitor).shares
    return replace(found, shares=shares)
