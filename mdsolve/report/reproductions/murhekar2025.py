"""Pictures of the reproduced table of [M25]."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mdsolve.report.pictures.style import PALETTE, picture
from mdsolve.study.reproduce.murhekar2025_table1 import MECHANISMS, STEPS
from mdsolve.study.reproduce.record import Reproduction

BARS = {
    "published": "printed in Table 1",
    "simulated": f"after {STEPS} steps of the dynamics",
    "equilibrium": "at the equilibrium",
}
WIDTH = 0.27


def draw_shares_figure(found: Reproduction, target: Path) -> None:
    """Draw data shares per data set and mechanism: printed, simulated, at equilibrium."""
    places = np.arange(len(MECHANISMS))
    with picture(target, 10.0, 4.4) as figure:
        panels = figure.subplots(1, len(found.series), sharey=True)
        for axes, (name, table) in zip(panels, found.series.items(), strict=True):
            for k, (key, words) in enumerate(BARS.items()):
                heights = table[key]
                bars = axes.bar(
                    places + (k - 1) * WIDTH, heights, WIDTH, color=PALETTE[k], label=words
                )
                axes.bar_label(bars, [f"{height:.0f}" for height in heights], fontsize=8)
            axes.set_title(name)
            axes.set_xticks(places, [word.replace("-", "-\n") for word in MECHANISMS])
            axes.grid(axis="x", visible=False)
        panels[0].set_ylabel("data shared, % of all batches")
        panels[0].set_ylim(0, 112)
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(BARS), fontsize=9)
