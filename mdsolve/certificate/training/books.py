"""The books of a training run: contributions, payments and utilities, round by round.

The checker does not train. It takes accuracies and losses, shares of stages and what agents reach
alone as reported, and recomputes the rest from the instance: nobody brings more than he has,
utilities are value times payoff minus cost plus payment, payments follow the protocol's rule and
cancel in every round, and the outcome is the last round.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.market.claim import read_table
from mdsolve.certificate.tally import Tally
from mdsolve.certificate.training.payments import (
    Stages,
    balanced_by_rule,
    payments_by_rule,
    stage_ends,
)
from mdsolve.conditions import Certificate, Condition
from mdsolve.errors import Finding, SolutionFileError
from mdsolve.instance.findings import shown
from mdsolve.instance.training import TrainingInstance
from mdsolve.tolerance import DEFAULT

Floats = npt.NDArray[np.float64]

TRAINING_CONDITIONS = (
    "feasibility",
    "budget-balance",
    "individual-rationality",
    "individual-rationality-alone",
)
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
    stages : Stages or None
        Reported by `fedbr-shap` only.
    alone : ndarray, shape (agents,), or None
        Utility each agent reaches with his own data alone, where that was tried.
    """

    columns: Mapping[str, Floats]
    last: Mapping[str, Floats]
    capacities: Floats
    classes: int
    stages: Stages | None = None
    alone: Floats | None = None


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
        The run followed another protocol, or parts are missing or have another shape; all of them
        are named.
    """
    _require_protocol(instance, data, label)
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
    stages = None
    if instance.protocol.name == "fedbr-shap":
        told, where = _mapping(data, "stages", label), f"{label}: stages"
        ended = len(stage_ends(instance.protocol, len(rounds)))
        stages = Stages(
            read(told, "shares", (ended, agents), where),
            read(told, "worth_before", (agents,), where),
        )
    alone = None
    if data.get("standalone") is not None:
        tried = _mapping(data, "standalone", label)
        alone = read(tried, "utilities", (agents,), f"{label}: standalone")
    if findings:
        raise SolutionFileError(findings)
    return Books(columns, last, capacities, len(classes), stages, alone)


def claimed_conditions(instance: TrainingInstance) -> tuple[str, ...]:
    """Return what the instance's protocol promises."""
    if balanced_by_rule(instance.protocol):
        return ("feasibility", "budget-balance")
    return ("feasibility",)


def verify_training(
    instance: TrainingInstance,
    books: Books,
    *,
    tolerance: float | None = None,
    conditions: Sequence[str] = (),
) -> Certificate:
    """Check the books of a run against the instance.

    Parameters
    ----------
    conditions : sequence of str
        Names to count as claimed besides what the protocol promises. Rationality against training
        alone is looked at where that was tried or is asked for.
    """
    claimed = (*claimed_conditions(instance), *conditions)
    payoffs = _payoffs(instance, books)
    utilities = _utilities(instance, books, payoffs)
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
    ruled = payments_by_rule(instance, brought, payoffs, books.stages)
    feasible.add(np.abs(ruled - books.columns["payments"]), place)
    for key in LAST_ROUND:
        gap = np.abs(books.columns[key][-1] - books.last[key])
        feasible.add(gap, lambda index: {"outcome": names[index[0]]})
    balanced = Tally(allowed)
    balanced.add(np.abs(books.columns["payments"].sum(axis=1)), place)
    rational = Tally(allowed)
    rational.add(-utilities[-1:], lambda index: place((rounds - 1, index[1])))
    alone: tuple[Condition, ...] = ()
    name = "individual-rationality-alone"
    if books.alone is not None:
        better = Tally(allowed)
        better.add((books.alone - utilities[-1])[None], lambda index: place((rounds - 1, index[1])))
        losing = books.alone - utilities[-1] > allowed
        good = "everybody is at least as well off as with his own data alone"
        alone = (decided(name, better, good, _losers(names, losing, "have trained alone")),)
    elif name in claimed:
        reason = "nobody was trained alone; mdsolve train --alone does"
        alone = (Condition(name, True, "not-checked", detail=reason),)
    return Certificate(
        (
            decided(
                "feasibility",
                feasible,
                "contributions are within capacities, payments follow the rule, the books add up",
                "a contribution is outside its capacity, a payment does not follow the rule, or "
                "the books do not add up",
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
                _losers(names, utilities[-1] < -allowed, "have stayed out of the last round"),
            ),
            *alone,
        )
    )


def _losers(names: Sequence[str], losing: npt.NDArray[np.bool_], wish: str) -> str:
    """Return who would rather have done something else."""
    who = [name for name, loses in zip(names, losing, strict=True) if loses]
    return f"{', '.join(who)} would rather {wish}"


def _payoffs(instance: TrainingInstance, books: Books) -> Floats:
    """Return a_i of every round as reported, shape (rounds, agents)."""
    if instance.protocol.payoff == "accuracy":
        return books.columns["accuracies"]
    return np.asarray(math.log(max(books.classes, 1)) - books.columns["losses"])


def _utilities(instance: TrainingInstance, books: Books, payoffs: Floats) -> Floats:
    """Return value_i a_i - cost_i s_i + p_i of every round, shape (rounds, agents)."""
    columns, agents = books.columns, instance.agents
    values = np.array([float(v) for v in agents.value or [1] * len(agents.cost)])
    costs = np.array([float(cost) for cost in agents.cost])
    found: Floats = values * payoffs - costs * columns["contributions"] + columns["payments"]
    return found


def _require_protocol(instance: TrainingInstance, data: Mapping[str, Any], label: str) -> None:
    """Raise `SolutionFileError` for a run under a protocol that is not the instance's."""
    mechanism, asked = data.get("mechanism"), instance.protocol.name
    named = mechanism.get("name") if isinstance(mechanism, Mapping) else mechanism
    if named is not None and named != asked:
        expected, fix = f"{asked}, the protocol of the instance", "the file of that run"
        raise SolutionFileError([Finding(f"{label}: mechanism", shown(named), expected, fix)])


def _mapping(data: Mapping[str, Any], key: str, label: str) -> Mapping[str, Any]:
    found = data.get(key)
    if not isinstance(found, Mapping):
        got = "nothing" if found is None else type(found).__name__
        raise SolutionFileError([Finding(f"{label}: {key}", got, "what mdsolve train reports")])
    return found
