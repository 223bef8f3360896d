"""The rate beta at which a budget-balanced mechanism redistributes costs ([M23] (14))."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.sharing import SharingGame

Floats = npt.NDArray[np.float64]


def full_rate(game: SharingGame) -> float:
    """Return 1 - 1/n: every agent then bears the average cost of all."""
    return 1 - 1 / game.size


def optimal_rate(game: SharingGame) -> float:
    """Return beta* of the game's cost rates; see `rate_of_costs`.

    Raises
    ------
    UnsupportedError
        If costs are not linear and positive, or there is only one agent.
    """
    rates = game.costs.rate
    n = game.size
    if not game.costs.is_linear or rates.min() <= 0 or n < 2:
        raise UnsupportedError.single(
            "option beta",
            "optimal, for costs that are not all linear with positive rates"
            if n > 1
            else "optimal, for a single agent",
            "a number, or full for 1 - 1/n",
            "give the rate itself, for example beta: 0.5",
        )
    return rate_of_costs(rates)


def rate_of_costs(rates: Floats) -> float:
    """Return beta*, the smaller root of C b^2 - (A n (n-2) + C) b + A (n-1)^2 ([M23] (6), (14)).

    A = 1 / sum(1/c_i), C = sum c_i. With the spread e = C/A - n^2 = n sum (c_i - m)^2 / (c_i m),
    m the average rate, the root is

        beta* = 2 (n-1)^2 / (2 n (n-1) + e + sqrt(e (e + 4 (n-1)))),

    a sum of non-negative terms, so that no digit is lost; (14) itself loses half of them near
    equal costs, where beta* = 1 - 1/n. There e = 0.

    Parameters
    ----------
    rates : (n,)
        Linear cost rates, money per sample, all positive; n >= 2.

    Examples
    --------
    >>> round(rate_of_costs(np.array([1.0, 1.0, 10.0])), 15)
    0.166666666666667
    >>> rate_of_costs(np.array([0.3, 0.3, 0.3])) == 2 / 3
    True
    """
    n = len(rates)
    average = float(rates.mean())
    spread = n * float((((rates - average) / rates) * ((rates - average) / average)).sum())
    return (
        2 * (n - 1) ** 2 / (2 * n * (n - 1) + spread + math.sqrt(spread * (spread + 4 * (n - 1))))
    )


def money_left(game: SharingGame, beta: float, s: Floats) -> Floats:
    """Return b_i = B_i - (1-beta) c_i(s_i) - beta/(n-1) sum_{j != i} c_j(s_j), in money.

    Without a budget B_i = 0: what is left is then the negative of what agent i bears.
    """
    costs = game.costs.value(s)
    if game.size == 1:
        return np.asarray(game.money - costs)
    others = (costs.sum() - costs) / (game.size - 1)
    return np.asarray(game.money - (1 - beta) * costs - beta * others)
