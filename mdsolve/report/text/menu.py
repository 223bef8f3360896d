"""Menus of contracts for the terminal: whom each is meant for, what it asks and gives."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from mdsolve.report.contracts import contract_rows, menu_standing, menu_words
from mdsolve.report.numbers import column
from mdsolve.report.text.console import Grid
from mdsolve.solution import Solution

ROWS_SHOWN = 30


def menu_view(solution: Solution) -> RenderableType:
    """Return the contracts as a table and in words, and how good the menu is."""
    rows = contract_rows(solution)
    shown = rows[:ROWS_SHOWN]
    heads = ["for costs", "chance", "brings", "model worth", "accuracy", "gain on alone"]
    cells = [
        [row.costs for row in shown],
        column(row.chance for row in shown),
        column(row.contribution for row in shown),
        column(row.value for row in shown),
        column(row.accuracy for row in shown),
        column(row.gain for row in shown),
    ]
    parts: list[RenderableType] = [Grid("The menu", heads, cells)]
    left = len(rows) - ROWS_SHOWN
    if left > 0:
        parts.append(Text(f"  ... and {left:,} more contracts (--json or -o for all).\n"))
    parts.append(Text(f"In words. {menu_words(solution)}\n"))
    parts.append(Text(f"{menu_standing(solution)}\n"))
    return Group(*parts)
