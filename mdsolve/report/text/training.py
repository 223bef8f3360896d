"""A training run as tables for the terminal: the outcome, and how it came about."""

from __future__ import annotations

import numpy as np
from rich.console import RenderableType

from mdsolve.report.numbers import column
from mdsolve.report.text.console import Grid
from mdsolve.report.text.solution import solution_view
from mdsolve.report.units import NO_UNITS, Units
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


def training_view(solution: Solution, units: Units = NO_UNITS) -> RenderableType:
    """Return the outcome, with a row per round shown."""
    history = solution.answers["history"]
    if not history["rounds"]:
        return solution_view(solution, units=units)
    unit = solution.answers["protocol"]["unit"]
    shown = shown_rounds(len(history["rounds"]))
    moved = [float(np.clip(history["payments"][k], 0, None).sum()) for k in shown]
    columns = {
        "round": [f"{history['rounds'][k]:,}" for k in shown],
        "what for": [str(history["phases"][k]) for k in shown],
        f"{unit} brought": column(history["contributions"][k].sum() for k in shown),
        "mean accuracy": column((history["accuracies"][k].mean() for k in shown), 4),
        "mean loss": column((history["losses"][k].mean() for k in shown), 4),
        units.heading("money moved", "money"): column(moved, 4),
    }
    rounds = Grid("Rounds", list(columns), list(columns.values()))
    return solution_view(solution, rounds, units=units)
