"""A picture of the frontier: the largest disparity against the market's growth exponent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mdsolve.report.pictures.style import PALETTE, handles_of, legend_below, picture
from mdsolve.solver.market.growth_frontier import Frontier

WIDTH, HEIGHT, ENTRY = 8.0, 4.4, 0.1
"""Inches of the picture, and of an entry of the legend below it."""


def draw_frontier(
    points: Sequence[Frontier], target: Path, levels: Mapping[str, float] | None = None
) -> None:
    """Draw largest D (log scale) against the exponent, one line per grid and number of agents.

    Parameters
    ----------
    levels : mapping or None
        Values of D to mark with a horizontal line, by the words to write on it.
    """
    series: dict[tuple[int, str], list[Frontier]] = {}
    for point in points:
        series.setdefault((point.agents, point.grid), []).append(point)
    with picture(target, WIDTH, HEIGHT + ENTRY * len(series)) as figure:
        axes = figure.add_subplot()
        thresholds: set[int] = set()
        several = len({agents for agents, _ in series}) > 1
        for index, ((agents, grid), line) in enumerate(series.items()):
            place = len(thresholds | {agents}) - 1 if several else index
            colour = PALETTE[place % len(PALETTE)]
            marked = colour if several else PALETTE[-1]
            finite = [point for point in line if point.frontier != "infinite"]
            types = "1..D" if grid == "one" else "0..D"
            words = f"{agents} agents, types {types}"
            if several and agents not in thresholds:
                words += f" (every D from {line[0].threshold:.4f})"
            axes.step(
                [float(point.exponent) for point in finite],
                [float(point.frontier) for point in finite],
                where="mid",
                color=colour,
                linestyle="-" if grid == "one" else "--",
                label=words,
            )
            capped = [point for point in finite if point.reached_limit]
            axes.plot(
                [float(point.exponent) for point in capped],
                [float(point.frontier) for point in capped],
                "^",
                color=colour,
            )
            if agents not in thresholds:
                thresholds.add(agents)
                named = None if several else f"every D from {line[0].threshold:.4f}"
                axes.axvline(
                    line[0].threshold, color=marked, linewidth=1.2, linestyle=":", label=named
                )
        axes.set_yscale("log")
        for words, level in (levels or {}).items():
            axes.axhline(level, color=PALETTE[6], linewidth=0.8, linestyle=(0, (6, 3)))
            axes.annotate(
                words,
                (0.01, level),
                xycoords=("axes fraction", "data"),
                xytext=(0, 3),
                textcoords="offset points",
                fontsize=8,
            )
        axes.set_xlabel("market growth exponent   (-1: fixed market, 0: no competition)")
        axes.set_ylabel("largest disparity D with a mechanism")
        axes.set_title("How unequal may the agents be?")
        legend_below(figure, handles_of([axes]))
