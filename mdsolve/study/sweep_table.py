"""The table of a sweep: rows, columns, and its files (CSV, Parquet, LaTeX, JSON)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from mdsolve.errors import EXIT_SOLVED, EXIT_STOPPED
from mdsolve.outputs import write_atomically
from mdsolve.status import Termination
from mdsolve.table import Library, Table, require_table

FORMAT = "mdsolve-sweep/1"

JSON = (".json",)
"""Endings of tables with everything that is known of them."""

OF_MARKETS = ("exists", "revenue", "minimal_revenue")
"""Numbers that only markets have."""

OF_AGENTS = {"contributions": "contribution", "payments": "payment", "utilities": "utility"}
"""Numbers of each agent -> how their columns end; payments are money received."""


@dataclass(frozen=True)
class Row:
    """One point under one mechanism.

    Parameters
    ----------
    point : int
        From 1 on.
    settings : tuple
        Of the varied paths, in their order: numbers and words.
    verdict : str
        Of the solution's own certificate; empty where there is none.
    numbers : mapping
        By column; what is not defined is left out.
    agents : mapping
        `agents` (names), and contributions, payments received, utilities.
    reason : str
        Why there is no answer, if so.
    """

    NUMBERS: ClassVar[tuple[str, ...]] = (
        *("total_data", "welfare", "least_utility", "alone_margin"),
        *OF_MARKETS,
    )

    point: int
    settings: tuple[float | str | None, ...]
    scenario: str
    mechanism: str
    termination: str
    verdict: str
    numbers: Mapping[str, Any]
    agents: Mapping[str, Any]
    reason: str = ""

    @property
    def unfinished(self) -> bool:
        """Whether this point has still no answer that ends it."""
        return Termination.from_label(self.termination) not in (
            Termination.SOLVED,
            Termination.INFEASIBLE,
        )

    def to_list(self) -> list[Any]:
        """Return the row as plain data."""
        named = (self.scenario, self.mechanism, self.termination, self.verdict)
        numbers, agents = dict(self.numbers), dict(self.agents)
        return [self.point, list(self.settings), *named, numbers, agents, self.reason]

    @classmethod
    def from_list(cls, data: Sequence[Any]) -> Row:
        """Return the row in plain data."""
        point, settings, *rest = data
        return cls(point, tuple(settings), *rest)

    def cells(self, paths: Sequence[str]) -> dict[str, Any]:
        """Return the entries by column."""
        found: dict[str, Any] = {"point": self.point}
        found |= dict(zip(paths, self.settings, strict=True))
        found |= {
            "scenario": self.scenario or None,
            "mechanism": self.mechanism,
            "termination": self.termination,
            "verdict": self.verdict or None,
            **self.numbers,
        }
        for key, ending in OF_AGENTS.items():
            names = self.agents.get("agents", ())
            values = self.agents.get(key, ())
            found |= {f"{name}.{ending}": x for name, x in zip(names, values, strict=False)}
        return found


def columns_of(
    paths: Sequence[str], kind: str, rows: Sequence[Row], *, per_agent: bool
) -> tuple[str, ...]:
    """Return the names of the columns, in order; agents in the order they first appear."""
    numbers = (
        Row.NUMBERS
        if kind == "market"
        else tuple(key for key in Row.NUMBERS if key not in OF_MARKETS)
    )
    columns = ["point", *paths, "scenario", "mechanism", "termination", "verdict", *numbers]
    if per_agent:
        names = dict.fromkeys(name for row in rows for name in row.agents.get("agents", ()))
        known = [key for key in OF_AGENTS if any(key in row.agents for row in rows)]
        columns += [f"{name}.{OF_AGENTS[key]}" for name in names for key in known]
    return tuple(columns)


@dataclass(frozen=True)
class SweepTable:
    """What a sweep found: one row per point and mechanism, in the order of the points.

    Parameters
    ----------
    paths, columns : tuple of str
    rows : tuple of Row
        Those that are done.
    asked : int
        How many rows there are when all are done.
    sampled : bool
        Whether points are drawn and no grid.
    stopped : Termination or None
        Why not all are done, if so.
    trouble : str
        Why finished rows could not be kept, if so.
    """

    paths: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    asked: int
    sampled: bool = False
    name: str | None = None
    stopped: Termination | None = None
    trouble: str = ""

    def __repr__(self) -> str:
        """Return one line: how many rows there are, and the columns."""
        rows = f"{len(self.rows):,} of {self.asked:,} rows"
        return f"<SweepTable of {self.name or 'an instance'}: {rows}; {', '.join(self.columns)}>"

    @property
    def complete(self) -> bool:
        """Whether every row is there."""
        return len(self.rows) == self.asked

    @property
    def exit_code(self) -> int:
        """0, or 4 where a point is unfinished."""
        unfinished = not self.complete or any(row.unfinished for row in self.rows)
        return EXIT_STOPPED if unfinished else EXIT_SOLVED

    def column(self, name: str) -> list[Any]:
        """Return a column, None where nothing is defined; raises `KeyError` for an unknown one."""
        if name not in self.columns:
            raise KeyError(name)
        return [row.cells(self.paths).get(name) for row in self.rows]

    def to_dict(self) -> dict[str, Any]:
        """Return the table as plain data: no times, nothing that differs between two runs."""
        rows = [row.cells(self.paths) for row in self.rows]
        return {
            "format": FORMAT,
            "instance": self.name,
            "columns": list(self.columns),
            "rows": [[_finite(cells.get(key)) for key in self.columns] for cells in rows],
            "reasons": {
                str(number): row.reason for number, row in enumerate(self.rows) if row.reason
            },
            "asked": self.asked,
        }

    @property
    def table(self) -> Table:
        """The columns with their entries, floats that are not finite included."""
        rows = [row.cells(self.paths) for row in self.rows]
        return Table({name: [cells.get(name) for cells in rows] for name in self.columns})

    def to_csv(self) -> str:
        """Return the table as CSV: floats by repr, what is missing empty."""
        return self.table.to_csv()

    def to_frame(self, library: Library | None = None) -> Any:
        """Return the table as a data frame of pandas or polars; raises `UsageError`."""
        return self.table.to_frame(library)

    def write(self, target: str | Path) -> None:
        """Write the table, in the format of the file's ending.

        Raises
        ------
        UsageError
            For other endings, and for Parquet without the extra `tables`.
        """
        path = Path(target)
        require_table(path, JSON)
        if path.suffix != ".json":
            self.table.write(path)
            return
        text = json.dumps(self.to_dict(), indent=1, allow_nan=False) + "\n"
        write_atomically(path, lambda stream: stream.write(text.encode()))


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
