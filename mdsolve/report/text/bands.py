"""Bands of an outcome over drawn parameters, as a table for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mdsolve.report.numbers import number

AGENTS_SHOWN = 30
COLUMNS = {"contributions": "brings", "payments": "receives", "utilities": "utility"}


def bands_view(bands: Mapping[str, Any], agents: Sequence[str]) -> RenderableType:
    """Return the median of each quantity with the range of 90 % of the draws."""
    words = f"{bands['solved']:,} of {bands['draws']:,} draws of the fitted parameters"
    parts: list[RenderableType] = []
    if bands["solved"]:
        table = Table(
            box=box.SIMPLE_HEAD,
            title=f"Median [5 %, 95 %] over {words}",
            title_justify="left",
            padding=(0, 1, 0, 0),
        )
        table.add_column("agent", no_wrap=True)
        for head in COLUMNS.values():
            table.add_column(head, justify="right", no_wrap=True)
        for i, agent in enumerate(agents[:AGENTS_SHOWN]):
            table.add_row(agent, *(_band(np.asarray(bands[key])[:, i]) for key in COLUMNS))
        parts.append(table)
        if len(agents) > AGENTS_SHOWN:
            parts.append(Text(f"  ... and {len(agents) - AGENTS_SHOWN:,} more agents.\n"))
        parts.append(
            Text(
                f"total data: {_band(bands['total_data'])}; "
                f"total welfare: {_band(bands['welfare'])}.\n"
            )
        )
    else:
        parts.append(Text(f"An equilibrium in {words}.\n"))
    lost = {
        "without_equilibrium": "had no equilibrium",
        "failed": "could not be solved",
        "inadmissible": "had a baseline above the ceiling",
    }
    told = [f"{bands[key]:,} {verb}" for key, verb in lost.items() if bands[key]]
    if told:
        first = f" (the first: {bands['reason']})" if "reason" in bands else ""
        parts.append(Text(f"Of the others {', '.join(told)}{first}.\n"))
    return Group(*parts)


def _band(values: Any) -> str:
    low, middle, high = (number(float(value), 3) for value in values)
    return middle if low == high else f"{middle} [{low}, {high}]"
