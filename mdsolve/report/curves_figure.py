"""A picture of shaped models: what each agent's model is worth against his own contribution."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.curves import Curve
from mdsolve.game.sharing import SharingGame
from mdsolve.report.figure import PALETTE, picture
from mdsolve.report.numbers import number
from mdsolve.solution import Solution

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = npt.NDArray[np.float64]

MECHANISM = "value-shaping"
MOST_PANELS = 4
POINTS = 800
BEYOND = 1.3
"""How far the pictures go beyond the contribution at equilibrium."""

HEADROOM = 1.12
"""Height of a panel as a multiple of the best model in it."""

ALL, ALONE, SHAPED = PALETTE[2], "#909090", PALETTE[1]


def can_draw_curves(solution: Solution) -> bool:
    """Tell whether a solution holds curves of shaped models with three break points."""
    return solution.mechanism.name == MECHANISM and "curves" in solution.answers


def draw_curves(solution: Solution, game: SharingGame, target: Path, title: str | None) -> None:
    """Draw the curves of the first agents that differ, one panel each, the pieces marked.

    Parameters
    ----------
    game : SharingGame
        The game that was solved.
    title : str or None
        Headline; the instance's name otherwise.
    """
    assert isinstance(game.accuracy, WeightedAccuracy)
    curve = game.accuracy.curve
    s = np.asarray(solution.answers["contributions"], dtype=np.float64)
    points = np.asarray(solution.answers["curves"], dtype=np.float64)
    _, first = np.unique(
        np.column_stack([s, game.value, game.costs.rate]), axis=0, return_index=True
    )
    shown = np.sort(first)[:MOST_PANELS]
    with picture(target, max(7.0, 4.0 * len(shown)), 4.6) as figure:
        panels = np.atleast_1d(figure.subplots(1, len(shown), sharey=True))
        headline = shorten(title or solution.instance.name or MECHANISM, 80)
        figure.suptitle(headline, fontsize=13, fontweight="bold", x=0.01, ha="left")
        for axes, agent in zip(panels, shown, strict=True):
            others = float(s.sum() - s[agent]) + game.platform_data
            panel(axes, curve, points[agent], others, game.platform_data)
            rate = game.costs.rate[agent] / game.value[agent]
            axes.set_title(
                f"{solution.agents[agent]}: {number(rate, 3)} of accuracy per sample", fontsize=10
            )
            axes.set_xlabel("own contribution, in samples")
        panels[0].set_ylabel("value of the model, as accuracy")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=9)


def panel(axes: Axes, curve: Curve, points: Floats, others: float, platform: float) -> None:
    """Draw one agent's curve between what he has alone and what all data together can give.

    Parameters
    ----------
    points : (3, 2)
        Break points (own contribution, value of the model).
    others, platform : float
        Samples of everybody else with the platform, and of the platform alone.
    """
    (x1, y1), (x2, _), (x3, y3) = points
    threshold = 0.0 if curve.concave else float(curve.kinks[0])
    reach = BEYOND * x3 if x3 > 0 else 2 * max(1.0, threshold)
    own = np.linspace(0, reach, POINTS)
    together, alone = curve.value(own + others), curve.value(own + platform)
    axes.plot(own, together, color=ALL, linestyle="--", label="all data together")
    axes.plot(own, alone, color=ALONE, linestyle=":", label="own data alone")
    handed = shaped(curve, points, others, platform)
    fine = np.unique(np.concatenate([own, points[:, 0]]))
    axes.plot(fine, handed(fine), color=SHAPED, linewidth=2.2, label="handed to the agent")
    marks = [(x3, y3, "gives", (-8, 8), "right")]
    if x1 > 0:
        marks.append((x1, y1, "alone", (8, -14), "left"))
    for x, y, words, offset, side in marks:
        axes.plot([x], [y], "o", color=SHAPED)
        axes.annotate(
            f"{words} {number(x, 4)}",
            (x, y),
            xytext=offset,
            textcoords="offset points",
            ha=side,
            fontsize=9,
        )
    for x in {float(x1), float(x2), float(x3)} - {0.0}:
        axes.axvline(x, color="#D0D0D0", linewidth=0.8, zorder=0)
    axes.set_xlim(0, reach)
    axes.set_ylim(min(0.0, float(alone.min())), HEADROOM * max(y3, float(together[-1])))


def shaped(
    curve: Curve, points: Floats, others: float, platform: float
) -> Callable[[Floats], Floats]:
    """Return the value handed out as a function of own contributions."""
    (x1, _), (x2, y2), (x3, y3) = points

    def value(own: Floats) -> Floats:
        line = y2 + (y3 - y2) * (own - x2) / (x3 - x2) if x3 > x2 else np.full(own.shape, y3)
        inside = np.where((own >= x2) & (own < x3), line, curve.value(own + others))
        return np.where(own < x1, curve.value(own + platform), inside)

    return value
