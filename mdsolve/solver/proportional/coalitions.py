"""Coalitions of one agent's fellows, counted by level, and how likely a random order has them."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from numpy.polynomial.legendre import leggauss

from mdsolve.errors import UnsupportedError

Floats = npt.NDArray[np.float64]

COALITION_LIMIT = 4_000_000
"""Most distinct coalitions of others, times nodes of the integral, in a Shapley value."""


@lru_cache(maxsize=256)
def share_weights(counts: tuple[int, ...]) -> tuple[Floats, Floats, Floats]:
    """Return what makes Shapley values of an agent and of a leader out of coalitions' values.

    With d(X) = v(X and the agent) - v(X) for the coalitions X of others, phi_agent and phi_leader
    are sums over X of weights times d(X), the leader's plus a sum of weights times v(X).

    Parameters
    ----------
    counts : tuple of int
        Others at each level; the leaders' level is the first.

    Returns
    -------
    members : (C, levels)
        Others of each level in each coalition.
    weights : (C, 2)
        Of d(X), for the agent and for a leader.
    alone : (C,)
        Of v(X): the leader's value where the agent brings nothing.
    """
    without, with_agent = _chances(counts)
    members = np.indices(without.shape).reshape(len(counts), -1).T
    fewer_without, fewer_with = _chances((counts[0] - 1, *counts[1:]))
    leader, alone = np.zeros_like(without), np.zeros_like(without)
    # A coalition that the leader joins is one with one leader more.
    for target, chances in ((leader, fewer_with), (alone, fewer_without + fewer_with)):
        target[1:] += chances
        target[:-1] -= chances
    weights = np.stack([(without + with_agent).ravel(), leader.ravel()], axis=1)
    return members.astype(np.float64), weights, alone.ravel()


def _chances(counts: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Return the probability that just these come before an agent, shape (n_1 + 1, n_2 + 1, ...).

    Split by whether one more agent has come before too. By Owen's formula
    int_0^1 prod_t C(n_t, k_t) x^k_t (1 - x)^(n_t - k_t) dx, a polynomial that Gauss-Legendre
    integrates exactly.
    """
    order = sum(counts) // 2 + 2
    shape = tuple(count + 1 for count in counts)
    shapes = float(np.prod(np.array(shape, dtype=np.float64)))
    if shapes * order > COALITION_LIMIT:
        raise UnsupportedError.single(
            "mechanism proportional-shapley",
            f"{shapes:,.0f} different coalitions of agents at {len(counts)} levels",
            f"at most {COALITION_LIMIT // order:,}",
            "make more agents alike, or use proportional-data",
        )
    nodes, weights = leggauss(order)
    x, weights = (nodes + 1) / 2, weights / 2
    chances = np.ones((1, len(x)))
    for count in counts:
        k = np.arange(count + 1)
        ways = [
            math.lgamma(count + 1) - math.lgamma(part + 1) - math.lgamma(count - part + 1)
            for part in k
        ]
        bets = k[:, None] * np.log(x) + (count - k)[:, None] * np.log1p(-x)
        part = np.exp(np.array(ways)[:, None] + bets)
        chances = (chances[:, None, :] * part).reshape(-1, len(x))
    without, with_agent = chances @ (weights * (1 - x)), chances @ (weights * x)
    return without.reshape(shape), with_agent.reshape(shape)
