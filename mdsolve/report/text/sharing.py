"""The outcome of a sharing game as tables for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from string import digits
from typing import Any

import numpy as np
import numpy.typing as npt
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mdsolve.report.numbers import number
from mdsolve.report.text.bands import bands_view
from mdsolve.report.text.equilibria import findings_words
from mdsolve.solution import Solution
from mdsolve.tolerance import DEFAULT, ROUND_OFF

Floats = npt.NDArray[np.float64]

ROWS_SHOWN = 30

METRICS = {
    "total_data": "total data",
    "data_share": "share of all data",
    "welfare": "total welfare",
    "mean_accuracy": "mean accuracy",
    "reciprocity": "reciprocity",
    "data_gain": "data, against no payments (factor)",
    "accuracy_gain": "value, against no payments (factor)",
}


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
        scale = max(1.0, float(np.max(np.abs(column))))
        changed |= np.abs(np.diff(column)) > DEFAULT.verify * scale
    starts = [0, *(np.flatnonzero(changed) + 1).tolist()]
    return list(pairwise([*starts, size]))


def sharing_view(solution: Solution) -> RenderableType:
    """Return a row per agent (or run of agents alike), and the metrics."""
    answers = solution.answers
    columns: list[tuple[str, Any]] = [
        ("brings", answers["contributions"]),
        *((f"if {kind}", answers[kind]) for kind in ("low", "high") if kind in answers),
        ("accuracy", answers["accuracies"]),
        # Private costs bring two columns more, and rules for them pay nothing.
        *([] if "low" in answers else [("receives", answers["payments"])]),
        *([("share", answers["shapley"])] if "shapley" in answers else []),
        ("utility", answers["utilities"]),
    ]
    if "standalone" in answers:
        columns.append(("alone", answers["standalone"]["utilities"]))
    columns = [(head, _without_rounding(values)) for head, values in columns]
    table = Table(box=box.SIMPLE_HEAD, title="Outcome", title_justify="left", padding=(0, 1, 0, 0))
    table.add_column("agent", no_wrap=True)
    for head, _ in columns:
        table.add_column(head, justify="right", no_wrap=True)
    starts = run_starts([values for _, values in columns])
    for start, after in starts[:ROWS_SHOWN]:
        name = solution.agents[start]
        if after - start > 1:
            name = run_name(name, solution.agents[after - 1])
        table.add_row(name, *(number(values[start], 4) for _, values in columns))
    parts: list[RenderableType] = [table]
    left = len(starts) - ROWS_SHOWN
    if left > 0:
        parts.append(Text(f"  ... and {left:,} more rows (--json or -o for all).\n"))
    metrics = answers["metrics"]
    size = len(solution.agents) * _scale(np.asarray(answers["utilities"], dtype=float))
    shown = [
        f"{words}: {number(0 if abs(metrics[key]) <= ROUND_OFF * size else metrics[key], 5)}"
        for key, words in METRICS.items()
        if metrics.get(key) is not None
    ]
    if answers.get("regret") is not None:
        shown.append(f"regret: {_regret(answers)}")
    parts.append(Text("; ".join(shown) + ".\n"))
    found = findings_words(answers)
    if found:
        parts.append(Text("\n".join(found) + "\n"))
    parts.extend(Text(f"Warning: {words}.\n") for words in answers.get("warnings", ()))
    if "dynamics" in answers:
        parts.append(Text(dynamics_words(answers["dynamics"]) + "\n"))
    if "bands" in answers:
        parts.append(bands_view(answers["bands"], solution.agents))
    return Group(*parts)


def _scale(values: Floats) -> float:
    """Return what rounding is measured by: the largest finite entry, at least 1."""
    return float(np.abs(values[np.isfinite(values)]).max(initial=1.0))


def _without_rounding(values: Any) -> Floats:
    """Return a column in which entries that are rounding beside the others are 0."""
    column = np.asarray(values, dtype=float)
    return np.where(np.abs(column) <= ROUND_OFF * _scale(column), 0.0, column)


def _regret(answers: Mapping[str, Any]) -> str:
    """Return what anybody gains by deviating; what is rounding beside the utilities is named so."""
    least = ROUND_OFF * _scale(np.asarray(answers["utilities"], dtype=float))
    regret = float(answers["regret"])
    return f"below {least:.0e}" if regret <= least else number(regret, 5)


def dynamics_words(found: Mapping[str, Any]) -> str:
    """Return what a simulation did, and what is proved about it, in sentences."""
    who = f"{found['agents_per_step']:,} agents a step"
    words = (
        f"Dynamics: {found['steps']:,} steps of size {number(found['step_size'], 5)}, {who}; "
        f"gradient norm {found['gradient_norm']:.3g}, at rest below {found['gradient_target']:.3g}."
    )
    if found["rate"] is None:
        return f"{words} No rate is proved: {found['unproved']}."
    drawn = found["agents_per_step"] < len(found["trajectory"]["contributions"][0])
    mean = " in the root mean square" if drawn else ""
    return (
        f"{words} Proved{mean}: the distance to the equilibrium shrinks by at least "
        f"{1 - found['rate']:.3g} of itself a step, "
        f"rest after at most {found['steps_bound']:,} steps."
    )
