"""The frontier of existence as a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mdsolve.report.numbers import number
from mdsolve.solver.market.growth_frontier import Frontier


def frontier_view(points: Sequence[Frontier], asked: int) -> RenderableType:
    """Return one row per point and, for a single point, the reason in words."""
    if not points:
        return Text("Nothing was decided before the run was stopped.")
    first = points[0]
    types = "1..D" if first.grid == "one" else "0..D"
    table = Table(
        box=box.SIMPLE_HEAD,
        title=f"Largest D with a desirable mechanism, types {types}, outside {first.outside}",
        title_justify="left",
    )
    for head in ("agents", "exponent", "largest D", "exists for every D from", "decided in"):
        table.add_column(head, justify="right")
    for point in points:
        largest = point.frontier if isinstance(point.frontier, str) else f"{point.frontier:,}"
        largest = f">= {largest}" if point.reached_limit else largest
        table.add_row(
            str(point.agents),
            number(float(point.exponent)),
            largest,
            f"{point.threshold:.12f}",
            point.decided,
        )
    parts: list[RenderableType] = [table]
    if len(points) == 1:
        parts.append(Text(first.reason + "."))
    if len(points) < asked:
        parts.append(Text(f"Stopped early: {len(points)} of {asked} points are done."))
    return Group(*parts)
