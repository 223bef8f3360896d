"""Menus of contracts for the terminal: whom each is meant for, what it asks and gives."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from mdsolve.report.contracts import contract_rows, menu_standing, menu_words
from mdsolve.report.numbers import column
from mdsolve.report.text.console import Grid
from mdsolve.report.units import NO_UNITS, Units
from mdsolve.solution import Solution

ROWS_SHOWN = 30

COLUMNS = {
    "for costs": "rate",
    "chance": "",
    "brings": "data",
    "model worth": "money",
    "accuracy": "accuracy",
    "gain on alone": "money",
}
"""Heading -> what the column is an amount of."""


def menu_view(solution: Solution, units: Units = NO_UNITS) -> RenderableType:
    """Return the contracts as a table and in words, and how good the menu is."""
    rows = contract_rows(solution)
    shown = rows[:ROWS_SHOWN]
    heads = [units.heading(words, quantity) for words, quantity in COLUMNS.items()]
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
