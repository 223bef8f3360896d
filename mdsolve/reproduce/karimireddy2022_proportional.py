"""[K22] appendix C.2: the proportional baselines, Theorem VI and Figures 6 and 7."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

import mdsolve as md
from mdsolve.reproduce.record import Recomputation, sharing
from mdsolve.tolerance import DEFAULT

AGENTS = 10_000
COMPLEXITY = 10
HARD = 100
"""Complexity of Figure 7: neither type contributes alone, as the paper says of its agents."""

EXPONENTS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
RULES = ("data", "value", "shapley")
LOW, HIGH = 1e-4, 2e-4
FRACTIONS = (0.1, 0.3, 0.5, 0.7, 0.9)
MIXED_EXPONENTS = (0.5, 0.9, 1.0)
CLOSE = DEFAULT.verify
"""Relative difference at which two totals are the same."""


def game_of(costs: Sequence[tuple[int, float]], complexity: float) -> md.SharingInstance:
    """Return a game of agents with the paper's curve; costs are (count, rate) pairs."""
    counts, rates = zip(*costs, strict=True)
    accuracy = {"family": "pac", "ceiling": 0.95, "complexity": complexity}
    names = [f"{letter}-{{}}" for letter, _ in zip("abc", costs, strict=False)]
    return sharing(accuracy, rates, name=names, count=counts)


def solved(
    game: md.SharingInstance, rule: str, power: float, select: str = "most-data"
) -> md.Solution:
    """Return the selected equilibrium of one rule."""
    return md.solve(game, f"proportional-{rule}", options={"p": power, "select": select})


def proportional(run: Recomputation) -> None:
    """Recompute Theorem VI's equilibria and the totals of both figures."""
    theorem6(run)
    figure6(run)
    figure7(run)
    run.words |= {"k": COMPLEXITY, "hard": HARD}


def theorem6(run: Recomputation) -> None:
    """Say what holds of Theorem VI for ten agents who would contribute alone."""
    n, rate = 10, 1e-4
    game = game_of([(n, rate)], 1)
    alone = float(md.solve(game, "value-shaping").standalone["contributions"][0])
    least, best = (solved(game, "data", 1.0, select) for select in ("least-data", "best-utility"))
    each, most = (float(found.contributions[0]) for found in (least, best))
    few, many = (float(found.utilities.mean()) for found in (least, best))
    agrees = abs(each * n - alone) <= CLOSE * alone
    run.say("equilibrium", agrees=agrees, alone=alone, each=each, n=n, rate=rate)
    run.say("largest", agrees=many <= (1 + CLOSE) * few, least=few, best=many, each=most)


def figure6(run: Recomputation) -> None:
    """Find totals against the exponent for agents alike."""
    game = game_of([(AGENTS, 0.1)], COMPLEXITY)
    shaped = md.solve(game, "value-shaping").equilibrium_totals[-1]
    series: dict[str, Any] = {"exponents": list(EXPONENTS), "value-shaping": shaped}
    for rule in run.each("rules", RULES):
        found = [solved(game, rule, power) for power in EXPONENTS]
        series[rule] = [entry.metrics["total_data"] for entry in found]
        series[f"{rule}, least"] = [entry.equilibrium_totals[0] for entry in found]
    data, value, shapley = (series[rule] for rule in RULES)
    grows = all(a <= b for rule in (data, shapley) for a, b in pairwise(rule))
    words = "never fall with" if grows else "fall with some"
    gone = data[-1] == 0 and shapley[-1] == 0
    best, below = max(shapley), (1 - CLOSE) * shaped
    run.say("nobody", data[0], data[0] == 0, n=AGENTS, k=COMPLEXITY)
    run.say("collapse", agrees=gone, data=data[-1], shapley=shapley[-1], words=words)
    run.say("value", max(value), max(value) < max(data) / 2)
    run.say("data", agrees=data[-1] < below, data=data[-1], shaped=shaped)
    run.say("shapley", agrees=best < below, best=best, shaped=shaped)
    run.series["figure6"] = series


def figure7(run: Recomputation) -> None:
    """Find totals against the share of low-cost agents."""
    series: dict[str, Any] = {"fractions": list(FRACTIONS), "exponents below 1": MIXED_EXPONENTS[-2]}
    for fraction in run.each("fractions", FRACTIONS):
        few = round(fraction * AGENTS)
        game = game_of([(few, LOW), (AGENTS - few, HIGH)], HARD)
        shaped = md.solve(game, "value-shaping")
        found = {p: solved(game, "data", p) for p in MIXED_EXPONENTS}
        totals = {p: entry.metrics["total_data"] for p, entry in found.items()}
        best = max(totals, key=lambda p: totals[p])
        for key, entry in {
            "value-shaping": shaped.equilibrium_totals[-1],
            "data": totals[best],
            "exponent": best,
            "high, shaped": float(shaped.accuracies[-1]) / HIGH,
            "high, p = 1": float(found[1.0].contributions[-1]),
            "high, p < 1": float(found[MIXED_EXPONENTS[-2]].contributions[-1]),
        }.items():
            series.setdefault(key, []).append(entry)
    ratios = np.array(series["value-shaping"]) / np.array(series["data"])
    high = series["high, p = 1"]
    gone = [f"{f:g}" for f, samples in zip(FRACTIONS, high, strict=True) if samples == 0]
    settings = {"low": LOW, "high": HIGH, "k": HARD, "powers": str(MIXED_EXPONENTS)}
    run.say("fifty", agrees=ratios.max() > 10, least=ratios.min(), most=ratios.max(), **settings)
    power, below = MIXED_EXPONENTS[-2], min(series["high, p < 1"])
    words = ", ".join(gone) or "none"
    run.say("leave", agrees=len(gone) == len(FRACTIONS), gone=words, power=power, below=below)
    run.series["figure7"] = series
