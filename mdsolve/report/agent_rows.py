"""What there is to say of each agent of a sharing game, and rows of agents alike to say it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from string import digits
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.game.sharing import SharingGame
from mdsolve.solution import Solution
from mdsolve.tolerance import DEFAULT, ROUND_OFF

Floats = npt.NDArray[np.float64]

STORED = ("contributions", "payments", "utilities", "accuracies", "low", "high", "shapley")
"""Keys of a solution with one number per agent."""

ALONE = {"alone_contributions": "contributions", "alone": "utilities"}
"""Column of the table -> key under ``standalone``."""

MONEY = ("payments", "utilities", "outside", "alone", "shapley")
SAMPLES = ("contributions", "capacity", "alone_contributions", "low", "high", "without")
"""Columns in one unit, whose entries are rounding if they are small beside the largest of all."""


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


def run_name(first: str, last: str) -> str:
    """Return a name for a run of agents.

    Examples
    --------
    >>> run_name("edge-1", "edge-20"), run_name("north", "south")
    ('edge-1 .. 20', 'north .. south')
    """
    stem = last.rstrip(digits)
    alike = first.rstrip(digits) == stem and last != stem
    return f"{first} .. {last.removeprefix(stem) if alike else last}"


def run_starts(columns: Sequence[Floats]) -> list[tuple[int, int]]:
    """Return [start, end) of runs of neighbouring agents with the same numbers.

    Examples
    --------
    >>> run_starts([np.array([1.0, 1.0, 2.0])])
    [(0, 2), (2, 3)]
    """
    size = len(columns[0])
    changed = np.zeros(size - 1, dtype=bool)
    for column in columns:
        scale = float(np.max(np.abs(column)))
        changed |= np.abs(np.diff(column)) > DEFAULT.verify * scale
    starts = [0, *(np.flatnonzero(changed) + 1).tolist()]
    return list(pairwise([*starts, size]))


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
    return AgentTable(solution.agents, without_rounding(columns))


def without_rounding(columns: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return columns in which entries that are rounding beside others in the same unit are 0.

    Examples
    --------
    >>> noisy = {"payments": np.array([1e-16, 0.5]), "utilities": np.array([3.0, -1e-15])}
    >>> {key: column.tolist() for key, column in without_rounding(noisy).items()}
    {'payments': [0.0, 0.5], 'utilities': [3.0, 0.0]}
    """
    money = ROUND_OFF * largest(*(columns[key] for key in MONEY if key in columns))
    samples = ROUND_OFF * largest(*(columns[key] for key in SAMPLES if key in columns))
    small = dict.fromkeys(MONEY, money) | dict.fromkeys(SAMPLES, samples)
    return {
        key: np.where(np.abs(column) <= small.get(key, ROUND_OFF * largest(column)), 0.0, column)
        for key, column in columns.items()
    }


def largest(*columns: Floats) -> float:
    """Return the largest finite size in these columns, 0 where there is none."""
    return max(
        (float(np.abs(x[np.isfinite(x)]).max(initial=0.0)) for x in columns),
        default=0.0,
    )


def _column(values: Any) -> Floats:
    return np.asarray(values, dtype=np.float64)
