"""[K22] Figure 2: how much one agent collects alone, against his cost."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mdsolve.progress import Monitor
from mdsolve.solver.shaping.standalone_value import cutoff_cost, individual_optimum
from mdsolve.study.reproduce.karimireddy2022_alike import COMPLEXITIES, exponents, value_of
from mdsolve.study.reproduce.record import Item, Reproduction, Row

COSTS = np.logspace(-7, -2, 251)
LIMIT = -2 / 3
NEAR = 0.01
"""How near an exponent must come to count as the published one."""


def recompute(seed: int, monitor: Monitor) -> Reproduction:
    """Recompute the optimum for three complexities."""
    del seed
    series: dict[str, Any] = {"costs": COSTS.tolist(), "complexities": list(COMPLEXITIES)}
    cutoffs, optima = [], []
    for done, complexity in enumerate(COMPLEXITIES):
        curve = value_of(complexity)
        cutoffs.append(cutoff_cost(curve))
        optima.append(individual_optimum(curve, COSTS)[0])
        monitor.advance("complexities", done + 1, len(COMPLEXITIES))
    series["cutoffs"] = cutoffs
    series["optima"] = [column.tolist() for column in optima]
    cheap = min(cutoffs) > COSTS
    rising = bool(np.all(np.diff(np.array(optima)[:, cheap], axis=0) > 0))
    rows = [
        Row(
            "the cost at which collecting becomes pointless is smaller for larger k",
            "yes",
            ", ".join(f"k = {k:g}: {c:.4e}" for k, c in zip(COMPLEXITIES, cutoffs, strict=True)),
            all(np.diff(cutoffs) < 0),
        ),
        Row(
            "where all three collect, more is collected for larger k",
            "yes",
            "at all " + f"{int(cheap.sum())} costs below every cut-off" if rising else "no",
            rising,
        ),
        *(_power_law(complexity) for complexity in COMPLEXITIES),
    ]
    return Reproduction(
        ITEM.name,
        ITEM.title,
        "Figure 2 and section 2.2 of [K22]; the figure's numbers are not printed",
        tuple(rows),
        (
            "The caption speaks of different numbers of agents; the lines belong to different "
            "complexities k.",
            "The exponent -2/3 is the limit of small costs: the logarithm in the value function "
            "bends the lines, the more the larger k.",
            "At the cut-off the optimum jumps to 0; it does not shrink to it.",
        ),
        series,
    )


def _power_law(complexity: float) -> Row:
    curve = value_of(complexity)
    cutoff = cutoff_cost(curve)
    shares = [share * step for share in (1.0, 10.0**-6, 10.0**-12) for step in (0.99, 0.98)]
    optima = individual_optimum(curve, cutoff * np.array(shares))[0].tolist()
    near, middle, far = exponents(shares, optima)[::2]
    return Row(
        f"the optimum falls as cost to the power -2/3, k = {complexity:g}",
        f"{LIMIT:.4f}",
        f"{near:.4f} at the cut-off, {middle:.4f} and {far:.4f} at 10^-6 and 10^-12 of it",
        math.isclose(near, LIMIT, abs_tol=NEAR) and math.isclose(middle, LIMIT, abs_tol=NEAR),
        note=f"at the cut-off {optima[0]:.4g} samples are collected, beyond it none",
    )


ITEM = Item("karimireddy2022/figure2", "What one agent collects alone", recompute)
