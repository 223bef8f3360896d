"""A picture of a trade-off: the goal against a requirement, its knee, and what is proved of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mdsolve.report.knee import knee
from mdsolve.report.numbers import number
from mdsolve.report.pictures.style import (
    PALETTE,
    Target,
    few_ticks,
    handles_of,
    head,
    legend_below,
    picture,
)
from mdsolve.report.units import NO_UNITS, Units
from mdsolve.solution import Solution
from mdsolve.tolerance import DEFAULT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LONGEST_TITLE = 70

REASONS = {
    "deviation": ("held by what leaving yields", PALETTE[3]),
    "alone": ("held by training alone", PALETTE[2]),
    "share": ("held by their Shapley share", PALETTE[4]),
    "none": ("held by nothing", "#BBBBBB"),
}
"""What binds an agent -> words and colour."""

GOALS = {"data": "total data", "accuracy": "accuracy of all", "least-utility": "least utility"}
"""Goal -> words on the axis; welfare and means say what they are."""


MARKET_GOALS = {
    "revenue": "expected revenue",
    "fairness": "largest difference of gains",
    "spread": "largest difference of payments",
    "least-subsidy": "subsidy",
    "smallest-cap": "largest payment",
}
"""Objective of a market -> words on the axis."""


def can_draw_trade_off(solution: Solution) -> bool:
    """Tell whether a solution holds a curve with points to draw."""
    curve = solution.answers.get("curve")
    return curve is not None and any(p.get("objective") is not None for p in curve["points"])


def draw_trade_off(
    solution: Solution, target: Target, title: str | None, units: Units = NO_UNITS
) -> None:
    """Draw the goal at every point of the curve, and below how many agents each reason holds."""
    curve = solution.answers["curve"]
    points = [p for p in curve["points"] if p.get("objective") is not None]
    asked = np.array([float(p["asked"]) for p in points])
    values = np.array([float(p["objective"]) for p in points])
    bounds = np.array([float(p.get("upper_bound") or np.nan) for p in points])
    bound = all(isinstance(point.get("binding"), list | tuple) for point in points)
    with picture(target, 8.0, 5.6 if bound else 4.0) as figure:
        words = title or solution.instance.name or "trade-off"
        head(figure, words, LONGEST_TITLE)
        panels = figure.subplots(1 + bound, 1, sharex=True, height_ratios=(3, 2)[: 1 + bound])
        above, below = (panels[0], panels[1]) if bound else (panels, panels)
        above.plot(asked, values, "o-", color=PALETTE[0], label="designed rule", markersize=4)
        if np.isfinite(bounds).any() and np.nanmax(bounds - values) > DEFAULT.verify * np.ptp(
            values
        ):
            above.fill_between(
                asked, values, bounds, color=PALETTE[5], alpha=0.25, label="not ruled out"
            )
        bend = knee(asked, values)
        if bend is not None:
            above.plot(asked[bend], values[bend], "D", color=PALETTE[1], markersize=8, label="knee")
            falls = values[np.argmax(asked)] < values[np.argmin(asked)]
            above.annotate(
                f"{number(asked[bend], 3)}: {number(values[bend], 5)}",
                (asked[bend], values[bend]),
                xytext=(8, 8 if falls else -14),  # beside the line, not on it
                textcoords="offset points",
                fontsize=9,
            )
        missing = [float(p["asked"]) for p in curve["points"] if p.get("objective") is None]
        for place in missing:
            above.axvline(place, color="#404040", linewidth=0.6, linestyle=":")
        above.set_ylabel(_goal(solution, units))
        if bound:
            _draw_binding(below, asked, points)
        below.set_xlabel(curve["requirement"].replace("_", " "))
        few_ticks(below)
        above.yaxis.set_major_formatter(lambda value, _: number(value, 4))
        legend_below(figure, handles_of([above, below] if bound else [above]))


def _draw_binding(axes: Axes, asked: np.ndarray, points: list[dict[str, object]]) -> None:
    """Draw how many agents each requirement holds at every point."""
    words = [point["binding"] for point in points]
    counts = {
        reason: np.array([list(entry).count(reason) for entry in words])  # type: ignore[call-overload]
        for reason in REASONS
    }
    shown = {reason: count for reason, count in counts.items() if count.any()}
    colours = [REASONS[reason][1] for reason in shown]
    labels = [REASONS[reason][0] for reason in shown]
    axes.stackplot(asked, *shown.values(), labels=labels, colors=colours, alpha=0.6, step="mid")
    axes.set_ylabel("agents")
    axes.locator_params(axis="y", integer=True, nbins=4)


def _goal(solution: Solution, units: Units) -> str:
    money = units.money or "money"
    if "objective" in solution.mechanism.options:
        return f"{MARKET_GOALS[str(solution.mechanism.options['objective'])]} ({money})"
    aim = str(solution.mechanism.options.get("maximize", "welfare"))
    unit = units.data or "samples" if aim == "data" else money
    return f"{GOALS.get(aim, aim)} ({unit})"
