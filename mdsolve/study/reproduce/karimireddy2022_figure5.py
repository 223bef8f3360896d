"""[K22] Figure 5 and C.1: companies that train a language model together."""

from __future__ import annotations

from typing import Any

import numpy as np

from mdsolve.game.curves import ThresholdPowerCurve
from mdsolve.progress import Monitor
from mdsolve.solver.shaping.standalone_value import cutoff_cost, individual_optimum
from mdsolve.solver.shaping.value_shaping import smallest_viable
from mdsolve.study.reproduce.karimireddy2022_alike import alike, exponents, most_data
from mdsolve.study.reproduce.record import Item, Reproduction, Row

VALUE, THRESHOLD, COST = 1e9, 5.4e13, 1e-3
EXPONENTS = {"0.095": 0.095, "0.95": 0.95}
"""The exponent that fits the figure, and the one printed."""

TOKENS = 5e11
"""Tokens the company trained on, as the paper says."""

PUBLISHED_NUMBER = 1000
COUNTS = np.unique(np.round(np.geomspace(100, 1e5, 121)).astype(int))
COSTS = np.logspace(-9, -4, 201)
NEAR = 0.15
"""How near 1 the exponent must come at 10^5 companies; it falls slowly."""


def curve_of(exponent: float) -> ThresholdPowerCurve:
    """Return the value of a model in dollars against tokens."""
    return ThresholdPowerCurve(VALUE, THRESHOLD, exponent)


def recompute(seed: int, monitor: Monitor) -> Reproduction:
    """Recompute the example under both exponents."""
    del seed
    series: dict[str, Any] = {"counts": COUNTS.tolist(), "costs": COSTS.tolist()}
    rows: list[Row] = []
    for done, (name, exponent) in enumerate(EXPONENTS.items()):
        curve = curve_of(exponent)
        series[f"alone, {name}"] = individual_optimum(curve, COSTS)[0].tolist()
        series[f"total, {name}"] = [most_data(curve, int(n), COST) for n in COUNTS]
        series[f"cutoff, {name}"] = cutoff_cost(curve)
        rows.extend(_rows(name, exponent, series[f"total, {name}"]))
        monitor.advance("exponents", done + 1, len(EXPONENTS))
    worth = 0.0 + float(curve_of(EXPONENTS["0.095"]).value(np.float64(TOKENS)))  # type: ignore[arg-type]
    rows.append(
        Row(
            "worth of a model trained on 5 * 10^11 tokens, in dollars",
            f"{VALUE:.3g}",
            f"{worth:g}",
            worth == VALUE,
            note="the paper takes the price paid for that very model as the worth of a perfect one",
        )
    )
    return Reproduction(
        ITEM.name,
        ITEM.title,
        "Figure 5 and appendix C.1 of [K22]",
        tuple(rows),
        (
            "The printed exponent 0.95 is a typing error: the fit that is cited has 0.095. Neither "
            "gives the 1000 companies of the text and the caption.",
            f"Under the stated value function a model is worth nothing below {THRESHOLD:g} tokens, "
            "a hundred times what the company trained on.",
        ),
        series,
    )


def _rows(name: str, exponent: float, totals: list[float]) -> list[Row]:
    curve = curve_of(exponent)
    fewest = smallest_viable(alike(curve, 2, COST))
    viable = [(n, s) for n, s in zip(COUNTS.tolist(), totals, strict=True) if s > 0]
    slopes = exponents([n for n, _ in viable], [s for _, s in viable])
    alone = float(individual_optimum(curve, np.array([COST]))[0][0])
    return [
        Row(
            f"companies needed, exponent {name}",
            f"{PUBLISHED_NUMBER}",
            fewest,
            fewest == PUBLISHED_NUMBER,
            note="cost / cut-off cost, rounded up",
        ),
        Row(
            f"a company alone trains nothing at 10^-3 dollars a token, exponent {name}",
            "yes",
            f"cut-off cost {cutoff_cost(curve):.4g}",
            alone == 0,
        ),
        Row(
            f"the data grow faster than the number of companies, then in proportion, {name}",
            "yes",
            f"exponent {slopes[0]:.2f} at {viable[0][0]:,} companies, {slopes[-1]:.2f} at "
            f"{viable[-1][0]:,}",
            slopes[0] > 1 + NEAR and abs(slopes[-1] - 1) < NEAR,
        ),
    ]


ITEM = Item("karimireddy2022/figure5", "Companies that train a language model together", recompute)
