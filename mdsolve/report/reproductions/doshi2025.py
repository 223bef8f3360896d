"""Pictures of the reproduced example and theorem of [D25]."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mdsolve.report.pictures.style import PALETTE, picture
from mdsolve.study.reproduce.record import Reproduction


def draw_example_figure(found: Reproduction, target: Path) -> None:
    """Draw contributions and the distance of the model from the target, round by round."""
    series = found.series
    rounds = np.array(series["rounds"])
    s = np.array(series["contributions"])
    printed, path = np.array(series["printed_rounds"]), np.array(series["printed_contributions"])
    seen = printed <= rounds[-1] * 1.15
    with picture(target, 9.0, 4.2) as figure:
        data, model = figure.subplots(1, 2)
        for agent, colour in enumerate(PALETTE[:2]):
            data.plot(rounds, s[:, agent], color=colour, label=f"agent {agent + 1}, cut to [0, 5]")
            data.plot(
                printed[seen],
                path[seen, agent],
                color=colour,
                linestyle="--",
                linewidth=1.2,
                label=f"agent {agent + 1}, as printed",
            )
        data.axhline(0, color="black", linewidth=0.8)
        data.plot([rounds[-1]] * 2, [0, 5], "x", color=PALETTE[2], markersize=9, mew=2)
        data.annotate(
            "equilibrium\nas printed",
            (rounds[-1], 5),
            xytext=(-8, -4),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=9,
            color=PALETTE[2],
        )
        data.set_ylabel("contribution, samples")
        data.set_title("Once the model is learned, nobody contributes")
        data.legend(loc="lower left", fontsize=8)
        distance = np.array(series["distance"])
        shown = distance > 0
        model.semilogy(rounds[shown], distance[shown], color=PALETTE[0], label="distance")
        model.axhline(np.hypot(0.5, 0.5), color=PALETTE[2], linestyle=":", linewidth=1.4)
        model.annotate(
            "the model printed, (1/2, 3/2)",
            (1.0, np.hypot(0.5, 0.5)),
            xycoords=("axes fraction", "data"),
            xytext=(-4, -6),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=9,
            color=PALETTE[2],
        )
        model.set_ylabel("distance of w from (1, 2)")
        model.set_title("The model goes to the target")
        for axes in (data, model):
            axes.set_xlabel("rounds")


def draw_steps_figure(found: Reproduction, target: Path) -> None:
    """Draw the largest gamma against lambda: printed, and what the argument allows."""
    with picture(target) as figure:
        axes = figure.add_subplot()
        for (coupling, line), colour in zip(found.series.items(), PALETTE, strict=False):
            strength = np.array(line["lambda"])
            for key, style in (("argument", "-"), ("published", "--")):
                bound = np.array(line[key])
                axes.plot(strength[bound > 0], bound[bound > 0], style, color=colour)
            last = float(line["argument"][-1])
            axes.annotate(
                f"P̃ = {coupling}",
                (strength[-1], last),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                fontsize=9,
                color=colour,
            )
        axes.plot([], [], "-", color="black", label="what W₁ < 1 allows")
        axes.plot([], [], "--", color="black", label="the bound of Theorem 1")
        axes.set_xlabel("lambda, with n = 2 and L = 1")
        axes.set_ylabel("largest step size gamma")
        axes.set_xlim(0, 1.0)
        axes.set_ylim(0)
        axes.set_title("The bound is half of what its argument allows")
        axes.legend(loc="upper left")
