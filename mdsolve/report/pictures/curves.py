"""A picture of shaped models: what each agent's model is worth against the own contribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mdsolve.game.sharing import SharingGame
from mdsolve.report.pictures.curve_panels import CurvePanel, curve_panels, has_curves
from mdsolve.report.pictures.style import (
    PALETTE,
    Target,
    cut,
    few_ticks,
    handles_of,
    head,
    legend_below,
    picture,
)
from mdsolve.solution import Solution

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_PANELS = 4
POINTS = 800
BEYOND = 1.3
"""How far the pictures go beyond the contribution at equilibrium."""

HEADROOM = 1.12
"""Height of a panel as a multiple of the best model in it."""

CHARACTERS = 8.5
"""Characters of a headline per inch."""

ALL, ALONE, HANDED = PALETTE[2], "#909090", PALETTE[1]


def can_draw_curves(solution: Solution) -> bool:
    """Tell whether a solution says what models are handed out for other contributions."""
    return has_curves(solution)


def draw_curves(
    solution: Solution, game: SharingGame, target: Target, title: str | None = None
) -> None:
    """Draw the curves of the first agents that differ, one panel each, the pieces marked.

    Parameters
    ----------
    game : SharingGame
        The game that was solved.
    title : str or None
        Headline; the instance's name otherwise.
    """
    panels = curve_panels(solution, game, MOST_PANELS)
    width = max(7.0, 4.0 * len(panels))
    with picture(target, width, 4.6) as figure:
        drawn = np.atleast_1d(figure.subplots(1, len(panels), sharey=True))
        rest, most = f": {solution.mechanism.name}", int(CHARACTERS * width)
        what = cut(title or solution.instance.name or "shaped models", most - len(rest))
        head(figure, f"{what}{rest}", most)
        for axes, panel in zip(drawn, panels, strict=True):
            draw_panel(axes, panel)
            axes.set_title(cut(panel.title, 46), fontsize=10, parse_math=False)
            axes.set_xlabel("own contribution, in samples")
            few_ticks(axes)
        drawn[0].set_ylabel("value of the model, as accuracy")
        legend_below(figure, handles_of(drawn[:1]))


def draw_panel(axes: Axes, panel: CurvePanel) -> None:
    """Draw one agent's curve between the own data alone and all data together."""
    reach = BEYOND * panel.end
    own = np.linspace(0, reach, POINTS)
    together, alone = panel.together(own), panel.alone(own)
    axes.plot(own, together, color=ALL, linestyle="--", label="all data together")
    axes.plot(own, alone, color=ALONE, linestyle=":", label="own data alone")
    fine = np.unique(np.concatenate([own, panel.breaks]))
    axes.plot(fine, panel.handed(fine), color=HANDED, linewidth=2.2, label="handed to the agent")
    best = max(float(together[-1]), *(mark.y for mark in panel.marks))
    low = (HEADROOM - 1) * best
    for mark in panel.marks:
        axes.plot([mark.x], [mark.y], "o", color=HANDED)
        early = mark.x < 0.5 * reach
        axes.annotate(
            mark.words,
            (mark.x, mark.y),
            xytext=(8 if early else -8, -14 if (mark.below or early) and mark.y > low else 8),
            textcoords="offset points",
            ha="left" if early else "right",
            fontsize=9,
        )
    for x in np.unique(panel.breaks[panel.breaks > 0]):
        axes.axvline(x, color="#D0D0D0", linewidth=0.8, zorder=0)
    axes.set_xlim(0, reach)
    axes.set_ylim(min(0.0, float(alone.min())), HEADROOM * best)
