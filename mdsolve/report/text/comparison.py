"""Mechanisms side by side as tables for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from mdsolve.report.alarms import alarms_of
from mdsolve.report.legible import legible
from mdsolve.report.legible_solution import legible_solution
from mdsolve.report.numbers import column
from mdsolve.report.text.console import Grid
from mdsolve.report.units import NO_UNITS, Units
from mdsolve.report.verdict import MARKS
from mdsolve.solution import Solution
from mdsolve.study.compare import Comparison
from mdsolve.tolerance import ROUND_OFF

MONEY = ("welfare", "revenue", "minimal_revenue", "mean_revenue")
"""Metrics in money: rounding if they are small beside what the agents earn."""


def comparison_view(found: Comparison, units: Units = NO_UNITS) -> RenderableType:
    """Return what a board must know of each, then a row per metric and condition."""
    shown = {legible(name): legible_solution(x) for name, x in found.solutions.items()}
    alarms = [
        Text(f"✗ {name}: {alarm.words}", style="bold red")
        for name, solution in shown.items()
        for alarm in alarms_of(solution, units=units)
    ]
    # Names share beginnings: what is too wide is broken, not cut off.
    heads = ["", *(name.replace("-", "-\n") for name in shown)]
    rows = {"outcome": [solution.termination.label for solution in shown.values()]}
    small = ROUND_OFF * max((_money(solution) for solution in shown.values()), default=0.0)
    for key, row in found.metrics.items():
        values = [row[name] for name in found.solutions]
        rows[units.heading(key.replace("_", " "), key)] = _cells(
            values, small if key in MONEY else 0.0
        )
    conditions = {
        key: [MARKS.get(row[name], "") for name in found.solutions]
        for key, row in found.conditions.items()
    }
    notes = [Text(f"{name} does not apply: {why}") for name, why in found.refused.items()]
    if found.missing:
        notes.append(Text(f"Stopped before {', '.join(found.missing)}; --resume goes on."))
    return Group(
        *alarms,
        _grid("Mechanisms side by side", heads, rows),
        _grid("What holds: ✓ yes, ✗ no, ? not checked", heads, conditions),
        *notes,
    )


def _grid(title: str, heads: Sequence[str], rows: Mapping[str, Sequence[str]]) -> Grid:
    return Grid(title, heads, [list(rows), *(list(x) for x in zip(*rows.values(), strict=True))])


def _money(solution: Solution) -> float:
    """Return the largest utility of a solution."""
    utilities = solution.answers.get("utilities")
    return 0.0 if utilities is None else max((abs(float(x)) for x in utilities), default=0.0)


def _cells(values: Sequence[Any], small: float) -> list[str]:
    """Return a metric of every mechanism: numbers with the same decimals, or words."""
    if any(isinstance(value, bool | str) for value in values):
        return ["" if x is None else {True: "yes", False: "no"}.get(x, str(x)) for x in values]
    return column(0 if x is not None and abs(float(x)) <= small else x for x in values)
