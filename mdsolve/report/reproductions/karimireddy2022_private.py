"""Picture of [K22] Figures 8 and 10: a contract with its points A, C, D, and data of a crowd."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mdsolve.report.pictures.style import PALETTE, picture
from mdsolve.study.reproduce.record import Reproduction

POINTS = "ACD"
PRINTED = PALETTE[1]
BEST = PALETTE[0]


def draw_private_figure(found: Reproduction, target: Path) -> None:
    """Draw one agent's curve beside the expected data of many agents."""
    with picture(target, 11.0, 4.8) as figure:
        one, many = figure.subplots(1, 2, width_ratios=(5, 4))
        _draw_contract(one, found.series)
        _draw_crowd(many, found.series)


def _draw_contract(axes: Any, series: Any) -> None:
    m = series["samples"]
    axes.plot(m, series["full"], color=PALETTE[2], label="full model, with the others' data")
    axes.plot(m, series["own"], color="0.55", linestyle="--", label="own data alone")
    axes.plot(
        m, series["received"], color=BEST, linewidth=2, label="model received, best contracts"
    )
    for label, (x, y) in zip(POINTS, series["exact"], strict=True):
        axes.plot([x], [y], "o", color=BEST)
        axes.annotate(label, (x, y), xytext=(6, -13), textcoords="offset points", color=BEST)
    x, y = zip(*series["as_printed"], strict=True)
    axes.plot(x[1:], y[1:], "s", color=PRINTED, label="C and D as printed", markersize=5)
    axes.annotate(
        "more than all data allow",
        (x[1], y[1]),
        xytext=(4, 26),
        textcoords="offset points",
        fontsize=9,
        color=PRINTED,
        arrowprops={"arrowstyle": "-", "color": PRINTED},
    )
    axes.set_xlabel("contribution of the agent, in samples")
    axes.set_ylabel("worth of the model, in money")
    axes.set_title("C is for high costs, D for low ones", fontsize=10)
    axes.legend(loc="lower right", fontsize=9)


def _draw_crowd(axes: Any, series: Any) -> None:
    million = 1e6
    for key, colour, style, words in (
        ("known", "black", ":", "known costs"),
        ("private", BEST, "-", "private costs, best contracts"),
        ("printed", PRINTED, "--", "private costs, as printed"),
    ):
        totals = [total / million for total in series[key]]
        axes.plot(series["shares"], totals, color=colour, linestyle=style, label=words)
    axes.set_xlabel("chance of low costs")
    axes.set_ylabel("expected total, in millions of samples")
    axes.set_ylim(bottom=0)
    axes.set_title("10,000 agents with costs 0.0001 or 0.0002", fontsize=10)
    axes.legend(loc="lower right", fontsize=9)
