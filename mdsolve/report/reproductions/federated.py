"""Pictures of the reproduced experiments with federated protocols."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mdsolve.report.pictures.style import PALETTE, picture
from mdsolve.study.reproduce import doshi2025_protocols as protocols
from mdsolve.study.reproduce import murhekar2023_table2 as table2
from mdsolve.study.reproduce.record import Reproduction

STYLES = {
    "fedavg": {"color": PALETTE[6], "linestyle": "--", "marker": "s"},
    "2p-upbred": {"color": PALETTE[0], "linestyle": "-", "marker": "o", "markerfacecolor": "none"},
    "upbred": {"color": PALETTE[1], "linestyle": "-", "marker": "^"},
    "fedavg-strategic": {"color": PALETTE[2], "linestyle": ":", "marker": "D"},
    "fedbr": {"color": PALETTE[1], "linestyle": "-", "marker": "^"},
    "fedbr-bg": {"color": PALETTE[0], "linestyle": "-", "marker": "o"},
}


def draw_protocol_figure(found: Reproduction, target: Path) -> None:
    """Draw welfare against the number of agents and against beta, and the share of data."""
    series = found.series
    with picture(target, 12.0, 4.2) as figure:
        agents, betas, share = figure.subplots(1, 3)
        for axes, across in ((agents, "agents"), (betas, "betas")):
            table = series["welfare by agents" if across == "agents" else "welfare by beta"]
            _lines(axes, series[across], table, protocols.LABELS)
            axes.set_ylabel("welfare, sum of loss below guessing")
            axes.set_ylim(bottom=0)
        agents.set_xlabel("number of agents")
        agents.set_title("Paid, everybody brings all")
        agents.legend()
        betas.set_xlabel("beta, money per example")
        betas.set_title(f"{protocols.PUBLISHED_AGENTS} agents")
        share.plot(
            series["betas"],
            [100 * entry for entry in series["share by beta"]],
            **STYLES["2p-upbred"],
        )
        share.set_xlabel("beta, money per example")
        share.set_ylabel("data brought under 2P-UPBReD, %")
        share.set_ylim(0, 105)
        share.set_title("A beta below zeta + tau is enough")


def draw_p_mean_figure(found: Reproduction, target: Path) -> None:
    """Draw p-means against p, and average utilities against the cost of data."""
    series = found.series
    with picture(target, 12.0, 4.2) as figure:
        means, last, whole = figure.subplots(1, 3)
        _lines(means, series["exponents"], series["means"], table2.LABELS)
        means.set_xlabel("p")
        means.set_ylabel("p-mean of utilities, accuracy")
        means.set_title(f"cost {table2.BASE_COST:g} per example")
        means.legend()
        for axes, key, words in (
            (last, "welfare", "last round"),
            (whole, "welfare, all rounds", "average of all rounds"),
        ):
            _lines(axes, series["costs"], series[key], table2.LABELS)
            axes.set_xscale("log")
            axes.set_xticks(series["costs"], labels=[f"{cost:g}" for cost in series["costs"]])
            axes.set_xticks([], minor=True)
            axes.set_xlabel("cost per example")
            axes.set_ylabel("average utility, accuracy")
            axes.set_title(words)


def _lines(axes: Any, x: Any, table: Any, labels: dict[str, str]) -> None:
    for name, values in table.items():
        axes.plot(x, values, label=labels[name], markersize=5, **STYLES[name])
