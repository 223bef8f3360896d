"""Shapley values from all 2^n coalitions: any payoff, up to twenty agents."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from mdsolve.errors import MemoryLimitError
from mdsolve.game.sharing import SharingGame
from mdsolve.shapley.coalitions import additive_rows
from mdsolve.shapley.power_shares import Sums
from mdsolve.shapley.rules import PRECISION

Floats = npt.NDArray[np.float64]

ENUMERATION_LIMIT = 20
"""Most agents: 2^20 coalitions fit in memory and take about a second."""


def enumeration_shares(game: SharingGame, s: Floats, banzhaf: bool, slopes: bool) -> Sums:
    """Return shares by visiting every coalition; coalition X is the number sum_{j in X} 2^j.

    Raises
    ------
    MemoryLimitError
        For more than twenty agents.
    """
    n = game.size
    if n > ENUMERATION_LIMIT:
        raise MemoryLimitError.single(
            "route",
            f"enumeration of 2^{n} coalitions",
            f"at most {ENUMERATION_LIMIT} agents",
            "use the route that fits the payoff (auto), or sampling",
        )
    sizes = subset_sums(np.ones(n)).astype(np.intp)
    joining = _joining(n, banzhaf)
    entering = np.append(0.0, joining)[sizes]
    if game.accuracy.opaque:
        value, own = _each_coalition(game, s, entering if slopes else None)
    else:
        value, own = _all_coalitions(game, s, entering if slopes else None)
    before = joining[np.minimum(sizes, n - 1)]
    shares = np.zeros(n)
    for agent in range(n):
        gained = _with_agent(value, agent) - _without_agent(value, agent)
        shares[agent] = float((_without_agent(before, agent) * gained).sum())
    potential = float(entering[1:] @ (value[1:] - value[0]))
    error = PRECISION * n * float(np.max(np.abs(value))) / _largest(shares)
    return Sums(potential, shares, own, np.zeros(n), error)


def _all_coalitions(game: SharingGame, s: Floats, entering: Floats | None) -> tuple[Floats, Floats]:
    """Return the payoff of every coalition, all at once, and the agents' mean own slopes.

    Parameters
    ----------
    entering : (2^n,) or None
        Chance that an agent of a coalition completes it; None leaves zeros for the slopes.
    """
    n = game.size
    value, own = np.zeros(2**n), np.zeros(n)
    for row in additive_rows(game, s):
        totals = subset_sums(row.amounts)
        value += row.value(totals)
        if entering is not None:
            weighted = entering * row.slope(totals)
            own += row.rates * [_with_agent(weighted, agent).sum() for agent in range(n)]
    return value, own


def _each_coalition(game: SharingGame, s: Floats, entering: Floats | None) -> tuple[Floats, Floats]:
    """Return the same for payoffs that only the user's object can value, one by one."""
    n = game.size
    value, own = np.zeros(2**n), np.zeros(n)
    for number in range(2**n):
        members = (number >> np.arange(n)) & 1
        value[number] = game.total_benefit(s * members)
        if entering is not None and number:
            slopes = game.value @ game.accuracy.jacobian(s * members)
            own += entering[number] * slopes * members
    return value, own


def subset_sums(amounts: Floats) -> Floats:
    """Return the total of every subset, shape (2^n,).

    Examples
    --------
    >>> subset_sums(np.array([1.0, 10.0])).tolist()
    [0.0, 1.0, 10.0, 11.0]
    """
    totals = np.zeros(2 ** len(amounts))
    for j, amount in enumerate(amounts):
        totals[2**j : 2 ** (j + 1)] = totals[: 2**j] + amount
    return totals


def _joining(n: int, banzhaf: bool) -> Floats:
    """Return the chance that an agent joins a given coalition of k others, shape (n,)."""
    if banzhaf:
        return np.full(n, 0.5 ** (n - 1))
    return np.array([1 / (n * math.comb(n - 1, k)) for k in range(n)])


def _with_agent(values: Floats, agent: int) -> Floats:
    return values.reshape(-1, 2, 2**agent)[:, 1]


def _without_agent(values: Floats, agent: int) -> Floats:
    return values.reshape(-1, 2, 2**agent)[:, 0]


def _largest(shares: Floats) -> float:
    return max(float(np.max(np.abs(shares), initial=0.0)), float(np.finfo(float).tiny))
