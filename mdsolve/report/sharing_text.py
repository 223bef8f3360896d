"""The outcome of a sharing game as tables for the terminal."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mdsolve.report.numbers import number
from mdsolve.solution import Solution

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


def sharing_view(solution: Solution) -> RenderableType:
    """Return one row per agent, the metrics, and what is known of other equilibria."""
    answers = solution.answers
    columns: list[tuple[str, Any]] = [
        ("contributes", answers["contributions"]),
        ("accuracy", answers["accuracies"]),
        ("receives", answers["payments"]),
        *([("share", answers["shapley"])] if "shapley" in answers else []),
        ("utility", answers["utilities"]),
    ]
    if "standalone" in answers:
        columns.append(("alone", answers["standalone"]["utilities"]))
    table = Table(box=box.SIMPLE_HEAD, title="Outcome", title_justify="left")
    table.add_column("agent", no_wrap=True)
    for head, _ in columns:
        table.add_column(head, justify="right", no_wrap=True)
    for k, agent in enumerate(solution.agents[:ROWS_SHOWN]):
        table.add_row(agent, *(number(values[k], 5) for _, values in columns))
    parts: list[RenderableType] = [table]
    left = len(solution.agents) - ROWS_SHOWN
    if left > 0:
        parts.append(Text(f"  ... and {left:,} more agents (--json or -o for all).\n"))
    metrics = answers["metrics"]
    shown = [
        f"{words}: {number(metrics[key], 5)}"
        for key, words in METRICS.items()
        if metrics.get(key) is not None
    ]
    parts.append(Text("; ".join(shown) + ".\n"))
    return Group(*parts)
