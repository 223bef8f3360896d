"""How agents estimate what a larger contribution is worth: one round of training per estimate.

`own` compares the round with one in which the agent alone trained a little more ([M25] appendix F).
`total` compares it with one in which everybody brought a little more, since [M23] Algorithms 1-2
take the accuracy for a function of the total: (a(sum s + Delta s) - a(sum s)) / Delta s.
`rounds` is [D25] (10): what his own training gained in this round, over the change of his
contribution since the round before. This is no difference quotient: its numerator does not vanish
with the change, so that the quotient explodes as contributions settle, and its sign is wrong for
an agent who brings less and still gains. Where an agent moved by less than the width, (10) is 0/0
or close to it, and `own` takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from mdsolve.learn.evaluation import Evaluation
from mdsolve.learn.federation import Federation
from mdsolve.learn.protocols.base import State
from mdsolve.learn.protocols.slopes import Pairs, payoff_slopes, train_pairs
from mdsolve.learn.schedule import Doubles

PREVIOUS = "previous"
"""Under this name a state remembers the contributions of the round before."""


@dataclass(frozen=True)
class Estimate:
    """What a round of training teaches about larger contributions.

    Parameters
    ----------
    slopes : ndarray, shape (agents,)
        Money per unit of contribution, costs not counted.
    theta : Tensor, shape (parameters,)
        The common model after the round.
    evaluation : Evaluation
        Of that model, shape (1, agents).
    """

    slopes: Doubles
    theta: Tensor
    evaluation: Evaluation


@dataclass(frozen=True)
class Estimator:
    """One way to estimate slopes of payoffs, with its width in units of contribution."""

    kind: str
    width: float

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Estimator:
        """Return what the settings of a protocol ask for."""
        return cls(settings["estimate"], settings["difference"])

    def __call__(self, federation: Federation, state: State, number: int) -> Estimate:
        """Train the round `number` from the state's model at its contributions, and estimate."""
        theta, here = state.theta, state.contributions
        if self.kind == "total":
            return _with_more_of_everybody(federation, theta, here, number, self.width)
        pairs = train_pairs(federation, theta, here, number, self.width)
        found = Estimate(*payoff_slopes(federation, theta, pairs))
        if self.kind == "own" or PREVIOUS not in state.memory:
            return found
        change = here - state.memory[PREVIOUS]
        moved = np.abs(change) >= self.width
        gains = _gains_of_own_training(federation, theta, pairs)
        slopes = np.where(moved, gains / np.where(moved, change, 1.0), found.slopes)
        return Estimate(slopes, found.theta, found.evaluation)


def _gains_of_own_training(federation: Federation, theta: Tensor, pairs: Pairs) -> Doubles:
    """Return what each agent's local model is worth to him above the common one, in money."""
    before = federation.payoffs(federation.evaluate(theta[None]))[0]
    after = federation.payoffs(federation.evaluate(pairs.local[: federation.agents]))
    return np.asarray(federation.values * (np.diagonal(after) - before))


def _with_more_of_everybody(
    federation: Federation, theta: Tensor, contributions: Doubles, number: int, width: float
) -> Estimate:
    """Return value_i times the quotient of a_i in the total, the same data added by each agent."""
    n = federation.agents
    shifted = contributions_together(contributions, federation.capacities, width)
    twice = np.tile(np.arange(n), 2)
    local = federation.train(theta, np.concatenate([contributions, shifted]), number, twice)
    weights = np.zeros((2, 2 * n))
    weights[0, :n], weights[1, n:] = federation.shares(contributions), federation.shares(shifted)
    models = federation.combine(theta, local, weights)
    found = federation.evaluate(models)
    payoffs = federation.payoffs(found)
    slopes = federation.values * (payoffs[1] - payoffs[0]) / (shifted - contributions).sum()
    evaluation = Evaluation(found.accuracies[:1], found.losses[:1])
    return Estimate(slopes, models[0], evaluation)


def contributions_together(contributions: Doubles, capacities: Doubles, width: float) -> Doubles:
    """Return contributions whose total is larger by the width, or smaller where there is no room.

    Each agent with room takes an equal part of the width, at most his room; where the total grows
    by less than half the width, everybody goes back instead.

    Examples
    --------
    >>> contributions_together(np.array([1.0, 4.0]), np.array([4.0, 4.0]), 1.0).tolist()
    [1.5, 4.0]
    >>> contributions_together(np.array([4.0, 4.0]), np.array([4.0, 4.0]), 1.0).tolist()
    [3.5, 3.5]
    """
    part = width / len(contributions)
    forward = np.minimum(contributions + part, capacities)
    if (forward - contributions).sum() >= width / 2:
        return forward
    return np.maximum(contributions - part, 0.0)
