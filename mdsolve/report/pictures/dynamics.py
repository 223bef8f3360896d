"""A picture of simulated dynamics: how far from rest after each step, and how much data is shared.

Above, on a logarithmic axis, the distance to the equilibrium with the line below which theory
proves it to be; where no single equilibrium is known, the norm of the projected gradient. Below,
the total contributions against the equilibrium's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mdsolve.report.numbers import number
from mdsolve.report.pictures.style import PALETTE, Target, few_ticks, head, picture
from mdsolve.solution import Solution
from mdsolve.tolerance import ROUND_OFF

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = npt.NDArray[np.float64]

PATH, PROVED, GOAL = PALETTE[0], PALETTE[1], PALETTE[2]
LONGEST_TITLE = 70
"""Characters that fit."""

SHORT = 2.0
"""Decades of a logarithmic axis that is widened."""


def draw_dynamics(solution: Solution, target: Target, title: str | None = None) -> None:
    """Draw the course of a simulation.

    Parameters
    ----------
    solution : Solution
        With the key ``dynamics``.
    title : str or None
        Headline; the instance's name otherwise.
    """
    found = solution.answers["dynamics"]
    course = found["trajectory"]
    steps = np.asarray(course["steps"], dtype=np.float64)
    with picture(target, 7.0, 5.6) as figure:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1.25, 1.0))
        head(figure, title or solution.instance.name or "sharing game", LONGEST_TITLE, size=12)
        _draw_distance(above, steps, found)
        _draw_total(below, steps, found)
        below.set_xlabel(_caption(found, solution.mechanism.name))
        below.set_xlim(0, max(1.0, float(steps[-1])))
        few_ticks(below)


def _draw_distance(axes: Axes, steps: Floats, found: Mapping[str, Any]) -> None:
    course = found["trajectory"]
    known = course["distance"] is not None
    values = np.asarray(course["distance"] if known else course["gradient_norm"])
    axes.set_yscale("log", nonpositive="mask")
    rate = found["rate"]
    shown = values > 0
    label = "simulated" if rate is not None else "simulated; no bound is proved"
    axes.plot(steps[shown], values[shown], color=PATH, label=label)
    drawn = found["agents_per_step"] < len(course["contributions"][0])
    if rate and values[0] > 0 and (known or not drawn):
        # Logarithms, since rate^steps may be below the smallest double.
        bound = np.log10(values[0]) + steps * np.log10(rate)
        seen = bound >= np.log10(values[shown].min()) - 1
        words = "proved bound, root mean square" if drawn else "proved bound"
        axes.plot(steps[seen], 10.0 ** bound[seen], color=PROVED, linestyle="--", label=words)
    _whole_decades(axes)
    axes.set_ylabel("distance in samples" if known else "norm of the projected gradient")
    cap = " under the cap" if found["cap"] is not None else ""
    axes.set_title(
        f"How far from the equilibrium{cap}?" if known else "How far from rest?", fontsize=10
    )
    axes.legend(loc="best")


def _whole_decades(axes: Axes) -> None:
    """Widen a short logarithmic axis to powers of ten, which alone carry readable labels."""
    low, high = np.log10(axes.get_ylim())
    if high - low < SHORT:
        axes.set_ylim(10.0 ** np.floor(low), 10.0 ** np.ceil(high))


def _draw_total(axes: Axes, steps: Floats, found: Mapping[str, Any]) -> None:
    totals = np.asarray(found["trajectory"]["total_data"])
    axes.plot(steps, totals, color=PATH)
    goals = {"equilibrium": found["equilibrium"]}
    if found["rest_point"] is not None and not _same(found["rest_point"], found["equilibrium"]):
        goals["equilibrium under the cap"] = found["rest_point"]
    known = {words: float(np.sum(goal)) for words, goal in goals.items() if goal is not None}
    for (words, total), style in zip(known.items(), ("--", ":"), strict=False):
        axes.axhline(total, color=GOAL, linestyle=style, linewidth=1.2)
        # Of two lines the lower one is named from below; a single one from where no curve is.
        under = total < max(known.values()) or (
            len(known) == 1 and totals[-1] > total * (1 + ROUND_OFF)
        )
        axes.annotate(
            f"{words}: {number(total, 5)}",
            (1.0, total),
            xycoords=("axes fraction", "data"),
            xytext=(-4, -4 if under else 4),
            textcoords="offset points",
            ha="right",
            va="top" if under else "bottom",
            fontsize=9,
            color=GOAL,
        )
    axes.set_ylim(0, 1.15 * axes.get_ylim()[1])
    axes.set_ylabel("samples")
    axes.set_title("How much data is contributed in all?", fontsize=10)


def _same(first: Any, second: Any) -> bool:
    if second is None:
        return False
    scale = max(1.0, float(np.max(np.abs(second))))
    return bool(np.max(np.abs(np.asarray(first) - np.asarray(second))) <= ROUND_OFF * scale)


def _caption(found: Mapping[str, Any], mechanism: str) -> str:
    agents = len(found["trajectory"]["contributions"][0])
    movers = found["agents_per_step"]
    who = "all agents" if movers == agents else f"{movers} of {agents} agents"
    size = number(found["step_size"], 4)
    return f"steps of size {size} under {mechanism}, {who} in each"
