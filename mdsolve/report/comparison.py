"""Mechanisms side by side: a table for the terminal and a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mdsolve.errors import UsageError
from mdsolve.report.numbers import number
from mdsolve.report.pictures.style import PALETTE, picture
from mdsolve.study.compare import Comparison
from mdsolve.tolerance import ROUND_OFF

MARKS = {"pass": "✓", "fail": "✗", "not-checked": "-"}
AGENTS_DRAWN = 40


def comparison_view(found: Comparison) -> RenderableType:
    """Return one row per metric or condition, one column per mechanism."""
    table = Table(
        box=box.SIMPLE_HEAD,
        title="Mechanisms side by side",
        title_justify="left",
        padding=(0, 1, 0, 0),
    )
    table.add_column("", no_wrap=True)
    for name in found.solutions:
        # Names share beginnings, and numbers lose digits: what is too wide is broken, not cut off.
        table.add_column(name.replace("-", "-\n"), justify="right", overflow="fold")
    outcomes = [Text(solution.termination.label) for solution in found.solutions.values()]
    table.add_row("outcome", *outcomes)
    for key, row in found.metrics.items():
        table.add_row(key.replace("_", " "), *(_cell(row[name]) for name in found.solutions))
    table.add_section()
    for key, row in found.conditions.items():
        table.add_row(key, *(_cell(row[name]) for name in found.solutions))
    notes = [Text(f"{name} does not apply: {why}") for name, why in found.refused.items()]
    return Group(table, *notes)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return MARKS.get(value, value)
    if value is None:
        return ""
    return number(0 if abs(float(value)) <= ROUND_OFF else value, 5)


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
