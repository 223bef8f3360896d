"""Games of [K22]'s figures: agents all alike, one value of data."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.costs import Costs
from mdsolve.game.curves import Curve, PacCurve
from mdsolve.game.sharing import SharingGame, no_limits
from mdsolve.game.weights import CommonWeights
from mdsolve.solver.shaping.value_shaping import shaped_equilibria

CEILING = 0.95
"""The optimal value a_opt of the figures."""

COMPLEXITIES = (1.0, 10.0, 100.0)


def value_of(complexity: float) -> PacCurve:
    """Return the value of data in section 2.2 at one complexity."""
    return PacCurve(CEILING, complexity)


def alike(curve: Curve, count: int, cost: float) -> SharingGame:
    """Return a game of agents with the same linear cost and value 1."""
    return SharingGame(
        [f"agent-{k + 1}" for k in range(count)],
        WeightedAccuracy(CommonWeights(np.ones(count)), curve),
        Costs.linear(np.full(count, cost)),
        np.ones(count),
        np.full(count, np.inf),
        no_limits(count),
    )


def most_data(curve: Curve, count: int, cost: float) -> float:
    """Return the largest equilibrium total under shaped models, in samples."""
    return shaped_equilibria(alike(curve, count, cost)).totals[-1]


def exponents(x: Sequence[float], y: Sequence[float]) -> list[float]:
    """Return the slopes of log y against log x between neighbouring points.

    Examples
    --------
    >>> [round(e, 12) for e in exponents([1, 2, 4], [1, 4, 16])]
    [2.0, 2.0]
    """
    return [
        math.log(after / before) / math.log(right / left)
        for left, right, before, after in zip(x, x[1:], y, y[1:], strict=False)
    ]
