"""Bands of an outcome over drawn parameters, as a table for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from mdsolve.report.numbers import column
from mdsolve.report.text.console import Grid
from mdsolve.report.units import NO_UNITS, Units

AGENTS_SHOWN = 30
COLUMNS = {"contributions": "brings", "payments": "receives", "utilities": "utility"}


def bands_view(
    bands: Mapping[str, Any], agents: Sequence[str], units: Units = NO_UNITS
) -> RenderableType:
    """Return the median of each quantity with the range of 90 % of the draws."""
    words = f"{bands['solved']:,} of {bands['draws']:,} draws of the fitted parameters"
    parts: list[RenderableType] = []
    if bands["solved"]:
        shown = agents[:AGENTS_SHOWN]
        cells = [band_column(bands[key], AGENTS_SHOWN) for key in COLUMNS]
        heads = [units.heading(words, key) for key, words in COLUMNS.items()]
        title = f"Median [5 %, 95 %] over {words}"
        parts.append(Grid(title, ["agent", *heads], [shown, *cells]))
        if len(agents) > AGENTS_SHOWN:
            parts.append(Text(f"  ... and {len(agents) - AGENTS_SHOWN:,} more agents.\n"))
        (total,), (welfare,) = (band_column(bands[key], 1) for key in ("total_data", "welfare"))
        total, welfare = units.after(total, "total_data"), units.after(welfare, "welfare")
        parts.append(Text(f"total data: {total}; total welfare: {welfare}.\n"))
    else:
        parts.append(Text(f"An equilibrium in {words}.\n"))
    lost = lost_words(bands)
    if lost:
        parts.append(Text(f"{lost}\n"))
    return Group(*parts)


def band_column(quantiles: Any, most: int) -> list[str]:
    """Return medians with their ranges in brackets, all with the same decimals.

    Parameters
    ----------
    quantiles : (3, n) or (3,)
        The lower end, the median and the upper end of each.
    most : int
        Entries to return at most.

    Examples
    --------
    >>> band_column([[1.0, 2.0], [1.5, 2.0], [2.25, 2.0]], 5)
    ['1.50 [1.00, 2.25]', '2.00']
    """
    low, middle, high = np.asarray(quantiles, dtype=np.float64).reshape(3, -1)[:, :most]
    size = len(middle)
    shown = column([*low, *middle, *high], 4)
    parts = zip(shown[:size], shown[size : 2 * size], shown[2 * size :], strict=True)
    return [m if a == b else f"{m} [{a}, {b}]" for a, m, b in parts]


def lost_words(bands: Mapping[str, Any]) -> str:
    """Return what became of draws without an equilibrium; empty where there are none."""
    lost = {
        "without_equilibrium": "had no equilibrium",
        "failed": "could not be solved",
        "inadmissible": "had a baseline above the ceiling",
    }
    told = [f"{bands[key]:,} {verb}" for key, verb in lost.items() if bands[key]]
    first = f" (the first: {bands['reason']})" if "reason" in bands else ""
    return f"Of the others {', '.join(told)}{first}." if told else ""
