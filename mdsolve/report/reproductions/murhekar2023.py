"""Pictures of the reproduced theorems of [M23]."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mdsolve.report.pictures.style import PALETTE, picture
from mdsolve.study.reproduce.murhekar2023_theorem_a2 import PAPER_LIMIT
from mdsolve.study.reproduce.record import Reproduction


def draw_welfare_figure(found: Reproduction, target: Path) -> None:
    """Draw average utility at the equilibrium and at the optimum, and the dual of agent C."""
    series = found.series
    with picture(target, 9.0, 4.2) as figure:
        welfare, dual = figure.subplots(1, 2)
        welfare.plot(series["cost"], series["optimum"], color=PALETTE[1], label="planner")
        welfare.plot(
            series["cost"],
            series["equilibrium"],
            color=PALETTE[0],
            linestyle="--",
            label="equilibrium at beta*",
        )
        welfare.set_ylabel("average utility, money")
        welfare.set_title("Equal only for equal costs")
        welfare.legend()
        dual.axhline(0, color="black", linewidth=1)
        equal, *_ = series["dual"]
        dual.plot(series["cost"][1:], series["dual"][1:], "o-", color=PALETTE[0], markersize=4)
        dual.plot(series["cost"][:1], [equal], "o", color=PALETTE[2])
        dual.annotate(
            "equal costs",
            (series["cost"][0], equal),
            xytext=(8, -4),
            textcoords="offset points",
            color=PALETTE[2],
        )
        dual.set_ylabel("dual of agent C, as a share of all duals")
        dual.set_title("Optimality needs it positive")
        for axes in (welfare, dual):
            axes.set_xlabel("cost of agent C (the others' cost is 1)")


def draw_gap_figure(found: Reproduction, target: Path) -> None:
    """Draw the proved Nash gap and its formula against eps."""
    series = found.series
    eps = np.linspace(0, 0.5, 201)
    with picture(target) as figure:
        axes = figure.add_subplot()
        axes.plot(eps, (1 - 4 * eps**2) / 64, color=PALETTE[0], label="(1 - 4 eps²)/64")
        axes.plot(
            series["eps"], series["lower"], "o", color=PALETTE[1], label="proved in fractions"
        )
        limit = float(PAPER_LIMIT)
        axes.axvspan(0, limit, color=PALETTE[2], alpha=0.15, linewidth=0)
        axes.annotate(
            "the paper's\nrange",
            (limit, 0.002),
            xytext=(6, 0),
            textcoords="offset points",
            color=PALETTE[2],
            fontsize=9,
        )
        axes.set_ylim(0)
        axes.set_xlim(0, 0.5)
        axes.set_xlabel("eps, half the width of the steep part")
        axes.set_ylabel("gain that somebody forgoes at every profile")
        axes.set_title("No equilibrium for any eps below 1/2")
        axes.legend(loc="upper right")


def draw_rate_figure(found: Reproduction, target: Path) -> None:
    """Draw the norm of the slopes against the steps: bound, the theorem's step, a bolder one."""
    with picture(target, 9.0, 4.2) as figure:
        panels = figure.subplots(1, len(found.series), sharey=True)
        for axes, (size, run) in zip(panels, found.series.items(), strict=True):
            steps = np.arange(len(run["norms"]))
            axes.semilogy(steps, run["bound"] ** (steps / 2), color="black", linestyle=":")
            axes.semilogy(steps, run["norms"], color=PALETTE[0])
            axes.semilogy(
                np.arange(len(run["bold"])), run["bold"], color=PALETTE[1], linestyle="--"
            )
            axes.set_title(f"{size} agents")
            axes.set_xlabel("steps")
        panels[0].set_ylabel("norm of the slopes, as a share of the first")
        figure.legend(
            panels[0].get_lines(),
            ["bound of the theorem", "step λ/(n²L²) of the theorem", "step 1/(n L)"],
            loc="outside lower center",
            ncols=3,
            fontsize=9,
        )


def draw_digits_figure(found: Reproduction, target: Path) -> None:
    """Draw the relative error of both forms of beta* against the spread of costs."""
    series = found.series
    with picture(target) as figure:
        axes = figure.add_subplot()
        axes.loglog(series["spread"], series["printed"], "o-", color=PALETTE[1], markersize=4)
        floor = np.maximum(series["ours"], np.finfo(float).eps / 16)
        axes.loglog(series["spread"], floor, "s-", color=PALETTE[0], markersize=4)
        axes.legend(["(14) as printed", "without cancellation"])
        axes.set_xlabel("x, costs being 1, 1 + 0.3 x and 1 + x")
        axes.set_ylabel("relative error of beta* in doubles")
        axes.set_title("The same rate, evaluated in two ways")
