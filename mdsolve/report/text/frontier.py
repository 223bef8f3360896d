"""The frontier of existence as a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from mdsolve.report.numbers import number
from mdsolve.report.text.console import Grid
from mdsolve.solver.market.growth_frontier import Frontier


def frontier_view(points: Sequence[Frontier], asked: int) -> RenderableType:
    """Return one row per point and, for a single point, the reason in words."""
    if not points:
        return Text("Nothing was decided before the run was stopped.")
    first = points[0]
    types = "1..D" if first.grid == "one" else "0..D"
    title = f"Largest D with a desirable mechanism, types {types}, outside {first.outside}"
    columns = {
        "agents": [str(point.agents) for point in points],
        "exponent": [number(float(point.exponent)) for point in points],
        "largest D": [_largest(point) for point in points],
        "exists for every D from": [f"{point.threshold:.12f}" for point in points],
        "decided in": [point.decided for point in points],
    }
    parts: list[RenderableType] = [Grid(title, list(columns), list(columns.values()))]
    if len(points) == 1:
        parts.append(Text(first.reason + "."))
    if len(points) < asked:
        parts.append(
            Text(f"Stopped early: {len(points)} of {asked} points are done; --resume goes on.")
        )
    return Group(*parts)


def _largest(point: Frontier) -> str:
    largest = point.frontier if isinstance(point.frontier, str) else f"{point.frontier:,}"
    return f">= {largest}" if point.reached_limit else largest
