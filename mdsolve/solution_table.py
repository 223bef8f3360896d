"""A solution's numbers of each agent: as a table with a row per agent, and one agent's alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from mdsolve.solution import Solution
from mdsolve.table import Table

COLUMNS = {
    "type": "profile",
    "contribution": "contributions",
    "low": "low",
    "high": "high",
    "model_quality": "model_quality",
    "model_chance": "model_chance",
    "accuracy": "accuracies",
    "value": "values",
    "outside_value": "outside_values",
    "payment": "payments",
    "utility": "utilities",
    "share": "shapley",
    "banzhaf": "banzhaf",
    "weighted_share": "weighted_shapley",
    "alone_contribution": "standalone.contributions",
    "alone_utility": "standalone.utilities",
    "lump_sum": "target.lump_sums",
    "rate": "target.rates",
    "cap": "target.caps",
    "binding": "binding",
}
"""Column of the table -> key of the solution, those of nested mappings with a dot."""


def agents_table(solution: Solution) -> Table:
    """Return a row per agent: contributions or types, payments, utilities, what they have alone.

    The sign of ``payment`` is the solution's own: received in sharing games, paid in markets;
    ``transfer`` is money received in both.
    """
    columns: dict[str, Sequence[Any]] = {"agent": list(solution.agents)}
    for name, key in COLUMNS.items():
        found = _column(_at(solution.answers, key), len(solution.agents))
        if found is not None:
            columns[name] = found
    if "payment" in columns:
        sign = -1 if "table" in solution.answers else 1
        columns["transfer"] = [None if x is None else sign * x + 0 for x in columns["payment"]]
    return Table(columns)


def solutions_table(solutions: Sequence[Solution]) -> Table:
    """Return the agents of several solutions below each other, with a column ``mechanism``."""
    if len(solutions) == 1:
        return agents_table(solutions[0])
    tables = []
    for solution in solutions:
        names = [solution.mechanism.name] * len(solution.agents)
        tables.append(Table({"mechanism": names, **agents_table(solution).columns}))
    return Table.stacked(tables)


def agent_row(solution: Solution, agent: str) -> dict[str, Any]:
    """Return the numbers of one agent by column; raises `KeyError` naming those there are."""
    if agent not in solution.agents:
        known = ", ".join(solution.agents[:10]) + (", ..." if len(solution.agents) > 10 else "")
        message = f"no agent {agent!r}; there are: {known}"
        raise KeyError(message)
    place = solution.agents.index(agent)
    return {name: column[place] for name, column in agents_table(solution).columns.items()}


def _at(answers: Mapping[str, Any], path: str) -> Any:
    found: Any = answers
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _column(values: Any, size: int) -> list[Any] | None:
    """Return one entry per agent in Python's own types; None where there are not so many."""
    if isinstance(values, np.ndarray):
        values = values.tolist()
    if not isinstance(values, list | tuple) or len(values) != size:
        return None
    if any(isinstance(x, list | tuple | Mapping) for x in values):
        return None
    return [_number(x) for x in values]


def _number(value: Any) -> Any:
    """Return text that stands for a fraction as one, words as they are."""
    if not isinstance(value, str):
        return value.item() if isinstance(value, np.generic) else value
    try:
        return Fraction(value)
    except (ValueError, ZeroDivisionError):
        return value
