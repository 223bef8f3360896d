"""The duals (24)-(25) of [M23] at a budget-balanced equilibrium, for the mean of utilities (p = 1).

Theorem 4.1 builds them from the equilibrium and claims that they satisfy the optimality conditions
of the welfare program. For unequal costs they never do; the checker says which condition fails.
Costs enter by their slope at the contribution per unit of data, e_i = c_i'(s_i) / w_i; for linear
costs and plain sums these are the paper's c_i.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.sharing import SharingGame
from mdsolve.game.weights import CommonWeights
from mdsolve.tolerance import DEFAULT, ROUND_OFF

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PlannerDuals:
    """Duals, each of shape (n,).

    Parameters
    ----------
    mu, gamma : (n,)
        Of the budget equations and of b >= 0, in mean utility per unit of money.
    held : (n,)
        lambda_i of (16): what b_i >= 0 holds back in the game.
    """

    mu: Floats
    gamma: Floats
    held: Floats


def planner_duals(game: SharingGame, beta: float, s: Floats) -> PlannerDuals | None:
    """Return the duals at contributions s, None where they do not exist.

    They need two agents who all have budgets, one common total, positive marginal costs and
    positive weights.
    """
    accuracy, n = game.accuracy, game.size
    if not isinstance(accuracy, WeightedAccuracy) or not isinstance(
        accuracy.weights, CommonWeights
    ):
        return None
    data, slopes = accuracy.weights.vector, game.costs.slope(np.maximum(s, 0.0))
    if n < 2 or not game.limited.all() or slopes.min() <= 0 or data.min() <= 0:
        return None
    costs = game.costs.value(s)
    left = game.money - (1 - beta) * costs - beta * (costs.sum() - costs) / (n - 1)
    rate = slopes / data
    gain = game.value * accuracy.curve.slope(accuracy.index(s))
    required = np.full(n, 1 / n)
    total = float(required @ gain) * float((1 / rate).sum())
    shrink = 1 - beta * n / (n - 1)
    held = np.maximum(gain / ((1 - beta) * rate) - 1, 0.0) if beta < 1 else np.full(n, np.inf)
    broke = left <= DEFAULT.verify * game.money
    if abs(shrink) <= ROUND_OFF * n:
        # (24) is 0/0; the conditions themselves leave gamma free where no money is left.
        missing, count = max(total - 1.0, 0.0), int(broke.sum())
        gamma = np.where(broke, missing / count, 0.0) if count else np.zeros(n)
        return PlannerDuals(required + gamma, gamma, held)
    mu = total * (1 / (rate * float((1 / rate).sum())) - beta / (n - 1)) / shrink
    return PlannerDuals(mu, mu * np.where(broke, 1 - 1 / (1 + held), 0.0), held)
