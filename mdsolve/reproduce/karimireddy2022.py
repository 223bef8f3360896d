"""[K22] Figures 2, 4 and 5: what one agent collects alone, and what shaped models collect from many.

These are 700 games of up to 10^5 agents, too many to be certified one by one: the numbers come
straight from the solver.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.curves import Curve
from mdsolve.game.sharing import SharingGame
from mdsolve.reproduce.record import Recomputation, sharing
from mdsolve.solver.shaping.standalone_value import cutoff_cost, individual_optimum
from mdsolve.solver.shaping.value_shaping import common_curve, shaped_equilibria, smallest_viable

Value = Mapping[str, Any]

COMPLEXITIES = (1.0, 10.0, 100.0)
LIMIT = -2 / 3
ALONE_COSTS = np.logspace(-7, -2, 251)
NEAR_LIMIT, NEAR_LINEAR, NEAR_PROPORTIONAL = 0.01, 0.1, 0.15
"""How near an exponent must come to count as the published one, in the three figures."""


def value_of(complexity: float) -> Value:
    """Return the value of data in section 2.2 at one complexity, with the a_opt of the figures."""
    return {"family": "pac", "ceiling": 0.95, "complexity": complexity}


def alike(value: Value, count: int, cost: float) -> SharingGame:
    """Return a game of agents with the same linear cost and value 1."""
    return sharing_game(sharing(value, [cost], name=["agent-{}"], count=[count]))


def curve_of(value: Value) -> Curve:
    """Return the value of data as a function."""
    return common_curve(alike(value, 2, 1.0))


def most_data(value: Value, count: int, cost: float) -> float:
    """Return the largest equilibrium total under shaped models, in samples."""
    return shaped_equilibria(alike(value, count, cost)).totals[-1]


def exponents(x: Iterable[float], y: Iterable[float]) -> list[float]:
    """Return the slopes of log y against log x between neighbours, by rising y, where y > 0."""
    points = sorted((b, a) for a, b in zip(x, y, strict=True) if b > 0)
    return [
        math.log(after / before) / math.log(right / left)
        for (before, left), (after, right) in zip(points, points[1:], strict=False)
    ]


def figure2(run: Recomputation) -> None:
    """Recompute the optimum alone for three complexities."""
    curves = [curve_of(value_of(k)) for k in COMPLEXITIES]
    cutoffs = [cutoff_cost(curve) for curve in curves]
    optima = [individual_optimum(curve, ALONE_COSTS)[0] for curve in curves]
    cheap = min(cutoffs) > ALONE_COSTS
    rising = bool(np.all(np.diff(np.array(optima)[:, cheap], axis=0) > 0))
    run.say("cutoff", agrees=all(np.diff(cutoffs) < 0), cutoffs=cutoffs)
    words = f"at all {int(cheap.sum())} costs below every cut-off" if rising else "no"
    run.say("more", words, rising)
    for k, curve, cutoff in zip(COMPLEXITIES, curves, cutoffs, strict=True):
        shares = [share * step for share in (1.0, 10.0**-6, 10.0**-12) for step in (0.99, 0.98)]
        amounts = individual_optimum(curve, cutoff * np.array(shares))[0].tolist()
        near, middle, far = exponents(shares, amounts)[::2]
        agrees = max(abs(near - LIMIT), abs(middle - LIMIT)) <= NEAR_LIMIT
        run.say("power", agrees=agrees, k=k, near=near, middle=middle, far=far, samples=amounts[0])
    guide = np.array([1e-7, 1e-5])
    run.series |= {
        "costs": ALONE_COSTS.tolist(),
        "complexities": list(COMPLEXITIES),
        "cutoffs": cutoffs,
        "optima": [column.tolist() for column in optima],
        "guide costs": guide,
        "guide": 8e4 * (guide / guide[0]) ** LIMIT,
    }


AGENTS, COST = 10_000, 0.1
COUNTS = np.unique(np.round(np.geomspace(10, 1e5, 81)).astype(int))
COSTS = np.geomspace(1e-2, 100, 81)
HARDNESS = np.geomspace(1, 1e4, 81)


def figure4(run: Recomputation) -> None:
    """Recompute the three panels: against agents, against costs, and the smallest viable number."""
    values = [value_of(k) for k in COMPLEXITIES]
    totals = {
        "by_count": [[most_data(v, int(n), COST) for n in run.each("n", COUNTS)] for v in values],
        "by_cost": [[most_data(v, AGENTS, float(c)) for c in run.each("c", COSTS)] for v in values],
    }
    cutoffs = [cutoff_cost(curve_of(value)) for value in values]
    default = [most_data(value, AGENTS, COST) for value in values]
    least, most = cutoffs[-1], cutoffs[0]
    run.say("alone", agrees=most < COSTS[0], least=least, most=most, cost=COSTS[0])
    run.say("default", totals=default)
    run.say("unaffected", agrees=default[-1] > 0.8 * default[0], less=1 - default[-1] / default[0])
    for quantity, name, x, published in (
        ("number of agents", "by_count", COUNTS, 1.0),
        ("cost", "by_cost", COSTS, -1.0),
    ):
        for k, line in zip(COMPLEXITIES, totals[name], strict=True):
            slopes = exponents(x.tolist(), line)
            ends = {"first": slopes[0], "last": slopes[-1], "published": published}
            agrees = abs(slopes[-1] - published) <= NEAR_LINEAR
            run.say("exponent", agrees=agrees, quantity=quantity, k=k, **ends)
    costs = (COST, 10 * COST)
    few, many = (smallest_viable(alike(value_of(10.0), 2, cost)) or 0 for cost in costs)
    run.say("linear cost", agrees=10 * (few - 1) < many <= 10 * few, fewest=(few, many), costs=costs)
    fewest = [COST / cutoff_cost(curve_of(value_of(float(k)))) for k in HARDNESS]
    slopes = exponents(HARDNESS.tolist(), fewest)
    ends = {"first": slopes[0], "middle": np.interp(100, HARDNESS[1:], slopes), "last": slopes[-1]}
    run.say("linear k", agrees=abs(min(slopes) - 1) <= NEAR_LINEAR, **ends)
    run.series |= {
        "counts": COUNTS.tolist(),
        "costs": COSTS.tolist(),
        "complexities": list(COMPLEXITIES),
        "hardness": HARDNESS.tolist(),
        **totals,
        "fewest": fewest,
    }


TOKENS = 5e11
"""Tokens the company of Figure 5 trained on, as the paper says."""

PUBLISHED_NUMBER = 1000
COMPANIES = np.unique(np.round(np.geomspace(100, 1e5, 121)).astype(int))
TOKEN_COST = 1e-3
TOKEN_COSTS = np.logspace(-9, -4, 201)


def figure5(run: Recomputation) -> None:
    """Recompute the example under the exponent that fits the figure, and under that printed."""
    tokens = np.geomspace(1e11, 1e18, 300)
    dollars = 1e9
    run.series |= {"counts": COMPANIES.tolist(), "costs": TOKEN_COSTS.tolist(), "tokens": tokens}
    for name in ("0.095", "0.95"):
        value = {"family": "threshold-power", "value": dollars, "threshold": 5.4e13}
        value["exponent"] = float(name)
        curve = curve_of(value)
        totals = [most_data(value, int(n), TOKEN_COST) for n in run.each("companies", COMPANIES)]
        fewest = smallest_viable(alike(value, 2, TOKEN_COST))
        alone, cutoff = individual_optimum(curve, np.array([TOKEN_COST]))[0][0], cutoff_cost(curve)
        run.say("needed", fewest, fewest == PUBLISHED_NUMBER, exponent=name)
        run.say("alone", agrees=alone == 0, exponent=name, cutoff=cutoff)
        first, *_, last = exponents(COMPANIES.tolist(), totals)
        viable = COMPANIES[np.array(totals) > 0]
        agrees = first > 1 + NEAR_PROPORTIONAL and abs(last - 1) < NEAR_PROPORTIONAL
        ends = {"first": first, "last": last, "fewest": viable[0], "most": viable[-1]}
        run.say("growth", agrees=agrees, exponent=name, **ends)
        run.series |= {
            f"worth, {name}": curve.value(tokens),
            f"alone, {name}": individual_optimum(curve, TOKEN_COSTS)[0].tolist(),
            f"total, {name}": totals,
            f"cutoff, {name}": cutoff,
        }
    worth = 0.0 + float(curve.value(np.array([TOKENS]))[0])
    run.say("worth", worth, worth == dollars)
