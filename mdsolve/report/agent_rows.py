"""What there is to say of each agent of a sharing game, and rows of agents alike to say it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.game.sharing import SharingGame
from mdsolve.report.text.sharing import run_name, run_starts
from mdsolve.solution import Solution

Floats = npt.NDArray[np.float64]

STORED = ("contributions", "payments", "utilities", "accuracies", "low", "high", "shapley")
"""Keys of a solution with one number per agent."""

ALONE = {"alone_contributions": "contributions", "alone": "utilities"}
"""Column of the table -> key under ``standalone``."""


@dataclass(frozen=True)
class Row:
    """One agent, or a run of neighbours with the same numbers."""

    name: str
    count: int
    first: int


@dataclass(frozen=True)
class AgentTable:
    """Numbers per agent under their names.

    Parameters
    ----------
    agents : sequence of str
    columns : mapping of (n,)
        Of ``contributions``, ``capacity``, ``alone_contributions``, ``low``, ``high`` (samples),
        ``accuracies``, ``payments`` (received), ``utilities``, ``outside``, ``alone``, ``shapley``
        (money) those that are known.
    """

    agents: Sequence[str]
    columns: Mapping[str, Floats]

    def __getitem__(self, key: str) -> Floats:
        """Return a column."""
        return self.columns[key]

    def __contains__(self, key: object) -> bool:
        """Tell whether a column is known."""
        return key in self.columns

    def rows(self) -> list[Row]:
        """Return runs of neighbouring agents with the same numbers in every column.

        Examples
        --------
        >>> both = {"payments": np.array([1.0, 1.0, 2.0])}
        >>> [(row.name, row.count) for row in AgentTable(["a-1", "a-2", "b"], both).rows()]
        [('a-1 .. 2', 2), ('b', 1)]
        """
        finite = [np.where(np.isfinite(x), x, -1.0) for x in self.columns.values()]
        found = []
        for start, after in run_starts(finite):
            name = self.agents[start]
            if after - start > 1:
                name = run_name(name, self.agents[after - 1])
            found.append(Row(name, after - start, start))
        return found


def agent_table(
    solution: Solution, game: SharingGame | None, without: Floats | None = None
) -> AgentTable:
    """Return what a solution, and the game where it is at hand, say of every agent.

    Parameters
    ----------
    without : (n,) or None
        Contributions of the equilibrium without payments, samples.
    """
    answers = solution.answers
    columns: dict[str, Floats] = {}
    for key in STORED:
        if answers.get(key) is not None:
            columns[key] = _column(answers[key])
    alone = answers.get("standalone")
    if isinstance(alone, Mapping):
        columns |= {name: _column(alone[key]) for name, key in ALONE.items() if key in alone}
    if without is not None:
        columns["without"] = without
    if game is not None:
        columns["capacity"] = game.capacity
        columns["outside"] = game.money
    return AgentTable(solution.agents, columns)


def _column(values: Any) -> Floats:
    return np.asarray(values, dtype=np.float64)
