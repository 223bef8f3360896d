"""Pictures of the reproduced figures of [C20]."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mdsolve.report.pictures.frontier import draw_frontier
from mdsolve.report.pictures.style import PALETTE, picture
from mdsolve.study.reproduce.chen2020_figure2 import QUANTITIES
from mdsolve.study.reproduce.chen2020_figure3 import PAPER_LIMIT
from mdsolve.study.reproduce.chen2020_linear import OFF_PATHS, OWN_EFFECTS
from mdsolve.study.reproduce.record import Reproduction

HEADROOM = 1.3
"""Height of the money panels as a multiple of the largest mean welfare."""

LINE_STYLES = ("-", "--", "-.", ":")
OFF_PATH_COLOURS = (PALETTE[0], PALETTE[1], PALETTE[2], PALETTE[3])
OFF_PATH_STYLES = ("-", "--", ":", "-.")


def draw_lies_figure(found: Reproduction, target: Path) -> None:
    """Draw the large agent's utility against his report."""
    series = found.series
    best = int(max(series["marked"], key=series["marked"].get))
    with picture(target) as figure:
        axes = figure.add_subplot()
        axes.plot(series["reports"], series["utilities"], color=PALETTE[0])
        axes.axhline(series["truth"], color=PALETTE[1], linestyle="--", linewidth=1)
        axes.annotate(
            "utility of the truth, 10/11",
            (4.0, series["truth"]),
            fontsize=9,
            xytext=(0, 4),
            textcoords="offset points",
            color=PALETTE[1],
        )
        low, high = axes.get_ylim()
        axes.set_ylim(low, high + 0.08 * (high - low))
        for report, utility in series["marked"].items():
            axes.plot([int(report)], [utility], "o", color=PALETTE[0])
            left = int(report) != best
            axes.annotate(
                f"{utility:.4f}",
                (int(report), utility),
                xytext=(-8 if left else 6, 6),
                ha="right" if left else "left",
                fontsize=9,
                textcoords="offset points",
            )
        axes.set_xlabel("reported data, in units of the small agent's (true: 10)")
        axes.set_ylabel("utility, as a share of the market")
        axes.set_title("Hiding data pays under VCG")


def draw_agents_figure(found: Reproduction, target: Path) -> None:
    """Draw revenue and welfare against the number of agents per reading, and model quality."""
    agents = found.series["agents"]
    with picture(target, 11.0, 5.0) as figure:
        *money, model = figure.subplots(1, 3, width_ratios=(3, 3, 2))
        for axes, (own, reading) in zip(money, OWN_EFFECTS.items(), strict=True):
            table = found.series[own]
            _band(axes, agents, table, "welfare", "social welfare", "black", "-")
            for colour, style, (off_path, words) in zip(
                OFF_PATH_COLOURS, OFF_PATH_STYLES, OFF_PATHS.items(), strict=True
            ):
                _band(
                    axes, agents, table, f"revenue, {off_path}", f"revenue: {words}", colour, style
                )
            axes.set_title(reading.replace(" (", "\n("), fontsize=10)
            _clip_above_welfare(axes, agents, table)
        money[0].set_ylabel("mean over samples, in units of money")
        own, reading = next(iter(OWN_EFFECTS.items()))
        _band(model, agents, found.series[own], "quality", "", PALETTE[4], "-")
        model.set_title("quality of the best model\n(both readings)", fontsize=10)
        model.set_ylabel("mean quality, between 0 and 1")
        model.set_ylim(0, 1.03)
        for axes in (*money, model):
            axes.set_xlabel("number of agents")
            axes.set_xticks(range(0, 21, 5))
        handles, labels = money[0].get_legend_handles_labels()
        figure.legend(
            handles,
            labels,
            loc="outside lower left",
            ncols=2,
            fontsize=9,
            title="Revenue depends on what happens when an agent stays out:",
            alignment="left",
        )


def _clip_above_welfare(axes: Any, agents: list[int], table: dict[str, list[float]]) -> None:
    """Keep welfare and revenue apart to the eye; say where the harmful rule's line would end."""
    top = HEADROOM * max(table["welfare"])
    axes.set_ylim(-0.04 * top, top)
    beyond = table["revenue, harmful"]
    leaves = next((n for n, mean in zip(agents, beyond, strict=True) if mean > top), None)
    if leaves is not None:
        axes.annotate(
            f"ends at {beyond[-1]:.0f}",
            (leaves, top),
            xytext=(6, -12),
            textcoords="offset points",
            fontsize=9,
            color=OFF_PATH_COLOURS[-1],
        )


def _band(
    axes: Any,
    x: list[float],
    table: dict[str, Any],
    key: str,
    label: str,
    colour: str,
    style: str,
) -> None:
    """Draw means with a band of two standard errors either way."""
    mean, error = table[key], table[f"{key}, error"]
    axes.plot(x, mean, color=colour, linestyle=style, label=label)
    low = [m - 2 * e for m, e in zip(mean, error, strict=True)]
    high = [m + 2 * e for m, e in zip(mean, error, strict=True)]
    axes.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)


def draw_opponent_figure(found: Reproduction, target: Path) -> None:
    """Draw welfare, revenue and utilities against the opponent's type, per reading."""
    types = found.series["types"]
    with picture(target, 9.0, 4.6) as figure:
        panels = figure.subplots(1, len(OWN_EFFECTS), sharey=True)
        for axes, (own, reading) in zip(panels, OWN_EFFECTS.items(), strict=True):
            table = found.series[own]
            for colour, style, name in zip(PALETTE, LINE_STYLES, QUANTITIES, strict=False):
                _band(axes, types, table, name, name, colour, style)
            axes.set_title(reading.replace(" (", "\n("), fontsize=10)
            axes.set_xlabel("type of the opponent (the static agent has type 1)")
        panels[0].set_ylabel("mean over samples, in units of money")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=9)


def draw_boundary_figure(found: Reproduction, target: Path) -> None:
    """Draw the boundary of existence, with the level at which the paper stops."""
    draw_frontier(found.series["points"], target, {"where the paper stops: 10,000": PAPER_LIMIT})
