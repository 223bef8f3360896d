"""A picture of several mechanisms side by side: what each agent brings and earns under each.

A mechanism without an equilibrium looks like none: what its method ended with is hatched, and where
it is proved that there is nothing to draw, crosses stand in place of bars.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mdsolve.errors import UsageError
from mdsolve.report.agent_rows import AgentTable, Floats, Row
from mdsolve.report.legible_solution import legible_solution
from mdsolve.report.pictures.style import (
    PALETTE,
    UNSOLVED,
    Target,
    few_ticks,
    handles_of,
    head,
    legend_below,
    picture,
    short_name,
)
from mdsolve.report.units import NO_UNITS, Units
from mdsolve.solution import Solution
from mdsolve.status import Termination
from mdsolve.study.compare import Comparison

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_ROWS = 40
"""Agents, or runs of agents alike, of one picture."""

LONGEST_NAME, LONGEST_TITLE = 26, 90
"""Characters that fit."""

PANELS = {"contributions": ("brings", "samples"), "utilities": ("utility", "money")}
"""Key of a solution -> words, and what it is in where no unit is named."""

BAR, GAP, FRAME = 0.13, 0.12, 1.7
"""Inches per bar, between the bars of two agents, and around the rows."""


@dataclass(frozen=True)
class Entry:
    """One mechanism of the picture.

    Parameters
    ----------
    columns : mapping
        Of ``contributions`` and ``utilities``, (n,); empty where there is nothing to draw.
    words : str
        Its name, and what it is if it is no equilibrium.
    """

    columns: dict[str, Floats]
    words: str
    solved: bool


def draw_comparison(found: Comparison, target: Target, units: Units = NO_UNITS) -> None:
    """Draw contributions and utilities of every agent under every mechanism.

    Raises
    ------
    UsageError
        If no solution has contributions, or there are too many agents to draw.
    """
    solutions = {name: legible_solution(x) for name, x in found.solutions.items()}
    entries = [_entry(name, solution) for name, solution in solutions.items()]
    agents = next(iter(solutions.values())).agents if solutions else ()
    every = {f"{k} {key}": e.columns[key] for k, e in enumerate(entries) for key in e.columns}
    rows = AgentTable(agents, every).rows() if every else []
    if not rows or len(rows) > MOST_ROWS:
        got = f"{len(rows):,} different agents" if rows else "no solution with contributions"
        raise UsageError.single("--plot", got, f"a sharing game of at most {MOST_ROWS} agents")
    height = FRAME + len(rows) * (BAR * len(entries) + GAP) + 0.2 * len(entries)
    with picture(target, 10.0, height) as figure:
        names = {solution.instance.name for solution in solutions.values()} - {None}
        head(figure, " ".join(map(str, sorted(names, key=str))) or "mechanisms", LONGEST_TITLE)
        panels = figure.subplots(1, len(PANELS), sharey=True)
        for axes, (key, (words, plain)) in zip(panels, PANELS.items(), strict=True):
            for place, entry in enumerate(entries):
                _draw(axes, rows, entry, key, place, len(entries))
            axes.axvline(0, color="#404040", linewidth=0.8)
            axes.set_title(f"{words} ({units.unit(key) or plain})", fontsize=10)
            few_ticks(axes)
        shown = [short_name(row.name, LONGEST_NAME) for row in rows]
        panels[0].set_yticks(range(len(rows)), shown, parse_math=False)
        panels[0].set_ylim(len(rows) - 0.5, -0.5)
        runs = any(row.count > 1 for row in rows)
        title = "A row stands for a run of agents alike; numbers are per agent." if runs else None
        legend_below(figure, handles_of(panels), title)


def _entry(name: str, solution: Solution) -> Entry:
    known = all(solution.answers.get(key) is not None for key in PANELS)
    columns = {key: np.asarray(solution.answers[key], dtype=np.float64) for key in PANELS if known}
    solved = solution.termination is Termination.SOLVED
    if solved:
        words = name
    elif solution.termination is Termination.INFEASIBLE:
        words = f"{name}: proved that there is none"
    else:
        words = f"{name}: no equilibrium found ({solution.termination.label})"
    return Entry(columns, words, solved)


def _draw(
    axes: Axes, rows: Sequence[Row], entry: Entry, key: str, place: int, entries: int
) -> None:
    """Draw the bars of one mechanism, or crosses where it has none."""
    width = 0.84 / entries
    places = np.arange(len(rows)) + (place - (entries - 1) / 2) * width
    colour = PALETTE[place % len(PALETTE)]
    if not entry.columns:
        marks: Any = {"color": colour, "marker": "x", "ls": "", "ms": 5, "clip_on": False}
        axes.plot(np.zeros(len(rows)), places, label=entry.words, **marks)
        return
    values = entry.columns[key][[row.first for row in rows]]
    look: dict[str, Any] = {} if entry.solved else dict(UNSOLVED)
    axes.barh(places, values, width, color=colour, label=entry.words, **look)
