"""[K22] Figure 4: data collected by shaped models against agents, cost and complexity."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mdsolve.progress import Monitor
from mdsolve.solver.shaping.standalone_value import cutoff_cost
from mdsolve.solver.shaping.value_shaping import smallest_viable
from mdsolve.study.reproduce.karimireddy2022_alike import (
    COMPLEXITIES,
    alike,
    exponents,
    most_data,
    value_of,
)
from mdsolve.study.reproduce.record import Item, Reproduction, Row

AGENTS, COST = 10_000, 0.1
COUNTS = np.unique(np.round(np.geomspace(10, 1e5, 81)).astype(int))
COSTS = np.geomspace(1e-2, 100, 81)
HARDNESS = np.geomspace(1, 1e4, 81)
NEAR = 0.1
"""How near an exponent must come to the published one."""


def recompute(seed: int, monitor: Monitor) -> Reproduction:
    """Recompute the three panels."""
    del seed
    series: dict[str, Any] = {
        "counts": COUNTS.tolist(),
        "costs": COSTS.tolist(),
        "complexities": list(COMPLEXITIES),
        "hardness": HARDNESS.tolist(),
        "by_count": [],
        "by_cost": [],
    }
    for done, complexity in enumerate(COMPLEXITIES):
        curve = value_of(complexity)
        series["by_count"].append([most_data(curve, int(n), COST) for n in COUNTS])
        series["by_cost"].append([most_data(curve, AGENTS, float(c)) for c in COSTS])
        monitor.advance("complexities", done + 1, len(COMPLEXITIES))
    cutoffs = [cutoff_cost(value_of(float(k))) for k in HARDNESS]
    series["fewest"] = [COST / c for c in cutoffs]
    return Reproduction(
        ITEM.name,
        ITEM.title,
        "Figure 4 of [K22]: optimal value 0.95, cost 0.1, 10^4 agents unless varied; the numbers "
        "are not printed",
        tuple(_rows(series)),
        (
            "Totals are the largest equilibrium; contributing nothing is an equilibrium too at "
            "every setting, and there is an unstable one in between.",
            "The smallest viable number is cost / cut-off cost(k): linear in the cost for every "
            "value function. In k it is linear only for large k, where 4 beside sqrt(2k(...)) no "
            "longer matters.",
        ),
        series,
    )


def _rows(series: dict[str, Any]) -> list[Row]:
    default = [most_data(value_of(k), AGENTS, COST) for k in COMPLEXITIES]
    rows = [
        Row(
            "at every setting an agent alone collects nothing",
            "yes",
            f"cut-off costs {cutoff_cost(value_of(100.0)):.3g} to {cutoff_cost(value_of(1.0)):.3g},"
            f" below every cost of the figure from {COSTS[0]:g} on",
            bool(cutoff_cost(value_of(1.0)) < COSTS[0]),
            note="the figure's range of costs is not printed",
        ),
        Row(
            "data collected at the defaults",
            "",
            ", ".join(f"k = {k:g}: {s:,.0f}" for k, s in zip(COMPLEXITIES, default, strict=True)),
        ),
        Row(
            "the total is relatively unaffected by k",
            "yes",
            f"{1 - default[-1] / default[0]:.0%} less for k = 100 than for k = 1",
            default[-1] > 0.8 * default[0],
        ),
    ]
    for name, x, published in (("by_count", COUNTS, 1.0), ("by_cost", COSTS, -1.0)):
        what = "number of agents" if name == "by_count" else "cost"
        for k, totals in zip(COMPLEXITIES, series[name], strict=True):
            viable = [(a, s) for a, s in zip(x.tolist(), totals, strict=True) if s > 0]
            viable.sort(key=lambda pair: pair[1])
            slopes = exponents([a for a, _ in viable], [s for _, s in viable])
            rows.append(
                Row(
                    f"exponent of the total in the {what}, k = {k:g}",
                    f"{published:g}",
                    f"{slopes[0]:.2f} where it just becomes viable, {slopes[-1]:.3f} at the "
                    "other end",
                    math.isclose(slopes[-1], published, abs_tol=NEAR),
                    note="the verdict is on the far end",
                )
            )
    slopes = exponents(HARDNESS.tolist(), series["fewest"])
    fewest = [smallest_viable(alike(value_of(10.0), 2, factor * COST)) or 0 for factor in (1, 10)]
    rows.append(
        Row(
            "the smallest viable number of agents is linear in the cost",
            "yes",
            f"{fewest[0]:,} at cost {COST:g}, {fewest[1]:,} at {10 * COST:g}, k = 10",
            10 * (fewest[0] - 1) < fewest[1] <= 10 * fewest[0],
            note="a whole number: rounded up",
        )
    )
    rows.append(
        Row(
            "the smallest viable number of agents is linear in k",
            "exponent 1",
            f"exponent {slopes[0]:.2f} at k = 1, {np.interp(100, HARDNESS[1:], slopes):.2f} at "
            f"100, {slopes[-1]:.2f} at 10^4",
            math.isclose(min(slopes), 1.0, abs_tol=NEAR),
        )
    )
    return rows


ITEM = Item("karimireddy2022/figure4", "Data collected by shaped models", recompute)
