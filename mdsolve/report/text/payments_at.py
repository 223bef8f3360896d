"""Payments at given contributions as a table for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mdsolve.report.numbers import number
from mdsolve.report.text.sharing import ROWS_SHOWN, run_name, run_starts

COLUMNS = {
    "contributions": "brings",
    "accuracies": "accuracy",
    "shapley": "share",
    "shapley_gradient": "per sample",
    "banzhaf": "share",
    "banzhaf_gradient": "per sample",
    "payments": "receives",
    "utilities": "utility",
}


def payments_at_view(found: Mapping[str, Any]) -> RenderableType:
    """Return one row per agent (or run of agents alike), and the method behind Shapley shares."""
    name = found["mechanism"]["name"]
    title = f"Payments under {name}"
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", padding=(0, 1, 0, 0))
    table.add_column("agent", no_wrap=True)
    present = [(key, head) for key, head in COLUMNS.items() if key in found]
    for _, head in present:
        table.add_column(head, justify="right", no_wrap=True)
    starts = run_starts([np.asarray(found[key], dtype=float) for key, _ in present])
    for start, after in starts[:ROWS_SHOWN]:
        name = run_name(found["agents"][start], found["agents"][after - 1])
        shown = name if after - start > 1 else found["agents"][start]
        table.add_row(shown, *(number(found[key][start], 5) for key, _ in present))
    parts: list[RenderableType] = [table]
    left = len(starts) - ROWS_SHOWN
    if left > 0:
        parts.append(Text(f"  ... and {left:,} more rows (--json for all)."))
    if "method" not in found:
        return Group(*parts)
    note = f"Shares by {found['method']}, error about {found['error_estimate']:.1g}."
    return Group(*parts, Text(note))
