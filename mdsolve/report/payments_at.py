"""Payments at given contributions as a table for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mdsolve.report.numbers import number

COLUMNS = {
    "contributions": "brings",
    "accuracies": "accuracy",
    "shapley": "share",
    "shapley_gradient": "share per sample",
    "banzhaf": "share",
    "banzhaf_gradient": "share per sample",
    "payments": "receives",
    "utilities": "utility",
}


def payments_at_view(found: Mapping[str, Any]) -> RenderableType:
    """Return one row per agent, and the method behind Shapley shares."""
    name = found["mechanism"]["name"]
    table = Table(box=box.SIMPLE_HEAD, title=f"Payments under {name}", title_justify="left")
    table.add_column("agent", no_wrap=True)
    present = [(key, head) for key, head in COLUMNS.items() if key in found]
    for _, head in present:
        table.add_column(head, justify="right")
    for k, agent in enumerate(found["agents"]):
        table.add_row(agent, *(number(found[key][k], 6) for key, _ in present))
    if "method" not in found:
        return table
    note = f"Shares by {found['method']}, error about {found['error_estimate']:.1g}."
    return Group(table, Text(note))
