"""What a little more data would bring: difference quotients of payoffs in own contributions.

Every agent trains twice from the common model, at s_i and a little beside it; the second model
takes the place of the first in the average, and the difference of their payoffs, divided by the
difference of the contributions, is the slope. Both runs see the same examples in the same order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from mdsolve.learn.adam import Moments
from mdsolve.learn.evaluation import Evaluation
from mdsolve.learn.federation import Federation
from mdsolve.learn.schedule import Doubles


@dataclass(frozen=True)
class Pairs:
    """Local models at the contributions and beside them.

    Parameters
    ----------
    contributions, shifted : ndarray, shape (agents,)
    local : Tensor, shape (2 * agents, parameters)
        The models at `contributions`, then those at `shifted`.
    """

    contributions: Doubles
    shifted: Doubles
    local: Tensor


@dataclass(frozen=True)
class Beside:
    """How far beside its contribution an agent tries another one, and where there is no room.

    Parameters
    ----------
    width : float
        In units of contribution.
    beyond : bool
        Whether the other contribution may exceed the capacity ([M25] Algorithm 1 as printed);
        otherwise it is smaller there.
    """

    width: float
    beyond: bool = False


def shifted_contributions(contributions: Doubles, capacities: Doubles, beside: Beside) -> Doubles:
    """Return contributions one width further, or one width back where that exceeds a capacity.

    The width is cut to half the capacity, so that one of the two always fits; beyond capacities
    it is what it is.

    Examples
    --------
    >>> here, most = np.array([1.0, 4.0]), np.array([4.0, 4.0])
    >>> shifted_contributions(here, most, Beside(1.0)).tolist()
    [2.0, 3.0]
    >>> shifted_contributions(here, most, Beside(1.0, beyond=True)).tolist()
    [2.0, 5.0]
    """
    if beside.beyond:
        return contributions + beside.width
    own = np.minimum(beside.width, capacities / 2)
    return np.where(contributions + own <= capacities, contributions + own, contributions - own)


def train_pairs(
    federation: Federation, theta: Tensor, contributions: Doubles, number: int, beside: Beside
) -> Pairs:
    """Return every agent's two local models of a round that starts from `theta`."""
    shifted = shifted_contributions(contributions, federation.capacities, beside)
    twice = np.tile(np.arange(federation.agents), 2)
    both = np.concatenate([contributions, shifted])
    return Pairs(contributions, shifted, federation.train(theta, both, number, twice))


def average_weights(federation: Federation, pairs: Pairs) -> Doubles:
    """Return the averages of a round as weights on the pairs' models.

    Returns
    -------
    ndarray, shape (1 + agents, 2 * agents)
        Row 0 is the average at the contributions; row 1 + i has agent i at their shifted one.
    """
    n = federation.agents
    weights = np.zeros((1 + n, 2 * n))
    weights[0, :n] = federation.shares(pairs.contributions)
    for i in range(n):
        moved = pairs.contributions.copy()
        moved[i] = pairs.shifted[i]
        weights[1 + i, :n] = federation.shares(moved)
        weights[1 + i, n + i], weights[1 + i, i] = weights[1 + i, i], 0.0
    return weights


def payoff_slopes(
    federation: Federation, theta: Tensor, pairs: Pairs, moments: Moments | None = None
) -> tuple[Doubles, Tensor, Evaluation]:
    """Return the slope of each agent's payoff in their own contribution.

    Parameters
    ----------
    moments : Moments or None
        Those of Adam before the round.

    Returns
    -------
    slopes : ndarray, shape (agents,)
        Money per unit of contribution, costs not counted: value_i times the quotient.
    theta : Tensor, shape (parameters,)
        The common model after the round.
    evaluation : Evaluation
        Of that model, shape (1, agents).
    """
    models = federation.combine(theta, pairs.local, average_weights(federation, pairs), moments)
    found = federation.evaluate(models)
    payoffs = federation.payoffs(found)
    gains = np.diagonal(payoffs[1:]) - payoffs[0]
    slopes = federation.values * gains / (pairs.shifted - pairs.contributions)
    return slopes, models[0], Evaluation(found.accuracies[:1], found.losses[:1])


def projected(slopes: Doubles, contributions: Doubles, capacities: Doubles) -> Doubles:
    """Return slopes with those that point out of [0, capacity] set to zero ([D25], mu)."""
    outward = ((contributions <= 0) & (slopes < 0)) | ((contributions >= capacities) & (slopes > 0))
    return np.where(outward, 0.0, slopes)
