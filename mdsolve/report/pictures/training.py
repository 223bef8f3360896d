"""A picture of a training run: what agents bring and how good the model is, round by round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mdsolve.report.pictures.style import (
    PALETTE,
    Target,
    cut,
    handles_of,
    head,
    legend_below,
    picture,
    short_name,
)
from mdsolve.solution import Solution

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = npt.NDArray[np.float64]

LONGEST_NAME, LONGEST_TITLE = 30, 80
"""Characters that fit."""

MOST_LINES = len(PALETTE)
"""Agents that have a line of their own; more are drawn as their mean and range."""

CHOOSING = "#EFEFEF"


def can_draw_training(solution: Solution) -> bool:
    """Tell whether a solution holds the history of a training run."""
    history = solution.answers.get("history")
    return history is not None and bool(history["rounds"])


def draw_training(solution: Solution, target: Target, title: str | None = None) -> None:
    """Draw contributions, accuracies and money received against the rounds.

    Parameters
    ----------
    solution : Solution
        With the key ``history``.
    title : str or None
        Headline; the instance's name otherwise.
    """
    history = solution.answers["history"]
    rounds = np.asarray(history["rounds"], dtype=np.float64)
    unit = solution.answers.get("protocol", {}).get("unit", "units")
    panels: list[tuple[str, str]] = [
        ("contributions", f"brings ({unit} a round)"),
        ("accuracies", "accuracy of the own model, on held-out examples"),
    ]
    if np.any(np.asarray(history["payments"], dtype=np.float64)):
        panels.append(("payments", "receives, or pays below 0 (money a round)"))
    with picture(target, 4.6 * len(panels), 4.4) as figure:
        rest = f": {solution.mechanism.name}"
        what = cut(title or solution.instance.name or "training run", LONGEST_TITLE - len(rest))
        head(figure, f"{what}{rest}", LONGEST_TITLE)
        drawn = figure.subplots(1, len(panels), squeeze=False)[0]
        for axes, (key, words) in zip(drawn, panels, strict=True):
            _shade(axes, rounds, history["phases"])
            _draw_lines(axes, rounds, np.asarray(history[key], dtype=np.float64), solution.agents)
            axes.set_title(words, fontsize=10)
            axes.set_xlabel("round")
            axes.locator_params(axis="x", integer=True)
        drawn[0].set_ylim(bottom=0)
        legend_below(figure, handles_of(drawn[:1]))


def _shade(axes: Axes, rounds: Floats, phases: Any) -> None:
    """Shade the rounds in which agents choose and the model stays as it is."""
    choosing = np.array([phase == "choosing" for phase in phases], dtype=bool)
    label: str | None = "agents choose, the model rests"
    starts = np.flatnonzero(np.diff(choosing.astype(int), prepend=0) == 1)
    ends = np.flatnonzero(np.diff(choosing.astype(int), append=0) == -1)
    for start, end in zip(starts, ends, strict=True):
        axes.axvspan(rounds[start] - 0.5, rounds[end] + 0.5, color=CHOOSING, label=label, zorder=0)
        label = None
    axes.set_xlim(rounds[0] - 0.5, rounds[-1] + 0.5)


def _draw_lines(axes: Axes, rounds: Floats, values: Floats, agents: tuple[str, ...]) -> None:
    marker = "o" if len(rounds) == 1 else ""
    if len(agents) > MOST_LINES:
        axes.plot(rounds, values.mean(axis=1), color=PALETTE[0], marker=marker, label="mean")
        low, high = values.min(axis=1), values.max(axis=1)
        words = f"range of {len(agents):,} agents"
        axes.fill_between(rounds, low, high, color=PALETTE[0], alpha=0.2, lw=0, label=words)
        return
    for colour, name, column in zip(PALETTE, agents, values.T, strict=False):
        words = short_name(name, LONGEST_NAME)
        axes.plot(rounds, column, color=colour, marker=marker, label=words)
    if values.min() < 0:
        axes.axhline(0, color="#404040", linewidth=0.8)
