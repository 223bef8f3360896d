"""Mechanisms side by side: a table for the terminal and a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from mdsolve.errors import UsageError
from mdsolve.report.alarms import alarms_of
from mdsolve.report.legible import legible
from mdsolve.report.legible_solution import legible_solution
from mdsolve.report.numbers import column
from mdsolve.report.pictures.style import PALETTE, picture
from mdsolve.report.text.console import Grid
from mdsolve.report.verdict import MARKS
from mdsolve.solution import Solution
from mdsolve.study.compare import Comparison
from mdsolve.tolerance import ROUND_OFF

AGENTS_DRAWN = 40

MONEY = ("welfare", "revenue", "minimal_revenue", "mean_revenue")
"""Metrics in money: rounding if they are small beside what the agents earn."""


def comparison_view(found: Comparison) -> RenderableType:
    """Return what a board must know of each, then a row per metric and condition."""
    shown = {legible(name): legible_solution(x) for name, x in found.solutions.items()}
    alarms = [
        Text(f"✗ {name}: {alarm.words}", style="bold red")
        for name, solution in shown.items()
        for alarm in alarms_of(solution)
    ]
    # Names share beginnings: what is too wide is broken, not cut off.
    heads = ["", *(name.replace("-", "-\n") for name in shown)]
    rows = {"outcome": [solution.termination.label for solution in shown.values()]}
    small = ROUND_OFF * max((_money(solution) for solution in shown.values()), default=0.0)
    for key, row in found.metrics.items():
        values = [row[name] for name in found.solutions]
        rows[key.replace("_", " ")] = _cells(values, small if key in MONEY else 0.0)
    conditions = {
        key: [MARKS.get(row[name], "") for name in found.solutions]
        for key, row in found.conditions.items()
    }
    notes = [Text(f"{name} does not apply: {why}") for name, why in found.refused.items()]
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


def draw_comparison(found: Comparison, target: Path) -> None:
    """Draw contributions and utilities of every agent under every mechanism.

    Raises
    ------
    UsageError
        If no solution has contributions, or there are too many agents to draw.
    """
    drawn = {k: s for k, s in found.solutions.items() if "contributions" in s.answers}
    size = max((len(solution.agents) for solution in drawn.values()), default=0)
    if not drawn or size > AGENTS_DRAWN:
        got = f"{size:,} agents" if drawn else "no solution with contributions"
        raise UsageError.single("--plot", got, f"a sharing game of at most {AGENTS_DRAWN} agents")
    with picture(target, 9.0, 4.4) as figure:
        panels = figure.subplots(1, 2)
        place = np.arange(size)
        width = 0.8 / len(drawn)
        for axes, key, label in zip(
            panels, ("contributions", "utilities"), ("samples", "money"), strict=True
        ):
            for k, (name, solution) in enumerate(drawn.items()):
                offset = (k - (len(drawn) - 1) / 2) * width
                values = np.asarray(solution.answers[key], dtype=float)
                colour = PALETTE[k % len(PALETTE)]
                axes.bar(place + offset, values, width, color=colour, label=name)
            names = next(iter(drawn.values())).agents
            axes.set_xticks(place, names, rotation=90 if size > 8 else 0)
            axes.set_title(f"{key} ({label})")
        panels[0].legend()
