"""Pictures of the reproduced Figures 2, 4 and 5 of [K22]."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mdsolve.report.pictures.style import PALETTE, picture
from mdsolve.study.reproduce.karimireddy2022_figure4 import AGENTS, COST
from mdsolve.study.reproduce.karimireddy2022_figure5 import (
    EXPONENTS,
    PUBLISHED_NUMBER,
    THRESHOLD,
    TOKENS,
    curve_of,
)
from mdsolve.study.reproduce.record import Reproduction

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def positive(x: Sequence[float], y: Sequence[float]) -> tuple[list[float], list[float]]:
    """Return the points above 0, which a logarithmic axis can show.

    Examples
    --------
    >>> positive([1, 2, 3], [0, 5, 0])
    ([2], [5])
    """
    kept = [(a, b) for a, b in zip(x, y, strict=True) if b > 0]
    return [a for a, _ in kept], [b for _, b in kept]


def draw_alone_figure(found: Reproduction, target: Path) -> None:
    """Draw the individual optimum against the cost, with the cut-offs."""
    series = found.series
    with picture(target) as figure:
        axes = figure.add_subplot()
        for k, optima, cutoff, colour in zip(
            series["complexities"], series["optima"], series["cutoffs"], PALETTE, strict=False
        ):
            x, y = positive(series["costs"], optima)
            axes.loglog(x, y, color=colour, label=f"k = {k:g}")
            axes.axvline(cutoff, color=colour, linestyle=":", linewidth=1)
        guide = np.logspace(-7, -5, 2)
        axes.loglog(guide, 8e4 * (guide / guide[0]) ** (-2 / 3), color="#808080", linewidth=1)
        axes.text(2.5 * guide[0], 1.2e4, "slope -2/3", fontsize=9, color="#606060")
        axes.set_xlabel("cost of one sample, in accuracy (dotted: cut-off, beyond it nothing)")
        axes.set_ylabel("samples collected alone")
        axes.set_title(found.title)
        axes.legend(fontsize=9)


def draw_collected_figure(found: Reproduction, target: Path) -> None:
    """Draw the total against the number of agents and the cost, and the smallest viable number."""
    series = found.series
    with picture(target, 12.0, 4.4) as figure:
        by_count, by_cost, fewest = figure.subplots(1, 3)
        for k, counts, costs, colour in zip(
            series["complexities"], series["by_count"], series["by_cost"], PALETTE, strict=False
        ):
            _line(by_count, *positive(series["counts"], counts), f"k = {k:g}", colour)
            _line(by_cost, *positive(series["costs"], costs), f"k = {k:g}", colour)
        _line(fewest, series["hardness"], series["fewest"], "", PALETTE[3])
        by_count.set_title(f"cost {COST:g}", fontsize=10)
        by_count.set_xlabel("number of agents")
        by_count.set_ylabel("total data at equilibrium, in samples")
        by_cost.set_title(f"{AGENTS:,} agents", fontsize=10)
        by_cost.set_xlabel("cost of one sample, in accuracy")
        fewest.set_title(f"agents needed for any data, cost {COST:g}", fontsize=10)
        fewest.set_xlabel("complexity k")
        fewest.set_ylabel("smallest viable number of agents")
        by_count.legend(fontsize=9)


def draw_language_model_figure(found: Reproduction, target: Path) -> None:
    """Draw the value function, what a company trains alone, and what companies collect together."""
    series = found.series
    tokens = np.geomspace(1e11, 1e18, 300)
    with picture(target, 12.0, 4.4) as figure:
        value, alone, together = figure.subplots(1, 3)
        for (name, exponent), colour in zip(EXPONENTS.items(), PALETTE, strict=False):
            label = f"exponent {name}"
            value.semilogx(
                tokens, curve_of(exponent).value(tokens) / 1e9, color=colour, label=label
            )
            _line(alone, *positive(series["costs"], series[f"alone, {name}"]), label, colour)
            alone.axvline(series[f"cutoff, {name}"], color=colour, linestyle=":", linewidth=1)
            counts, totals = positive(series["counts"], series[f"total, {name}"])
            _line(together, counts, totals, label, colour)
            together.axvline(counts[0], color=colour, linestyle=":", linewidth=1)
        value.axvline(TOKENS, color="#808080", linestyle="--", linewidth=1)
        value.text(TOKENS * 1.3, 0.4, "trained\non these\ntokens", fontsize=9)
        value.axhline(0, color="black", linewidth=0.6)
        value.set_xlabel("tokens")
        value.set_ylabel("worth of the model, in 10^9 dollars")
        value.set_title(f"worth nothing below {THRESHOLD:.1e} tokens", fontsize=10)
        value.legend(fontsize=9)
        alone.set_xlabel("cost of a token, in dollars (dotted: cut-off)")
        alone.set_ylabel("tokens a company collects alone")
        alone.set_title("alone", fontsize=10)
        together.axvline(PUBLISHED_NUMBER, color="#808080", linestyle="--", linewidth=1)
        together.text(
            PUBLISHED_NUMBER * 0.93, totals[-1], "published\n1000", ha="right", va="top", fontsize=9
        )
        together.set_xlabel("number of companies (dotted: smallest viable)")
        together.set_ylabel("tokens collected together")
        together.set_title("together, at 0.001 dollars a token", fontsize=10)


def _line(axes: Axes, x: Sequence[float], y: Sequence[float], label: str, colour: str) -> None:
    axes.loglog(x, y, color=colour, label=label)
