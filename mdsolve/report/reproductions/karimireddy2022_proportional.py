"""Picture of [K22] Figures 6 and 7, recomputed: total data against the exponent and the mixture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mdsolve.report.pictures.style import PALETTE, picture
from mdsolve.study.reproduce.karimireddy2022_proportional import AGENTS, HIGH, LOW, RULES
from mdsolve.study.reproduce.record import Reproduction

THOUSAND, MILLION = 1e3, 1e6


def draw_proportional_figure(found: Reproduction, target: Path) -> None:
    """Draw equilibrium totals against p, totals of mixtures, and what high-cost agents give."""
    with picture(target, 12.0, 4.4) as figure:
        against_exponent, mixtures, dearer = figure.subplots(1, 3)
        _draw_exponents(against_exponent, found.series["figure6"])
        _draw_mixtures(mixtures, found.series["figure7"])
        _draw_dearer(dearer, found.series["figure7"])


def _draw_exponents(axes: Any, series: Any) -> None:
    exponents = series["exponents"]
    axes.axhline(
        series["value-shaping"] / THOUSAND, color=PALETTE[-1], linestyle="--", label="value shaping"
    )
    styles = (("-", "o", 4), ("-", "s", 4), ("none", "D", 6))
    for (rule, words), colour, (line, marker, size) in zip(
        RULES.items(), PALETTE, styles, strict=False
    ):
        axes.plot(
            exponents,
            [total / THOUSAND for total in series[rule]],
            linestyle=line,
            marker=marker,
            markersize=size,
            markerfacecolor="none",
            color=colour,
            label=f"{words}, most data",
        )
    axes.plot(
        exponents,
        [total / THOUSAND for total in series["data, least"]],
        linestyle=":",
        color=PALETTE[0],
        label="proportional data, least data",
    )
    axes.set_xlabel("exponent p")
    axes.set_ylabel("total data, thousand samples")
    axes.set_title(f"{AGENTS:,} agents alike")
    axes.set_ylim(top=1.5 * series["value-shaping"] / THOUSAND)
    axes.legend(loc="upper left", fontsize=8)


def _draw_mixtures(axes: Any, series: Any) -> None:
    for key, words, colour, marker in (
        ("value-shaping", "value shaping", PALETTE[-1], "s"),
        ("data", "proportional data, best p", PALETTE[0], "o"),
    ):
        axes.plot(
            series["fractions"],
            [total / MILLION for total in series[key]],
            marker=marker,
            color=colour,
            label=words,
        )
    axes.set_ylim(bottom=0)
    axes.set_xlabel("share of low-cost agents")
    axes.set_ylabel("total data, million samples")
    axes.set_title(f"costs {LOW:g} and {HIGH:g}")
    axes.legend(loc="lower right", fontsize=8)


def _draw_dearer(axes: Any, series: Any) -> None:
    below = series["exponents below 1"]
    for key, words, colour, marker in (
        ("high, shaped", "value shaping", PALETTE[-1], "s"),
        ("high, p < 1", f"proportional data, p = {below:g}", PALETTE[1], "D"),
        ("high, p = 1", "proportional data, p = 1", PALETTE[0], "o"),
    ):
        axes.plot(series["fractions"], series[key], marker=marker, color=colour, label=words)
    axes.set_yscale("symlog", linthresh=1)
    axes.set_ylim(-0.2, 1e5)
    axes.set_xlabel("share of low-cost agents")
    axes.set_ylabel("samples of a high-cost agent")
    axes.set_title("who is driven out")
    axes.legend(loc="upper right", fontsize=8)
