"""Picture of section 5.1 of [M25] in miniature: the fit, the data shared, the accuracy reached."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mdsolve.report.pictures.style import PALETTE, picture
from mdsolve.study.reproduce.murhekar2025_section5 import MECHANISMS
from mdsolve.study.reproduce.record import Reproduction

WIDTH = 0.38


def draw_section5_figure(found: Reproduction, target: Path) -> None:
    """Draw fitted against measured accuracies, and data and accuracy by mechanism."""
    series = found.series
    with picture(target, 11.0, 4.0) as figure:
        fit, data, accuracy = figure.subplots(1, 3)
        _draw_fit(fit, series)
        shares = np.array(series["share"])
        places = np.arange(len(MECHANISMS))
        bars = data.bar(places, shares.mean(axis=0), 2 * WIDTH, color=PALETTE[2])
        data.bar_label(bars, fmt="%.0f", fontsize=8)
        data.set(ylim=(0, 112), title="Data shared, % of all")
        for k, (key, words) in enumerate(
            {"predicted": "by the fitted functions", "accuracy": "after training"}.items()
        ):
            table = np.array(series[key])
            error = table.std(axis=0, ddof=1) / np.sqrt(len(table))
            accuracy.bar(
                places + (k - 0.5) * WIDTH,
                table.mean(axis=0),
                WIDTH,
                yerr=error,
                color=PALETTE[k],
                label=words,
            )
        accuracy.set(ylim=(0, 112), title="Mean accuracy at equilibrium, %")
        accuracy.legend(loc="upper left", fontsize=8)
        for axes in (data, accuracy):
            axes.set_xticks(places, [name.replace("-", "-\n") for name in MECHANISMS])
            axes.grid(axis="x", visible=False)


def _draw_fit(axes: Any, series: Any) -> None:
    group = np.array(series["group"])
    for k, name in enumerate(series["groups"]):
        own = group == k
        axes.plot(
            np.array(series["measured"])[own],
            np.array(series["fitted"])[own],
            ".",
            color=PALETTE[k],
            alpha=0.6,
            label=name,
        )
    axes.plot([0, 1], [0, 1], color="black", linewidth=0.8)
    axes.set(xlabel="measured accuracy", ylabel="fitted", title="Fit to training runs")
    axes.legend(loc="upper left", fontsize=8)
