"""The books of a training run: contributions, payments and utilities, round by round.

The checker does not train. It takes the accuracies and losses as reported and recomputes the rest
from the instance: nobody brings more than he has, utilities are value times payoff minus cost plus
payment, what agents pay and receive cancels in every round, and the outcome is the last round.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.tally import Tally
from mdsolve.conditions import Certificate, Condition
from mdsolve.errors import Finding, SolutionFileError
from mdsolve.instance.training import TrainingInstance
from mdsolve.tolerance import DEFAULT

Floats = npt.NDArray[np.float64]

TRAINING_CONDITIONS = ("feasibility", "budget-balance", "individual-rationality")
CLAIMED = ("feasibility", "budget-balance")
ROUND_COLUMNS = ("contributions", "accuracies", "losses", "payments", "utilities")
LAST_ROUND = ("contributions", "accuracies", "payments", "utilities")


@dataclass(frozen=True)
class Books:
    """The reported history of a run.

    Parameters
    ----------
    columns : mapping of ndarray, each (rounds, agents)
    last : mapping of ndarray, each (agents,)
        What the solution reports as its outcome.
    capacities : ndarray, shape (agents,)
    classes : int
        Number of classes of the examples.
    """

    columns: Mapping[str, Floats]
    last: Mapping[str, Floats]
    capacities: Floats
    classes: int


def books_from(instance: TrainingInstance, data: Mapping[str, Any], label: str) -> Books:
    """Return the books in a solution's data.

    Raises
    ------
    SolutionFileError
        A part is missing or has another shape.
    """
    agents = len(instance.agents.cost)
    history = _mapping(data, "history", label)
    columns = {key: _array(history, key, f"{label}: history", 2, agents) for key in ROUND_COLUMNS}
    rounds = len(columns["contributions"])
    for key, column in columns.items():
        if len(column) != rounds:
            where, got = f"{label}: history.{key}", f"{len(column)} rounds"
            raise SolutionFileError([Finding(where, got, f"{rounds}, as of contributions")])
    last = {key: _array(data, key, label, 1, agents) for key in LAST_ROUND}
    classes = _mapping(data, "data", label).get("classes", ())
    given = instance.agents.capacity
    capacities = (
        _array(data, "capacities", label, 1, agents)
        if given is None
        else np.array([float(most) for most in given])
    )
    return Books(columns, last, capacities, len(classes))


def verify_training(
    instance: TrainingInstance,
    books: Books,
    *,
    tolerance: float | None = None,
    claimed: Sequence[str] = CLAIMED,
) -> Certificate:
    """Check the books of a run against the instance."""
    utilities = _utilities(instance, books)
    scale = float(np.abs(utilities).max(initial=0.0))
    allowed = (DEFAULT.verify if tolerance is None else tolerance) * max(1.0, scale)
    names, rounds = instance.agent_names, len(utilities)

    def place(index: tuple[int, ...]) -> dict[str, Any]:
        number, *agent = index
        return {"round": number + 1} | ({"agent": names[agent[0]]} if agent else {})

    def decided(name: str, tally: Tally, good: str, bad: str) -> Condition:
        return tally.condition(
            name,
            name in claimed,
            scale=scale,
            arithmetic="float",
            scope=f"{rounds} rounds, {len(names)} agents; accuracies as reported",
            good=good,
            bad=bad,
        )

    brought = books.columns["contributions"]
    feasible = Tally(allowed)
    feasible.add(-brought, place)
    feasible.add(brought - books.capacities, place)
    feasible.add(np.abs(utilities - books.columns["utilities"]), place)
    for key in LAST_ROUND:
        gap = np.abs(books.columns[key][-1] - books.last[key])
        feasible.add(gap, lambda index: {"outcome": names[index[0]]})
    balanced = Tally(allowed)
    balanced.add(np.abs(books.columns["payments"].sum(axis=1)), place)
    rational = Tally(allowed)
    rational.add(-utilities[-1:], lambda index: place((rounds - 1, index[1])))
    return Certificate(
        (
            decided(
                "feasibility",
                feasible,
                "contributions are within capacities and the books add up",
                "a contribution is outside its capacity, or the books do not add up",
            ),
            decided(
                "budget-balance",
                balanced,
                "payments cancel in every round",
                "payments do not cancel",
            ),
            decided(
                "individual-rationality",
                rational,
                "nobody would rather have stayed out of the last round",
                "an agent would rather have stayed out of the last round",
            ),
        )
    )


def _utilities(instance: TrainingInstance, books: Books) -> Floats:
    """Return value_i a_i - cost_i s_i + p_i of every round, shape (rounds, agents)."""
    columns, agents = books.columns, instance.agents
    if instance.protocol.payoff == "accuracy":
        payoffs = columns["accuracies"]
    else:
        payoffs = math.log(max(books.classes, 1)) - columns["losses"]
    values = np.array([float(v) for v in agents.value or [1] * len(agents.cost)])
    costs = np.array([float(cost) for cost in agents.cost])
    found: Floats = values * payoffs - costs * columns["contributions"] + columns["payments"]
    return found


def _mapping(data: Mapping[str, Any], key: str, label: str) -> Mapping[str, Any]:
    found = data.get(key)
    if not isinstance(found, Mapping):
        got = "nothing" if found is None else type(found).__name__
        raise SolutionFileError([Finding(f"{label}: {key}", got, "what mdsolve train reports")])
    return found


def _array(data: Mapping[str, Any], key: str, label: str, axes: int, agents: int) -> Floats:
    where = f"{label}: {key}"
    try:
        array = np.array(data.get(key, ()), dtype=np.float64)
    except (TypeError, ValueError):
        raise SolutionFileError([Finding(where, "no numbers", "numbers")]) from None
    if array.ndim != axes or array.shape[-1] != agents or 0 in array.shape:
        expected = f"{agents} numbers" + (" per round" if axes == 2 else "")
        raise SolutionFileError([Finding(where, f"the shape {array.shape}", expected)])
    if not np.isfinite(array).all():
        raise SolutionFileError([Finding(where, "a number that is not finite", "numbers")])
    return array
