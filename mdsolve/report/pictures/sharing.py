"""A picture of a solved sharing game: who brings what, who pays whom, and who gains by it.

Few agents, and runs of agents alike, have a row each; many different ones are sorted by what they
bring and drawn as curves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mdsolve.game.sharing import SharingGame
from mdsolve.report.agent_rows import AgentTable, Row, agent_table
from mdsolve.report.numbers import column, number
from mdsolve.report.pictures.style import (
    PALETTE,
    UNSOLVED,
    Target,
    cut,
    few_ticks,
    handles_of,
    head,
    legend_below,
    picture,
    short_name,
)
from mdsolve.solution import Solution
from mdsolve.status import Termination
from mdsolve.tolerance import DEFAULT, ROUND_OFF

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = npt.NDArray[np.float64]

BRINGS, PAYS, RECEIVES, GAINS = PALETTE[5], PALETTE[1], PALETTE[0], PALETTE[2]
LOSES, GREY, DARK = PALETTE[1], "#E4E4E4", "#404040"

MOST_ROWS = 32
LONGEST_NAME, LONGEST_TITLE = 26, 90
"""Characters that fit."""

ROW_HEIGHT, FRAME = 0.34, 2.1
"""Inches per row, and for everything around the rows."""

BINS = 100
"""Most points of a curve over many agents."""

FAR = 2.5
"""What is so many times as far away as everything else is named, not drawn."""

ROOM = 1.22
"""Width of a panel as a multiple of its longest bar, so that numbers fit beside the bars."""

SMALL_TEXT = 8

MARKERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "alone_contributions": ("o", "training alone", {"mfc": "white", "mec": DARK}),
    "without": ("D", "without payments", {"mfc": DARK, "mec": DARK}),
    "low": ("^", "if costs are low", {"mfc": "white", "mec": PALETTE[3]}),
    "high": ("v", "if costs are high", {"mfc": "white", "mec": PALETTE[3]}),
    "outside": ("|", "staying out", {"mfc": DARK, "mec": DARK, "mew": 2, "ms": 10}),
    "alone": ("o", "training alone", {"mfc": "white", "mec": DARK}),
}
"""What a row's bar is compared with: marker, words, style."""

BROUGHT = ("alone_contributions", "without", "low", "high")
ELSEWHERE = ("outside", "alone")


def can_draw_sharing(solution: Solution) -> bool:
    """Tell whether a solution says what the agents of a sharing game bring and earn."""
    needed = ("contributions", "payments", "utilities", "accuracies")
    return all(solution.answers.get(key) is not None for key in needed)


def draw_sharing(
    solution: Solution,
    target: Target,
    title: str | None = None,
    *,
    game: SharingGame | None = None,
    without: Floats | None = None,
    unit: str = "samples",
    money: str = "money",
) -> None:
    """Draw contributions, payments (or models, where nobody pays) and utilities of all agents.

    Parameters
    ----------
    game : SharingGame or None
        For capacities and what staying out is worth.
    without : (n,) or None
        Contributions of the equilibrium without payments, in the same unit.
    unit, money : str
        Of contributions, and of payments and utilities.
    """
    table = agent_table(solution, game, without)
    rows = table.rows()
    rest = f": {solution.mechanism.name}"
    look: dict[str, Any] = {}
    if solution.termination is not Termination.SOLVED:
        rest += f", no equilibrium found ({solution.termination.label})"
        look = dict(UNSOLVED)
    headline = cut(title or solution.instance.name or "sharing game", 2 * LONGEST_TITLE - len(rest))
    few = len(rows) <= MOST_ROWS
    height = FRAME + ROW_HEIGHT * max(len(rows), 3) if few else 4.4
    with picture(target, 11.0, height) as figure:
        head(figure, f"{headline}{rest}", LONGEST_TITLE)
        panels = figure.subplots(1, 3, sharey=few)
        if few:
            _label_rows(panels[0], rows)
            _draw_brought(panels[0], table, rows, unit, look)
            _draw_money_or_models(panels[1], table, rows, look, money)
            _draw_gains(panels[2], table, rows, money)
            for axes, most in zip(panels, (5, 5, 3), strict=True):
                few_ticks(axes, most)  # utilities are the longest numbers
        else:
            _draw_sorted(panels, table, unit, money)
        runs = few and any(row.count > 1 for row in rows)
        words = "A row stands for a run of agents alike; numbers are per agent." if runs else None
        legend_below(figure, handles_of(panels), words)


def _label_rows(axes: Axes, rows: Sequence[Row]) -> None:
    names = [short_name(row.name, LONGEST_NAME) for row in rows]
    axes.set_yticks(range(len(rows)), names, parse_math=False)
    axes.set_ylim(len(rows) - 0.4, -0.6)


def _draw_brought(
    axes: Axes, table: AgentTable, rows: Sequence[Row], unit: str, look: dict[str, Any]
) -> None:
    first = [row.first for row in rows]
    brings = table["contributions"][first]
    compared = [table[key][first] for key in BROUGHT if key in table]
    most = max(float(np.max(values, initial=0.0)) for values in (brings, *compared)) or 1.0
    title = f"brings in expectation ({unit})" if "low" in table else f"brings ({unit})"
    if "capacity" in table:
        capacity = table["capacity"][first]
        if np.isfinite(capacity).all() and capacity.max() <= FAR * most:
            most = max(most, float(capacity.max()))
            axes.barh(range(len(rows)), capacity, 0.78, color=GREY, label="capacity")
        elif np.isfinite(capacity).any():
            least = float(capacity[np.isfinite(capacity)].min())
            title += f"; capacities from {number(least, 4)}"
    axes.barh(range(len(rows)), brings, 0.5, color=BRINGS, label="under this mechanism", **look)
    _mark(axes, table, rows, BROUGHT)
    _list(axes, brings)
    axes.set_xlim(0, ROOM * most)
    axes.set_title(title, fontsize=10)


def _draw_money_or_models(
    axes: Axes, table: AgentTable, rows: Sequence[Row], look: dict[str, Any], money: str
) -> None:
    first = [row.first for row in rows]
    payments = table["payments"][first]
    if not np.any(table["payments"]):
        models = table["accuracies"][first]
        axes.barh(range(len(rows)), models, 0.5, color=BRINGS, **look)
        low, high = min(0.0, float(models.min())), float(models.max())
        _write(axes, models)
        axes.set_xlim(ROOM * low, ROOM * max(high, ROUND_OFF))
        axes.set_title("model received (accuracy); nobody pays", fontsize=10)
        return
    colours = [PAYS if payment < 0 else RECEIVES for payment in payments]
    axes.barh(range(len(rows)), payments, 0.5, color=colours, **look)
    most = float(np.abs(payments).max()) or 1.0
    _write(axes, payments)
    axes.axvline(0, color=DARK, linewidth=0.8)
    axes.set_xlim(
        -1.5 * most if payments.min() < 0 else -0.05 * most,
        1.5 * most if payments.max() > 0 else 0.05 * most,
    )
    axes.set_title(f"pays (left) or receives (right), in {money}", fontsize=10)


def _elsewhere(table: AgentTable, rows: Sequence[Row]) -> tuple[list[str], str]:
    """Return the alternatives that are drawn, and words on one that is too far below the others."""
    first = [row.first for row in rows]
    keys = [key for key in ELSEWHERE if key in table]
    if keys != list(ELSEWHERE):
        return keys, ""
    others = np.concatenate([table["utilities"][first], table["alone"][first]])
    outside = table["outside"][first]
    gap = float(others.min() - outside.max())
    if gap <= FAR * max(float(np.ptp(others)), float(np.ptp(outside))):
        return keys, ""
    return ["alone"], f"; staying out: {number(float(outside.max()), 4)} at most"


def _draw_gains(axes: Axes, table: AgentTable, rows: Sequence[Row], money: str) -> None:
    first = [row.first for row in rows]
    utilities = table["utilities"][first]
    keys, far = _elsewhere(table, rows)
    others = [table[key][first] for key in keys]
    values = np.concatenate([utilities, *others])
    low, high = float(values.min()), float(values.max())
    width = (high - low) or abs(high) or 1.0
    best = np.max(others, axis=0) if others else None
    worse = np.zeros(len(rows), dtype=bool)
    if best is not None:
        worse = utilities < best - DEFAULT.verify * max(abs(high), abs(low))
        for place, (here, there) in enumerate(zip(utilities, best, strict=True)):
            colour = LOSES if worse[place] else GAINS
            axes.plot([there, here], [place, place], color=colour, linewidth=5, zorder=2)
    _list(axes, utilities)
    kinds = ((~worse, GAINS, "taking part"), (worse, LOSES, "taking part, better off elsewhere"))
    for chosen, colour, words in kinds:
        if chosen.any():
            places = np.flatnonzero(chosen)
            style: dict[str, Any] = {"marker": "s", "ms": 8, "ls": "", "zorder": 3}
            axes.plot(utilities[chosen], places, color=colour, label=words, **style)
    _mark(axes, table, rows, keys)
    axes.set_xlim(low - 0.06 * width, high + 0.34 * width)
    axes.set_title(f"utility ({money}){far or ', here and elsewhere'}", fontsize=10)


def _mark(axes: Axes, table: AgentTable, rows: Sequence[Row], keys: Sequence[str]) -> None:
    first = [row.first for row in rows]
    for key in keys:
        if key in table:
            shape, words, style = MARKERS[key]
            axes.plot(
                table[key][first],
                range(len(rows)),
                **{
                    "marker": shape,
                    "ms": 5,
                    "ls": "",
                    "label": words,
                    "zorder": 4,
                    "clip_on": False,
                    **style,
                },
            )


def _list(axes: Axes, values: Floats) -> None:
    """Write numbers in a column at the right, clear of bars and marks."""
    for place, words in enumerate(column(values)):
        axes.annotate(
            words,
            (1.0, place),
            xycoords=("axes fraction", "data"),
            ha="right",
            va="center",
            fontsize=SMALL_TEXT,
        )


def _write(axes: Axes, values: Floats) -> None:
    """Write numbers at the ends of bars."""
    for place, (value, words) in enumerate(zip(values, column(np.abs(values)), strict=True)):
        negative = value < 0
        axes.annotate(
            words,
            (value, place),
            xytext=(-7 if negative else 7, 0),
            textcoords="offset points",
            ha="right" if negative else "left",
            va="center",
            fontsize=SMALL_TEXT,
        )


def _draw_sorted(panels: Sequence[Axes], table: AgentTable, unit: str, money: str) -> None:
    """Draw means over agents who bring similar amounts, with the range of each group."""
    order = np.argsort(-table["contributions"], kind="stable")
    size = len(order)
    edges = np.linspace(0, size, min(BINS, size) + 1).round().astype(int)
    place = (edges[:-1] + edges[1:] + 1) / 2

    def draw(axes: Axes, key: str, colour: str, words: str, style: str = "-") -> None:
        values = table[key][order]
        means = np.add.reduceat(values, edges[:-1]) / np.diff(edges)
        width = 3.0 if key == "contributions" else 1.5
        axes.plot(place, means, color=colour, linestyle=style, label=words, linewidth=width)
        if style == "-":
            low = np.minimum.reduceat(values, edges[:-1])
            high = np.maximum.reduceat(values, edges[:-1])
            axes.fill_between(place, low, high, color=colour, alpha=0.25, linewidth=0)

    brought, moved, gains = panels
    draw(brought, "contributions", BRINGS, "under this mechanism")
    most = max(float(table[key].max()) for key in ("contributions", *BROUGHT) if key in table)
    limit = table["capacity"] if "capacity" in table else np.array([np.inf])
    far = np.isfinite(limit).all() and limit.max() > FAR * most
    if np.isfinite(limit).all() and not far:
        draw(brought, "capacity", "#909090", "capacity", ":")
    for key, colour in zip(BROUGHT, (DARK, PALETTE[3], PALETTE[4], PALETTE[4]), strict=True):
        if key in table:
            draw(brought, key, colour, MARKERS[key][1], "--")
    words = f"; capacities from {number(float(limit.min()), 4)}" if far else ""
    brought.set_title(f"brings ({unit}){words}", fontsize=10)
    if not np.any(table["payments"]):
        draw(moved, "accuracies", RECEIVES, "model received")
        moved.set_title("model received (accuracy); nobody pays", fontsize=10)
    else:
        draw(moved, "payments", RECEIVES, "receives; pays below 0")
        moved.axhline(0, color=DARK, linewidth=0.8)
        moved.set_title(f"receives, or pays below 0 ({money})", fontsize=10)
    draw(gains, "utilities", GAINS, "taking part")
    keys, low = _elsewhere(table, [Row(name, 1, k) for k, name in enumerate(table.agents)])
    for key in keys:
        draw(gains, key, DARK, MARKERS[key][1], {"outside": ":", "alone": "--"}[key])
    gains.set_title(f"utility ({money}){low or ', here and elsewhere'}", fontsize=10)
    for axes in panels:
        axes.set_xlabel("agents, those who bring most first")
        axes.set_xlim(1, size)
        few_ticks(axes)
        axes.yaxis.set_major_formatter(lambda value, _: number(value, 4))
