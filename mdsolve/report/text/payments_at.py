"""Payments at given contributions as a table for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from mdsolve.report.agent_rows import AgentTable, without_rounding
from mdsolve.report.legible import legible
from mdsolve.report.numbers import column
from mdsolve.report.text.console import Grid
from mdsolve.report.text.sharing import ROWS_SHOWN
from mdsolve.report.units import NO_UNITS, Units

COLUMNS = {
    "contributions": "brings",
    "accuracies": "accuracy",
    "shapley": "share",
    "shapley_gradient": "per sample",
    "banzhaf": "share",
    "banzhaf_gradient": "per sample",
    "weighted_shapley": "share",
    "weighted_shapley_gradient": "per sample",
    "payments": "receives",
    "utilities": "utility",
}


def payments_at_view(found: Mapping[str, Any], units: Units = NO_UNITS) -> RenderableType:
    """Return one row per agent (or run of agents alike), and the method behind Shapley shares."""
    name = found["mechanism"]["name"]
    present = {key: np.asarray(found[key], dtype=float) for key in COLUMNS if key in found}
    rows = AgentTable([legible(agent) for agent in found["agents"]], present).rows()
    shown = rows[:ROWS_SHOWN]
    heads = ["agent", *(units.heading(COLUMNS[key], key) for key in present)]
    cells = [
        [row.name for row in shown],
        *(column(x[row.first] for row in shown) for x in without_rounding(present).values()),
    ]
    parts: list[RenderableType] = [Grid(f"Payments under {name}", heads, cells)]
    left = len(rows) - ROWS_SHOWN
    if left > 0:
        parts.append(Text(f"  ... and {left:,} more rows (--json for all)."))
    if "method" not in found:
        return Group(*parts)
    note = f"Shares by {found['method']}, error about {found['error_estimate']:.1g}."
    return Group(*parts, Text(note))
