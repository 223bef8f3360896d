"""[C20] Figure 1: maximal exploitation payments against the number of agents."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mdsolve.progress import Monitor
from mdsolve.study.reproduce.chen2020_linear import (
    OFF_PATHS,
    OWN_EFFECTS,
    draw_effects,
    outcomes,
    quality,
)
from mdsolve.study.reproduce.record import Item, Reproduction, Row

AGENTS = tuple(range(1, 21))
PAPER_SAMPLES = 50
SAMPLES = 4000
STANDARD_ERRORS = 3.0
"""How many standard errors a difference must measure before it counts."""

CLOSE_TO_OPTIMAL = 0.97


def recompute(seed: int, monitor: Monitor) -> Reproduction:
    """Recompute the averages for 1 to 20 agents, under both readings and three off-path rules."""
    series: dict[str, Any] = {"agents": list(AGENTS)}
    steps = len(OWN_EFFECTS) * len(AGENTS)
    done = 0
    for own in OWN_EFFECTS:
        table: dict[str, list[float]] = {}
        for n in AGENTS:
            random = np.random.default_rng([seed, n])
            effects = draw_effects(random, SAMPLES, n, own)
            types = random.uniform(0, 1, (SAMPLES, n))
            for off_path in OFF_PATHS:
                found = outcomes(effects, types, off_path)
                surplus = found.revenue - found.welfare
                for key, sample in (
                    (f"revenue, {off_path}", found.revenue),
                    (f"surplus, {off_path}", surplus),
                    ("welfare", found.welfare),
                    ("quality", found.quality),
                ):
                    if key in table and len(table[key]) == n:
                        continue
                    table.setdefault(key, []).append(float(sample.mean()))
                    table.setdefault(f"{key}, error", []).append(
                        float(sample.std(ddof=1)) / math.sqrt(SAMPLES)
                    )
                    table.setdefault(f"{key}, first 50", []).append(
                        float(sample[:PAPER_SAMPLES].mean())
                    )
            done += 1
            monitor.advance("numbers of agents", done, steps)
        series[own] = table
    return Reproduction(
        ITEM.name,
        ITEM.title,
        "Figure 1 and section 7.1 of [C20]; the figure's numbers are not printed",
        _rows(series),
        (
            "The paper draws alpha_ii from [-1, 1] in section 7.1 and calls it always positive in "
            "Example 2; both readings are shown.",
            "What the others do when one agent stays out is a free choice that changes revenue. "
            "None of them puts revenue above welfare in the long run: with alpha_ii of any sign "
            "the two are equal on average, so that a mean of 50 samples falls on either side by "
            "chance; with positive alpha_ii revenue is lower.",
            f"Means over {SAMPLES:,} samples with standard errors; the paper averages over "
            f"{PAPER_SAMPLES}.",
        ),
        series,
    )


def _rows(series: dict[str, Any]) -> tuple[Row, ...]:
    rows = []
    for own, reading in OWN_EFFECTS.items():
        table = series[own]
        revenue = table["revenue, efficient"]
        rows.append(
            Row(
                f"revenue rises with the number of agents; {reading}",
                "yes",
                f"{revenue[1]:.3f} at 2, {revenue[-1]:.3f} at 20 agents",
                _rises(revenue, table["revenue, efficient, error"]),
            )
        )
        for off_path, words in OFF_PATHS.items():
            surplus = np.array(table[f"surplus, {off_path}"])
            error = np.array(table[f"surplus, {off_path}, error"])
            above = [
                n
                for n, gap, e in zip(AGENTS, surplus, error, strict=True)
                if gap > STANDARD_ERRORS * e and n > 1
            ]
            numbers = f"{len(above)} of {len(AGENTS) - 1} numbers of agents" if above else "never"
            if off_path == "efficient":
                short = np.array(table["surplus, efficient, first 50"])[1:]
                rows.append(
                    Row(
                        f"revenue above welfare in a mean of {PAPER_SAMPLES} samples; {reading}",
                        "may happen",
                        f"{int((short > 0).sum())} of {len(short)} numbers of agents",
                        bool((short > 0).any()),
                    )
                )
            rows.append(
                Row(
                    f"mean revenue above welfare; {words}; {reading}",
                    "may happen",
                    f"{numbers}; {surplus[-1]:+.3f} +- {error[-1]:.3f} at 20",
                    bool(above),
                )
            )
    optimum = float(quality(np.float64(AGENTS[11] / 2)))  # type: ignore[arg-type]
    reached = series["any-sign"]["quality"][11]
    rows.append(
        Row(
            "model quality with 12 agents (limit 1)",
            "close to optimal",
            f"{reached:.4f}; Q at the mean total {optimum:.4f}",
            reached > CLOSE_TO_OPTIMAL,
        )
    )
    return tuple(rows)


def _rises(means: list[float], errors: list[float]) -> bool:
    first, last = means[1], means[-1]
    return last - first > STANDARD_ERRORS * math.hypot(errors[1], errors[-1])


ITEM = Item("chen2020/figure1", "Maximal exploitation against the number of agents", recompute)
