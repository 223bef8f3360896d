"""The rate beta at which a budget-balanced mechanism redistributes costs ([M23] (14))."""

from __future__ import annotations

import math

from mdsolve.errors import UnsupportedError
from mdsolve.game.sharing import SharingGame


def full_rate(game: SharingGame) -> float:
    """Return 1 - 1/n: every agent then bears the average cost of all."""
    return 1 - 1 / game.size


def optimal_rate(game: SharingGame) -> float:
    """Return beta*, the largest rate with non-negative duals in [M23] Theorem 4.1.

    beta* = 2 A (n-1)^2 / (B + sqrt(B^2 - 4 A C (n-1)^2)) with A = 1 / sum(1/c_i), C = sum c_i and
    B = A n (n-2) + C, for linear cost rates c_i; 1 - 1/n where all are equal.

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
    harmonic = 1 / float((1 / rates).sum())
    total = float(rates.sum())
    middle = harmonic * n * (n - 2) + total
    inner = middle**2 - 4 * harmonic * total * (n - 1) ** 2
    return 2 * harmonic * (n - 1) ** 2 / (middle + math.sqrt(max(0.0, inner)))
