"""Shares of agents in the gain of one round of training, by the models that coalitions make.

The value v(X) of a coalition is the total payoff, in money, of the model that its local models
average to; of the old model for the empty one. Every agent trains a second local model on a little
more data; put in the place of their first, it gives the slope of their share in their contribution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from mdsolve.learn.evaluation import Evaluation
from mdsolve.learn.federation import Federation
from mdsolve.learn.protocols.joining import Booleans, Joining
from mdsolve.learn.protocols.slopes import Pairs
from mdsolve.learn.schedule import Doubles

MODELS_AT_ONCE = 256


@dataclass(frozen=True)
class RoundShares:
    """What coalitions say about a round.

    Parameters
    ----------
    shares : ndarray, shape (agents,)
        Money; Shapley values add up to what the round gained.
    slopes : ndarray, shape (agents,)
        Money per unit of own contribution.
    theta : Tensor, shape (parameters,)
        The common model after the round.
    evaluation : Evaluation
        Of that model, shape (1, agents).
    """

    shares: Doubles
    slopes: Doubles
    theta: Tensor
    evaluation: Evaluation


def round_shares(
    federation: Federation,
    theta: Tensor,
    pairs: Pairs,
    joining: Joining,
    before: float,
    averaged: Booleans,
) -> RoundShares:
    """Return shares and slopes of a round that started from `theta`.

    Parameters
    ----------
    before : float
        v of the empty coalition as it was measured after the round before. It and v of everybody
        are the very numbers in the history, so that shares of several rounds telescope to the last
        bits; measured again among other models they differ in the last digits of float32.
    averaged : ndarray of bool, shape (agents,)
        Whose local models the common model averages. Shares are those of everybody's model.
    """
    here = coalition_weights(federation, pairs.contributions, joining.members)
    none = np.zeros_like(here)
    values = _values(federation, theta, pairs, np.concatenate([here, none], axis=1))
    shifted = _values(federation, theta, pairs, _shifted_weights(federation, pairs, joining))
    width = pairs.shifted - pairs.contributions
    chosen = coalition_weights(federation, pairs.contributions, averaged[None])
    (after,) = federation.combine(theta, pairs.local[: federation.agents], chosen)
    evaluation = federation.evaluate(after[None])
    slopes = joining.shifts(values, shifted) / width
    values[0] = before
    if averaged.all():
        values[-1] = (federation.payoffs(evaluation) @ federation.values)[0]
    return RoundShares(joining.shares(values), slopes, after, evaluation)


def coalition_weights(federation: Federation, contributions: Doubles, members: Booleans) -> Doubles:
    """Return how much each agent counts in each coalition's model, shape (coalitions, agents).

    Rows sum to 1; to 0 where a coalition is empty, or contributions decide and it brings nothing.
    """
    counted = np.ones(len(contributions)) if federation.aggregation == "mean" else contributions
    raw = members * counted
    total = raw.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(raw, total, out=np.zeros_like(raw), where=total > 0))


def _shifted_weights(federation: Federation, pairs: Pairs, joining: Joining) -> Doubles:
    """Return weights (rows, 2 * agents) in which who joins does so with their second model."""
    n, rows = federation.agents, np.arange(len(joining.agent))
    weights = np.zeros((len(rows), 2 * n))
    for i in range(n):
        own = joining.agent == i
        moved = pairs.contributions.copy()
        moved[i] = pairs.shifted[i]
        members = joining.members[joining.after[own]]
        weights[own, :n] = coalition_weights(federation, moved, members)
    weights[rows, n + joining.agent] = weights[rows, joining.agent]
    weights[rows, joining.agent] = 0.0
    return weights


def _values(federation: Federation, theta: Tensor, pairs: Pairs, weights: Doubles) -> Doubles:
    """Return the total payoff, in money, of the models with these weights, shape (models,)."""
    found = []
    for start in range(0, len(weights), MODELS_AT_ONCE):
        part = weights[start : start + MODELS_AT_ONCE]
        models = federation.combine(theta, pairs.local, part)
        found.append(federation.payoffs(federation.evaluate(models)) @ federation.values)
    return np.concatenate(found)
