"""Known answers beside recomputed ones, as a table for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from mdsolve.report.legible import legible
from mdsolve.report.numbers import number
from mdsolve.study.check import CheckReport


def known_answers_view(report: CheckReport) -> RenderableType:
    """Return one row per known answer, with a mark for agreement."""
    source = f"  (source: {report.source})" if report.source else ""
    title = Text(legible(f"{report.file}{source}"))
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left")
    for head in ("", "mechanism", "answer", "known", "recomputed", "difference"):
        table.add_column(head, overflow="fold")
    for row in report.comparisons:
        mark = Text("✓", style="green") if row.agrees else Text("✗", style="red")
        gap = "" if row.difference is None else f"{row.difference:.2g}"
        cells = (row.mechanism, row.key, brief(row.expected), brief(row.found), gap)
        table.add_row(mark, *(Text(legible(cell)) for cell in cells))
    return table


def brief(value: Any, limit: int = 60) -> str:
    """Return any answer on one line, shortened."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, Mapping):
        text = ", ".join(f"{key}: {brief(entry)}" for key, entry in value.items())
    elif isinstance(value, list | tuple):
        text = "(" + ", ".join(brief(entry) for entry in value) + ")"
    else:
        text = number(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
