"""Reproductions for reading: published beside recomputed, the notes, and the picture."""

from __future__ import annotations

import json
from pathlib import Path

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mdsolve.outputs import write_atomically
from mdsolve.report.numbers import number
from mdsolve.report.pictures.panels import draw_panels
from mdsolve.reproduce.record import ITEMS, Reproduction

MARKS = {True: Text("✓", style="green"), False: Text("✗", style="red"), None: Text("")}


def reproduction_view(found: Reproduction) -> RenderableType:
    """Return the table of statements and the notes."""
    table = Table(box=box.SIMPLE_HEAD, title=f"{found.title}\n{found.source}", title_justify="left")
    for head in ("", "statement", "published", "recomputed"):
        table.add_column(head, overflow="fold")
    for row in found.rows:
        what = Text(row.what)
        if row.note:
            what.append(f"\n{row.note}", style="dim")
        value = (
            {True: "yes", False: "no"}[row.recomputed]
            if isinstance(row.recomputed, bool)
            else row.recomputed
        )
        table.add_row(MARKS[row.agrees], what, row.published, number(value, 12))
    return Group(table, *(Text(f"- {note}") for note in found.notes))


def write_reproduction(found: Reproduction, folder: Path) -> list[Path]:
    """Write the numbers as JSON and the picture, where there is one, as PNG; return the files."""
    stem = found.name.replace("/", "-")
    numbers, image = folder / f"{stem}.json", folder / f"{stem}.png"
    text = json.dumps(found.to_dict(), indent=1, allow_nan=False) + "\n"
    write_atomically(numbers, lambda stream: stream.write(text.encode()))
    if not ITEMS[found.name].panels:
        return [numbers]
    draw_reproduction(found, image)
    return [numbers, image]


def draw_reproduction(found: Reproduction, target: Path) -> None:
    """Draw the picture of a reproduction into a PNG file."""
    draw_panels(ITEMS[found.name].panels, found.series, target)
