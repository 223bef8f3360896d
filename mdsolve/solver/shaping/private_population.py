"""Agents with private costs, collected into classes of agents alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.curves import Curve
from mdsolve.game.sharing import SharingGame, require_costs
from mdsolve.solver.shaping.private_contracts import PrivateAgent

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Population:
    """Classes of agents alike: one representative and the number of members of each.

    Parameters
    ----------
    classes : tuple of PrivateAgent, length K
    members : tuple of int, length K
    """

    classes: tuple[PrivateAgent, ...]
    members: tuple[int, ...]

    @property
    def chances(self) -> Floats:
        """Probability of low costs per class, shape (K,)."""
        return np.array([agent.probability_low for agent in self.classes])

    def others(self, amounts: Floats) -> Floats:
        """Return the total of everybody but one member of each class, shape (K,)."""
        return np.asarray(float(np.dot(self.members, amounts)) - amounts)


def pooled_accuracy(game: SharingGame) -> WeightedAccuracy:
    """Return accuracies of the plain total of all data, for agents whose costs only they know.

    Raises
    ------
    UnsupportedError
        If costs are known, models do not depend on the plain total of all data, or there are
        budgets, which a rule without payments has no use for.
    """
    require_costs(game, private=True)
    accuracy = game.accuracy
    if game.budgeted:
        raise UnsupportedError.single(
            "agents", "budgets", "agents without", "nobody pays under this rule; leave budget: out"
        )
    if not isinstance(accuracy, WeightedAccuracy) or not accuracy.of_all_data:
        raise UnsupportedError.single(
            "accuracy",
            "a model that weighs the agents' data differently",
            "accuracy as a function of the total of all data",
            "use pac, threshold-power, curve, or power without weights",
        )
    return accuracy


def population_of(game: SharingGame) -> tuple[Population, npt.NDArray[np.intp]]:
    """Return the classes of a game and each agent's class, shape (n,).

    Raises
    ------
    UnsupportedError
        If costs are known, models do not depend on the plain total of all data, or there are
        budgets, which a rule without payments has no use for.
    """
    accuracy, prior = pooled_accuracy(game), game.prior
    if prior is None:
        raise UnsupportedError.single(
            "agents: prior", "other than two costs", "one low and one high cost", "use menu"
        )
    numbers: dict[tuple[float | Curve, ...], int] = {}
    agents: list[PrivateAgent] = []
    index = np.empty(game.size, dtype=np.intp)
    columns = (game.value, prior.low, prior.high, prior.probability_low, game.capacity)
    for agent, row in enumerate(np.column_stack(columns).tolist()):
        curve = accuracy.curve.of(agent)
        index[agent] = numbers.setdefault((curve, *row), len(numbers))
        if index[agent] == len(agents):
            value, low, high, probability_low, capacity = row
            platform = accuracy.platform_data
            agents.append(
                PrivateAgent(curve, value, low, high, probability_low, capacity, platform)
            )
    return Population(tuple(agents), tuple(np.bincount(index).tolist())), index
