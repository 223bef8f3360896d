"""Which coalitions an agent joins, and with which weights: Shapley and Banzhaf, exact or sampled.

A share is a weighted sum of marginal gains: phi_i = sum_k weight_k (v(X_k + i) - v(X_k)) over
coalitions X_k without i. Exact Shapley values take all X with weight 1 / (n C(n-1, |X|)), exact
Banzhaf values all with 1/2^(n-1). Sampled Shapley values take the predecessors of i in random
orders of the agents; each order hands out v(N) - v(empty) completely, so that these shares add up
too. Sampled Banzhaf values take random subsets of the others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.learn.dataset import Integers
from mdsolve.learn.schedule import Doubles

Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Joining:
    """Agents joining coalitions.

    Parameters
    ----------
    agent : ndarray of int, shape (rows,)
        Who joins.
    before, after : ndarray of int, shape (rows,)
        Numbers of the coalitions without and with them.
    weight : ndarray, shape (rows,)
    members : ndarray of bool, shape (coalitions, agents)
        Who is in each coalition; all distinct, the first one is empty, the last one is everybody.
    """

    agent: Integers
    before: Integers
    after: Integers
    weight: Doubles
    members: Booleans

    def shares(self, values: Doubles) -> Doubles:
        """Return every agent's share of the values (coalitions,), shape (agents,)."""
        return self._summed(values[self.after] - values[self.before])

    def shifts(self, values: Doubles, shifted: Doubles) -> Doubles:
        """Return how shares change where joining gives `shifted` (rows,) instead of its value."""
        return self._summed(shifted - values[self.after])

    def _summed(self, gains: Doubles) -> Doubles:
        agents = self.members.shape[1]
        found = np.bincount(self.agent, self.weight * gains, minlength=agents)
        return np.asarray(found, dtype=np.float64)

    @classmethod
    def of(cls, agent: Integers, before: Booleans, weight: Doubles) -> Joining:
        """Return the rows in which `agent` joins the coalitions `before` (rows, agents).

        Rows that occur several times become one, with the sum of their weights.
        """
        agents = before.shape[1]
        after = before.copy()
        after[np.arange(len(agent)), agent] = True
        ends = np.array([[False] * agents, [True] * agents])
        listed = np.concatenate([ends, before, after])
        members, number = np.unique(listed, axis=0, return_inverse=True)
        number = number.ravel()[2:]
        pairs = np.stack([agent, number[: len(agent)], number[len(agent) :]])
        merged, row = np.unique(pairs, axis=1, return_inverse=True)
        who, without, within = merged
        summed = np.bincount(row.ravel(), weight).astype(np.float64)
        return cls(who, without, within, summed, members)


def exact_joining(agents: int, banzhaf: bool) -> Joining:
    """Return all coalitions.

    Examples
    --------
    >>> joining = exact_joining(2, banzhaf=False)
    >>> joining.members.astype(int).tolist()
    [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> joining.shares(np.array([0.0, 1.0, 2.0, 5.0])).tolist()
    [3.0, 2.0]
    """
    numbers = np.arange(2 ** (agents - 1))
    others = ((numbers[:, None] >> np.arange(agents - 1)) & 1).astype(bool)
    sizes = others.sum(axis=1)
    chance = np.array([1 / (agents * math.comb(agents - 1, k)) for k in range(agents)])
    weight = np.full(len(numbers), 0.5 ** (agents - 1)) if banzhaf else chance[sizes]
    before = [np.insert(others, i, False, axis=1) for i in range(agents)]
    who = np.repeat(np.arange(agents), len(numbers))
    return Joining.of(who, np.concatenate(before), np.tile(weight, agents))


def sampled_joining(agents: int, draws: int, random: np.random.Generator, banzhaf: bool) -> Joining:
    """Return random orders of the agents, or for Banzhaf values random subsets.

    Examples
    --------
    >>> joining = sampled_joining(3, 2, np.random.default_rng(0), banzhaf=False)
    >>> values = np.arange(len(joining.members), dtype=np.float64)
    >>> bool(np.isclose(joining.shares(values).sum(), values[-1] - values[0]))
    True
    """
    if banzhaf:
        drawn = random.random((draws, agents)) < 0.5
        before = np.repeat(drawn, agents, axis=0)
        who = np.tile(np.arange(agents), draws)
        before[np.arange(len(who)), who] = False
    else:
        orders = np.stack([random.permutation(agents) for _ in range(draws)])
        place = np.argsort(orders, axis=1)
        who = np.tile(np.arange(agents), draws)
        before = (place[:, None, :] < place[:, :, None]).reshape(-1, agents)
    return Joining.of(who, before, np.full(len(who), 1 / draws))
