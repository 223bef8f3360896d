"""The books of a training run: contributions, payments and utilities, round by round.

The checker does not train. It takes the accuracies and losses as reported and recomputes the rest
from the instance: nobody brings more than he has, utilities are value times payoff minus cost plus
payment, what agents pay and receive cancels in every round, and the outcome is the last round.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.claim import read_table
from mdsolve.certificate.tally import Tally
from mdsolve.conditions import Certificate, Condition
from mdsolve.errors import Finding, SolutionFileError
from mdsolve.instance.findings import shown
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


def books_from(
    instance: TrainingInstance,
    data: Mapping[str, Any],
    label: str,
    folder: Path | None = None,
) -> Books:
    """Return the books in a solution's data.

    Parameters
    ----------
    folder : Path or None
        Where array files named in the data lie.

    Raises
    ------
    SolutionFileError
        Parts are missing or have another shape; all of them are named.
    """
    agents = len(instance.agents.cost)
    history = _mapping(data, "history", label)
    rounds = history.get("rounds")
    if not isinstance(rounds, Sequence) or not rounds:
        expected = "the numbers of one round or more"
        raise SolutionFileError([Finding(f"{label}: history.rounds", shown(rounds), expected)])
    findings: list[Finding] = []

    def read(source: Mapping[str, Any], key: str, shape: tuple[int, ...], where: str) -> Floats:
        found = read_table(source.get(key), shape, folder, f"{where}.{key}", findings)
        return np.zeros(shape) if found is None else np.asarray(found, dtype=np.float64)

    table = (len(rounds), agents)
    columns = {key: read(history, key, table, f"{label}: history") for key in ROUND_COLUMNS}
    last = {key: read(data, key, (agents,), label) for key in LAST_ROUND}
    classes = _mapping(data, "data", label).get("classes", ())
    given = instance.agents.capacity
    capacities = (
        read(data, "capacities", (agents,), label)
        if given is None
        else np.array([float(most) for most in given])
    )
    if findings:
        raise SolutionFileError(findings)
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
