"""How agents estimate what a larger contribution is worth: one round of training per estimate.

`own` compares the round with one in which the agent alone trained a little more ([M25] appendix F).
`total` compares it with one in which everybody brought a little more, since [M23] Algorithms 1-2
take the accuracy for a function of the total: (a(sum s + Delta s) - a(sum s)) / Delta s.
`rounds` is [D25] (10): what their own training gained in this round, over the change of their
contribution since the round before. This is no difference quotient: its numerator does not vanish
with the change, so that the quotient explodes as contributions settle, and its sign is wrong for
an agent who brings less and still gains. Where an agent moved by less than the width, (10) is 0/0
or close to it, and `own` takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from torch import Tensor

from mdsolve.learn.adam import Moments
from mdsolve.learn.evaluation import Evaluation
from mdsolve.learn.federation import Federation
from mdsolve.learn.protocols.base import State
from mdsolve.learn.protocols.slopes import Beside, payoff_slopes, train_pairs
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
    moments : Moments or None
        Of Adam, after the round.
    """

    slopes: Doubles
    theta: Tensor
    evaluation: Evaluation
    moments: Moments | None = None


@dataclass(frozen=True)
class Estimator:
    """One way to estimate slopes of payoffs, with how far beside agents look."""

    kind: str
    beside: Beside

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Estimator:
        """Return what the settings of a protocol ask for."""
        beyond = settings["at_capacity"] == "beyond"
        return cls(settings["estimate"], Beside(settings["difference"], beyond))

    def __call__(self, federation: Federation, state: State, number: int) -> Estimate:
        """Train the round `number` from the state's model at its contributions, and estimate."""
        theta, here, moments = state.theta, state.contributions, state.moments
        if self.kind == "total":
            return _with_more_of_everybody(federation, state, number, self.beside)
        pairs = train_pairs(federation, theta, here, number, self.beside)
        slopes, after, evaluation = payoff_slopes(federation, theta, pairs, moments)
        own = pairs.local[: federation.agents]
        found = Estimate(
            slopes,
            after,
            evaluation,
            federation.moments_after(theta, own, federation.shares(here), moments),
        )
        if self.kind == "own" or PREVIOUS not in state.memory:
            return found
        change = here - state.memory[PREVIOUS]
        moved = np.abs(change) >= self.beside.width
        gains = _gains_of_own_training(federation, theta, own, moments)
        quotients = gains / np.where(moved, change, 1.0)
        return replace(found, slopes=np.where(moved, quotients, found.slopes))


def _gains_of_own_training(
    federation: Federation, theta: Tensor, own: Tensor, moments: Moments | None
) -> Doubles:
    """Return what each agent's local model is worth to them above the common one, in money."""
    if moments is not None:
        own = federation.combine(theta, own, np.eye(federation.agents), moments)
    before = federation.payoffs(federation.evaluate(theta[None]))[0]
    after = federation.payoffs(federation.evaluate(own))
    return np.asarray(federation.values * (np.diagonal(after) - before))


def _with_more_of_everybody(
    federation: Federation, state: State, number: int, beside: Beside
) -> Estimate:
    """Return value_i times the quotient of a_i in the total, the same data added by each agent."""
    n, theta, contributions = federation.agents, state.theta, state.contributions
    shifted = contributions_together(contributions, federation.capacities, beside)
    twice = np.tile(np.arange(n), 2)
    local = federation.train(theta, np.concatenate([contributions, shifted]), number, twice)
    weights = np.zeros((2, 2 * n))
    weights[0, :n], weights[1, n:] = federation.shares(contributions), federation.shares(shifted)
    models = federation.combine(theta, local, weights, state.moments)
    found = federation.evaluate(models)
    payoffs = federation.payoffs(found)
    slopes = federation.values * (payoffs[1] - payoffs[0]) / (shifted - contributions).sum()
    evaluation = Evaluation(found.accuracies[:1], found.losses[:1])
    after = federation.moments_after(theta, local, weights[0], state.moments)
    return Estimate(slopes, models[0], evaluation, after)


def contributions_together(contributions: Doubles, capacities: Doubles, beside: Beside) -> Doubles:
    """Return contributions whose total is larger by the width, or smaller where there is no room.

    Each agent with room takes an equal part of the width, at most their room; where the total grows
    by less than half the width, everybody goes back instead.

    Examples
    --------
    >>> contributions_together(np.array([1.0, 4.0]), np.array([4.0, 4.0]), Beside(1.0)).tolist()
    [1.5, 4.0]
    >>> contributions_together(np.array([4.0, 4.0]), np.array([4.0, 4.0]), Beside(1.0)).tolist()
    [3.5, 3.5]
    """
    part = beside.width / len(contributions)
    if beside.beyond:
        return contributions + part
    forward = np.minimum(contributions + part, capacities)
    if (forward - contributions).sum() >= beside.width / 2:
        return forward
    return np.maximum(contributions - part, 0.0)
