"""From a sharing instance to the game it describes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.accuracies import Population, accuracy_of, learning_of
from mdsolve.game.cost_laws import CostLaw, cost_law
from mdsolve.game.costs import Costs, costs_of
from mdsolve.game.sharing import Prior, SharingGame
from mdsolve.instance.priors import PriorSpec
from mdsolve.instance.sharing import SharingInstance
from mdsolve.instance.sharing_agents import AgentColumns, AgentSpec

Floats = npt.NDArray[np.float64]


def sharing_game(instance: SharingInstance) -> SharingGame:
    """Return the game of an instance; numbers become the nearest doubles.

    Raises
    ------
    UnsupportedError
        For accuracy families that cannot be combined as the instance does.
    UsageError
        For Python objects whose gradients are wrong.
    """
    agents = instance.agents
    table = _from_columns(agents) if isinstance(agents, AgentColumns) else _from_list(agents)
    names, costs, value, capacity, budget, group_names, prior = table
    groups = None
    order: list[str] = []
    if group_names is not None:
        labels, groups = np.unique(np.asarray(group_names, dtype=str), return_inverse=True)
        order = labels.tolist()
    platform = float(instance.platform_data)
    population = Population(capacity, groups, order, platform)
    learning = learning_of(instance.accuracy, population)
    accuracy = (
        accuracy_of(instance.accuracy, population)
        if learning is None
        else learning.accuracy(learning.optimum)
    )
    return SharingGame(
        names,
        accuracy,
        costs,
        value,
        capacity,
        budget,
        groups,
        platform,
        prior,
        () if isinstance(agents, AgentColumns) else _laws(agents),
        learning,
    )


def _laws(agents: Sequence[AgentSpec]) -> tuple[CostLaw, ...]:
    """Return the different distributions of private costs, first agents first."""
    found: list[CostLaw] = []
    for spec in dict.fromkeys(agent.prior for agent in agents if agent.prior is not None):
        law = cost_law(spec)
        if law not in found:
            found.append(law)
    return tuple(found)


def _from_columns(columns: AgentColumns) -> tuple[Any, ...]:
    n = columns.count

    def spread(entry: Any) -> Floats:
        column = entry if isinstance(entry, np.ndarray) else float(entry)
        return np.broadcast_to(np.asarray(column, dtype=np.float64), (n,)).copy()

    names = [f"agent-{k + 1}" for k in range(n)]
    group = columns.group
    labels = None if group is None else np.broadcast_to(np.asarray(group, dtype=str), (n,))
    return (
        names,
        Costs.linear(spread(columns.cost)),
        spread(1 if columns.value is None else columns.value),
        spread(np.inf if columns.capacity is None else columns.capacity),
        spread(np.inf if columns.budget is None else columns.budget),
        labels,
        None,
    )


def _from_list(specs: Sequence[AgentSpec]) -> tuple[Any, ...]:
    counts = [spec.count for spec in specs]

    def spread(entries: Sequence[Any]) -> Floats:
        return np.repeat(np.array([float(entry) for entry in entries]), counts)

    names: list[str] = []
    for spec in specs:
        names.extend(
            [spec.name]
            if spec.count == 1
            else [spec.name.replace("{}", str(k + 1)) for k in range(spec.count)]
        )
    labelled = any(spec.group is not None for spec in specs)
    labels = np.repeat(np.array([spec.group or "" for spec in specs]), counts) if labelled else None
    prior = None
    if any(spec.prior is not None for spec in specs):
        priors = [spec.prior for spec in specs]
        if any(entry is None for entry in priors):
            raise UnsupportedError.single(
                "agents", "some agents with a cost and some with a prior", "a prior for all or none"
            )
        two = [entry for entry in priors if isinstance(entry, PriorSpec)]
        if len(two) == len(priors):
            columns = ("low", "high", "probability_low")
            prior = Prior(*(spread([getattr(entry, key) for entry in two]) for key in columns))
    return (
        names,
        costs_of(specs),
        spread([spec.value for spec in specs]),
        spread([np.inf if spec.capacity is None else spec.capacity for spec in specs]),
        spread([np.inf if spec.budget is None else spec.budget for spec in specs]),
        labels,
        prior,
    )
