"""A training run as tables for the terminal: the outcome, and how it came about."""

from __future__ import annotations

import numpy as np
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table

from mdsolve.report.numbers import number
from mdsolve.report.text.solution import solution_view
from mdsolve.solution import Solution

ROUNDS_SHOWN = 10


def shown_rounds(total: int) -> list[int]:
    """Return the rounds to show: all of a few, else evenly spaced ones with the first and last.

    Examples
    --------
    >>> shown_rounds(3), shown_rounds(100)[-2:]
    ([0, 1, 2], [88, 99])
    """
    return [int(k) for k in np.unique(np.linspace(0, total - 1, min(total, ROUNDS_SHOWN)).round())]


def training_view(solution: Solution) -> RenderableType:
    """Return the outcome and a row per round shown."""
    history = solution.answers["history"]
    if not history["rounds"]:
        return solution_view(solution)
    unit = solution.answers["protocol"]["unit"]
    table = Table(box=box.SIMPLE_HEAD, title="Rounds", title_justify="left", padding=(0, 1, 0, 0))
    table.add_column("round", justify="right")
    table.add_column("what for")
    for head in (f"{unit} brought", "mean accuracy", "mean loss", "money moved"):
        table.add_column(head, justify="right")
    for k in shown_rounds(len(history["rounds"])):
        moved = float(np.clip(history["payments"][k], 0, None).sum())
        table.add_row(
            str(history["rounds"][k]),
            history["phases"][k],
            number(float(history["contributions"][k].sum()), 4),
            number(float(history["accuracies"][k].mean()), 4),
            number(float(history["losses"][k].mean()), 4),
            number(moved, 4),
        )
    return Group(table, solution_view(solution))
