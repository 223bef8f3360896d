"""Reproductions for reading: published beside recomputed, the notes, and the picture."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mdsolve.report.numbers import number
from mdsolve.report.reproductions.chen2020 import (
    draw_agents_figure,
    draw_boundary_figure,
    draw_lies_figure,
    draw_opponent_figure,
)
from mdsolve.report.reproductions.doshi2025 import draw_example_figure, draw_steps_figure
from mdsolve.report.reproductions.federated import draw_p_mean_figure, draw_protocol_figure
from mdsolve.report.reproductions.karimireddy2022 import (
    draw_alone_figure,
    draw_collected_figure,
    draw_language_model_figure,
)
from mdsolve.report.reproductions.karimireddy2022_private import draw_private_figure
from mdsolve.report.reproductions.karimireddy2022_proportional import draw_proportional_figure
from mdsolve.report.reproductions.murhekar2023 import (
    draw_digits_figure,
    draw_gap_figure,
    draw_rate_figure,
    draw_welfare_figure,
)
from mdsolve.report.reproductions.murhekar2025 import draw_shares_figure
from mdsolve.report.reproductions.murhekar2025_section5 import draw_section5_figure
from mdsolve.solution_files import write_atomically
from mdsolve.study.reproduce.record import Reproduction

FIGURES: dict[str, Callable[[Reproduction, Path], None]] = {
    "chen2020/example1": draw_lies_figure,
    "chen2020/figure1": draw_agents_figure,
    "chen2020/figure2": draw_opponent_figure,
    "chen2020/figure3": draw_boundary_figure,
    "karimireddy2022/figure2": draw_alone_figure,
    "karimireddy2022/figure4": draw_collected_figure,
    "karimireddy2022/figure5": draw_language_model_figure,
    "karimireddy2022/figure8": draw_private_figure,
    "karimireddy2022/proportional": draw_proportional_figure,
    "doshi2025/example1": draw_example_figure,
    "doshi2025/step-sizes": draw_steps_figure,
    "doshi2025/protocols": draw_protocol_figure,
    "murhekar2023/table2": draw_p_mean_figure,
    "murhekar2023/theorem-3-2": draw_rate_figure,
    "murhekar2023/equation-14": draw_digits_figure,
    "murhekar2023/theorem-4-1": draw_welfare_figure,
    "murhekar2023/theorem-a2": draw_gap_figure,
    "murhekar2025/section5": draw_section5_figure,
    "murhekar2025/table1": draw_shares_figure,
}


def reproduction_view(found: Reproduction) -> RenderableType:
    """Return the table of statements and the notes."""
    table = Table(box=box.SIMPLE_HEAD, title=f"{found.title}\n{found.source}", title_justify="left")
    for head in ("", "statement", "published", "recomputed"):
        table.add_column(head, overflow="fold")
    for row in found.rows:
        mark = {True: Text("✓", style="green"), False: Text("✗", style="red"), None: Text("")}
        what = Text(row.what)
        if row.note:
            what.append(f"\n{row.note}", style="dim")
        table.add_row(mark[row.agrees], what, _cell(row.published), _cell(row.recomputed))
    notes = [Text(f"- {note}") for note in found.notes]
    return Group(table, *notes)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value, 12)


def write_reproduction(found: Reproduction, folder: Path) -> list[Path]:
    """Write the numbers as JSON and the picture, where there is one, as PNG; return the files."""
    stem = found.name.replace("/", "-")
    numbers, image = folder / f"{stem}.json", folder / f"{stem}.png"
    text = json.dumps(found.to_dict(), indent=1, allow_nan=False) + "\n"
    write_atomically(numbers, lambda stream: stream.write(text.encode()))
    if found.name not in FIGURES:
        return [numbers]
    draw_reproduction(found, image)
    return [numbers, image]


def draw_reproduction(found: Reproduction, target: Path) -> None:
    """Draw the picture of a reproduction into a PNG file."""
    FIGURES[found.name](found, target)
