"""What each agent reaches with their own data alone: the yardstick of taking part.

Every agent trains models of their own for as many rounds as the federation, each at one constant
contribution, and keeps the one with the largest utility value_i a_i - cost_i s_i of its last round.
The contributions tried are equal steps from nothing to their capacity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mdsolve.learn.engine import reproducible
from mdsolve.learn.evaluation import Evaluation
from mdsolve.learn.federation import Federation
from mdsolve.learn.schedule import Doubles
from mdsolve.progress import Monitor

LEVELS = 5
"""How many contributions every agent tries, 0 and their capacity among them."""


@dataclass(frozen=True)
class Alone:
    """The best of the models that agents train alone, all of shape (agents,)."""

    contributions: Doubles
    accuracies: Doubles
    losses: Doubles
    utilities: Doubles

    def to_dict(self) -> dict[str, Any]:
        """Return the result under the names of the solution."""
        return vars(self)


def train_alone(federation: Federation, rounds: int, monitor: Monitor) -> Alone:
    """Train every agent alone at several contributions; a diverging model is no choice."""
    n = federation.agents
    agents = np.tile(np.arange(n), LEVELS)
    shares = np.repeat(np.linspace(0.0, 1.0, LEVELS), n)
    tried = shares * federation.capacities[agents]
    models = federation.start().repeat(len(agents), 1)
    with reproducible():
        for number in range(rounds):
            models = federation.train(models, tried, number, agents)
            monitor.advance("rounds alone", number + 1, rounds)
        found = federation.evaluate(models)
    own = np.arange(len(agents)), agents
    accuracies, losses = found.accuracies[own], found.losses[own]
    payoffs = federation.payoffs(Evaluation(accuracies, losses))
    utilities = federation.values[agents] * payoffs - federation.costs[agents] * tried
    utilities = np.where(np.isfinite(losses), utilities, -np.inf)  # diverged models
    best = utilities.reshape(LEVELS, n).argmax(axis=0) * n + np.arange(n)
    return Alone(tried[best], accuracies[best], losses[best], utilities[best])
