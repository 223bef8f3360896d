"""Games for the tests of the welfare program."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mdsolve.game.accuracies.power import PowerCurve
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.costs import Costs
from mdsolve.game.curves import Curve
from mdsolve.game.sharing import SharingGame, no_limits
from mdsolve.game.weights import CommonWeights

MEANS = (1.0, 0.5, 0.2, 0.0, -1.0, -5.0, -np.inf)


def budget_game(
    costs: Sequence[float] | Costs,
    value: Sequence[float],
    budget: Sequence[float] | None,
    *,
    curve: Curve | None = None,
    capacity: Sequence[float] | None = None,
    platform: float = 0.0,
    weights: Sequence[float] | None = None,
) -> SharingGame:
    """Return a game with u_i = b_i + value_i f(total data)."""
    n = len(value)
    accuracy = WeightedAccuracy(
        CommonWeights(np.ones(n) if weights is None else np.array(weights, dtype=float)),
        curve or PowerCurve(),
        platform,
    )
    return SharingGame(
        [f"agent-{k + 1}" for k in range(n)],
        accuracy,
        costs if isinstance(costs, Costs) else Costs.linear(costs),
        np.array(value, dtype=float),
        np.full(n, np.inf) if capacity is None else np.array(capacity, dtype=float),
        no_limits(n) if budget is None else np.array(budget, dtype=float),
        platform_data=platform,
    )


def random_game(
    n: int, seed: int, *, quadratic: bool = False, limited: bool = False
) -> SharingGame:
    """Return n agents with different costs, values and budgets."""
    rng = np.random.default_rng(seed)
    rate, value, budget = rng.uniform(0.05, 0.5, n), rng.uniform(1, 20, n), rng.uniform(1, 10, n)
    zero = np.zeros(n)
    bent = rng.uniform(0, 0.1, n) if quadratic else zero
    capacity = rng.uniform(0.2, 3, n) if limited else None
    return budget_game(Costs(zero, rate, bent, zero, zero + 1), value, budget, capacity=capacity)
