"""The terminal as we use it, and a table that never cuts a number off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

WIDEST_NAME = 32
"""Columns that a name takes at most; a longer one goes on below."""


def console_for(stream: Any = None) -> Console:
    """Return a console that wraps at the terminal's width and takes every text as it is.

    Names of agents may hold brackets; colours are set by styles, never by markup.
    """
    return _PlainConsole(file=stream, highlight=False, markup=False, soft_wrap=False)


class _PlainConsole(Console):
    def on_broken_pipe(self) -> None:
        """Leave a closed pipe to the command line, which ends without a complaint."""
        raise BrokenPipeError


def paragraph(lines: Sequence[str]) -> RenderableType:
    """Return lines that keep their indentation where they wrap, and an empty one."""
    indents = [len(line) - len(line.lstrip()) for line in lines]
    padded = [
        Padding(Text(line.lstrip()), (0, 0, 0, indent), expand=False)
        for line, indent in zip(lines, indents, strict=True)
    ]
    return Group(*padded, Text(""))


WIDEST_TABLE = 10_000
"""Columns in which every table fits when it is measured."""


class Grid:
    """A table with a name per row and columns of numbers.

    What does not fit beside each other goes on below, the names repeated: nothing is ever cut off.

    Parameters
    ----------
    title : str
    heads : sequence of str
        Of the name and of each column.
    columns : sequence of sequence of str
        The names, then the cells of each column.
    """

    def __init__(self, title: str, heads: Sequence[str], columns: Sequence[Sequence[str]]) -> None:
        self.title = title
        self.heads = heads
        self.columns = columns

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield one table after the other, each with as many columns as fit."""
        start = 1
        while start < len(self.heads):
            end = start + 1
            while end < len(self.heads) and self._fits(start, end + 1, console, options):
                end += 1
            yield self._table(self.title if start == 1 else "", start, end)
            start = end

    def _fits(self, start: int, end: int, console: Console, options: ConsoleOptions) -> bool:
        """Tell whether these columns have room beside each other."""
        wide = options.update_width(WIDEST_TABLE)
        needed = Measurement.get(console, wide, self._table("", start, end)).maximum
        return needed <= options.max_width

    def _table(self, title: str, start: int, end: int) -> Table:
        table = Table(
            box=box.SIMPLE_HEAD,
            title=Text(title) if title else None,
            title_justify="left",
            padding=(0, 1, 0, 0),
        )
        table.add_column(Text(self.heads[0]), overflow="fold", max_width=WIDEST_NAME)
        for head in self.heads[start:end]:
            table.add_column(Text(head), justify="right", no_wrap=True)
        for row in zip(self.columns[0], *self.columns[start:end], strict=True):
            table.add_row(*map(Text, row))
        return table
