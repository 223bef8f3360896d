"""A sweep as a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from mdsolve.report.legible import legible
from mdsolve.report.numbers import column, number
from mdsolve.report.sweep_numbers import shown_number
from mdsolve.report.text.console import Grid
from mdsolve.report.verdict import MARKS
from mdsolve.study.sweep_table import SweepTable

MOST_ROWS = 60
"""Rows of a table on a terminal; the file has them all."""

REASONS_SHOWN = 5

NUMBERS = ("total_data", "welfare", "least_utility", "alone_margin", "revenue", "minimal_revenue")


def sweep_view(table: SweepTable) -> RenderableType:
    """Return a row per point and mechanism, and what is not there with the reason."""
    if not table.rows:
        return Text("No point was finished before the sweep was stopped.")
    shown = SweepTable(**{**vars(table), "rows": table.rows[:MOST_ROWS]})
    columns = {"point and rule": [f"{row.point} {row.mechanism}" for row in shown.rows]}
    for path in table.paths:
        columns[legible(path)] = [_setting(x) for x in shown.column(path)]
    if any(row.scenario for row in table.rows):
        columns["scenario"] = [legible(row.scenario) for row in shown.rows]
    columns["outcome"] = [row.termination for row in shown.rows]
    columns["holds"] = [MARKS.get(row.verdict, "") for row in shown.rows]
    for key in NUMBERS:
        if key in table.columns and any(x is not None for x in table.column(key)):
            columns[key.replace("_", " ")] = column(shown_number(row, key) for row in shown.rows)
    title = f"{len(table.rows):,} of {table.asked:,} rows"
    grid = Grid(title, list(columns), list(columns.values()))
    return Group(grid, *_notes(table))


def _setting(value: Any) -> str:
    if value is None:
        return "null"
    return legible(value) if isinstance(value, str) else number(value, 6)


def _notes(table: SweepTable) -> Sequence[Text]:
    """Return sentences on rows that are not shown, not done, or without an answer."""
    notes = []
    if len(table.rows) > MOST_ROWS:
        left = len(table.rows) - MOST_ROWS
        notes.append(Text(f"and {left:,} more rows: write them all with -o TABLE.csv"))
    if not table.complete:
        left = table.asked - len(table.rows)
        notes.append(Text(f"Stopped early: {left:,} rows are not done; --resume goes on."))
    without = [row for row in table.rows if row.reason]
    for row in without[:REASONS_SHOWN]:
        words = f"point {row.point}, {row.mechanism}: {row.reason}"
        notes.append(Text(legible(words)))
    if len(without) > REASONS_SHOWN:
        notes.append(Text(f"and {len(without) - REASONS_SHOWN:,} more rows without an answer"))
    return notes
