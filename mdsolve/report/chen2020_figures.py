"""Pictures of the reproduced figures of [C20]."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mdsolve.report.figure import PALETTE, picture
from mdsolve.study.reproduce.chen2020_linear import OFF_PATHS, OWN_EFFECTS
from mdsolve.study.reproduce.record import Reproduction


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
            (1.05, series["truth"]),
            fontsize=9,
            xytext=(0, 4),
            textcoords="offset points",
            color=PALETTE[1],
        )
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
    """Draw revenue, welfare and model quality against the number of agents, per reading."""
    agents = found.series["agents"]
    with picture(target, 9.0, 4.6) as figure:
        panels = figure.subplots(1, len(OWN_EFFECTS), sharey=True)
        for axes, (own, reading) in zip(panels, OWN_EFFECTS.items(), strict=True):
            table = found.series[own]
            _band(axes, agents, table, "welfare", "social welfare", PALETTE[6], "-")
            for colour, style, (off_path, words) in zip(
                PALETTE, ("-", "--", ":"), OFF_PATHS.items(), strict=False
            ):
                _band(
                    axes, agents, table, f"revenue, {off_path}", f"revenue: {words}", colour, style
                )
            _band(axes, agents, table, "quality", "model quality", PALETTE[3], "-.")
            axes.set_title(reading.replace(" (", "\n("), fontsize=10)
            axes.set_xlabel("number of agents")
        panels[0].set_ylabel("money (and quality, without unit)")
        panels[0].legend(loc="upper left", fontsize=8)


def _band(
    axes: Any,
    agents: list[int],
    table: dict[str, Any],
    key: str,
    label: str,
    colour: str,
    style: str,
) -> None:
    mean, error = table[key], table[f"{key}, error"]
    axes.plot(agents, mean, color=colour, linestyle=style, label=label)
    low = [m - 2 * e for m, e in zip(mean, error, strict=True)]
    high = [m + 2 * e for m, e in zip(mean, error, strict=True)]
    axes.fill_between(agents, low, high, color=colour, alpha=0.15, linewidth=0)


def draw_opponent_figure(found: Reproduction, target: Path) -> None:
    """Draw welfare, revenue and utilities against the opponent's type, per reading."""
    types = found.series["types"]
    with picture(target, 9.0, 4.2) as figure:
        panels = figure.subplots(1, len(OWN_EFFECTS), sharey=True)
        for axes, (own, reading) in zip(panels, OWN_EFFECTS.items(), strict=True):
            for colour, style, name in zip(
                PALETTE, ("-", "--", "-.", ":"), found.series[own], strict=False
            ):
                axes.plot(types, found.series[own][name], color=colour, linestyle=style, label=name)
            axes.set_title(reading.replace(" (", "\n("), fontsize=10)
            axes.set_xlabel("type of the opponent (the static agent has type 1)")
        panels[0].set_ylabel("money")
        panels[1].legend(loc="upper left", fontsize=8)
