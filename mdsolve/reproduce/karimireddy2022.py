"""[K22] Figures 2, 4 and 5, what shaped models collect, and C.2, the proportional baselines.

Figures 2, 4 and 5 are 700 games of up to 10^5 agents, too many to be certified one by one: their
numbers come straight from the solver.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

import mdsolve as md
from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.curves import Curve
from mdsolve.game.sharing import SharingGame
from mdsolve.reproduce.record import Recomputation, sharing
from mdsolve.solver.shaping.standalone_value import cutoff_cost, individual_optimum
from mdsolve.solver.shaping.value_shaping import common_curve, shaped_equilibria, smallest_viable
from mdsolve.tolerance import DEFAULT

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
    return sharing_game(game_of([(count, cost)], value))


def game_of(costs: Sequence[tuple[int, float]], value: Value) -> md.SharingInstance:
    """Return a game of agents of one or two kinds; costs are (count, rate) pairs."""
    counts, rates = zip(*costs, strict=True)
    return sharing(value, rates, name=["a-{}", "b-{}"][: len(costs)], count=counts)


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
        for (before, left), (after, right) in pairwise(points)
    ]


def figure2(run: Recomputation) -> None:
    """Recompute the optimum alone for three complexities."""
    curves = [curve_of(value_of(k)) for k in COMPLEXITIES]
    cutoffs = [cutoff_cost(curve) for curve in curves]
    optima = [individual_optimum(curve, ALONE_COSTS)[0] for curve in curves]
    cheap = min(cutoffs) > ALONE_COSTS
    rising = bool(np.all(np.diff(np.array(optima)[:, cheap], axis=0) > 0))
    words = f"at all {int(cheap.sum())} costs below every cut-off" if rising else "no"
    run.say("cutoff", agrees=np.all(np.diff(cutoffs) < 0), cutoffs=cutoffs)
    run.say("more", words, rising)
    for k, curve, cutoff in zip(COMPLEXITIES, curves, cutoffs, strict=True):
        shares = [share * step for share in (1.0, 10.0**-6, 10.0**-12) for step in (0.99, 0.98)]
        amounts = individual_optimum(curve, cutoff * np.array(shares))[0].tolist()
        near, middle, far = exponents(shares, amounts)[::2]
        agrees = max(abs(near - LIMIT), abs(middle - LIMIT)) <= NEAR_LIMIT
        run.say("power", agrees=agrees, k=k, near=near, middle=middle, far=far, samples=amounts[0])
    guide = np.array([1e-7, 1e-5])
    run.series |= {"costs": ALONE_COSTS, "complexities": list(COMPLEXITIES), "cutoffs": cutoffs}
    run.series |= {"optima": [column.tolist() for column in optima], "guide costs": guide}
    run.series["guide"] = 8e4 * (guide / guide[0]) ** LIMIT


AGENTS, COST = 10_000, 0.1
COUNTS = np.unique(np.round(np.geomspace(10, 1e5, 81)).astype(int))
COSTS = np.geomspace(1e-2, 100, 81)
HARDNESS = np.geomspace(1, 1e4, 81)


def figure4(run: Recomputation) -> None:
    """Recompute the three panels: against agents, against costs, and the smallest viable number."""
    values = [value_of(k) for k in COMPLEXITIES]
    by_count = [[most_data(v, int(n), COST) for n in run.each("n", COUNTS)] for v in values]
    by_cost = [[most_data(v, AGENTS, float(c)) for c in run.each("c", COSTS)] for v in values]
    cutoffs = [cutoff_cost(curve_of(value)) for value in values]
    default = [most_data(value, AGENTS, COST) for value in values]
    run.say("alone", agrees=cutoffs[0] < COSTS[0], least=cutoffs[-1], most=cutoffs[0])
    run.say("default", totals=default)
    run.say("unaffected", agrees=default[-1] > 0.8 * default[0], less=1 - default[-1] / default[0])
    for words, x, lines, published in (
        ("number of agents", COUNTS, by_count, 1.0),
        ("cost", COSTS, by_cost, -1.0),
    ):
        for k, line in zip(COMPLEXITIES, lines, strict=True):
            first, *_, last = exponents(x.tolist(), line)
            said = {"quantity": words, "k": k, "first": first, "last": last, "published": published}
            run.say("exponent", agrees=abs(last - published) <= NEAR_LINEAR, **said)
    costs = (COST, 10 * COST)
    few, many = (smallest_viable(alike(value_of(10.0), 2, cost)) or 0 for cost in costs)
    linear = 10 * (few - 1) < many <= 10 * few
    run.say("linear cost", agrees=linear, fewest=(few, many), costs=costs)
    fewest = [COST / cutoff_cost(curve_of(value_of(float(k)))) for k in HARDNESS]
    slopes = exponents(HARDNESS.tolist(), fewest)
    ends = {"first": slopes[0], "middle": np.interp(100, HARDNESS[1:], slopes), "last": slopes[-1]}
    run.say("linear k", agrees=abs(min(slopes) - 1) <= NEAR_LINEAR, **ends)
    run.series |= {"counts": COUNTS, "costs": COSTS, "hardness": HARDNESS, "fewest": fewest}
    run.series |= {"by_count": by_count, "by_cost": by_cost, "complexities": list(COMPLEXITIES)}


DOLLARS = 1e9  # worth of a perfect model in Figure 5
TOKENS = 5e11  # the company trained on, as the paper says
PUBLISHED_NUMBER = 1000
COMPANIES = np.unique(np.round(np.geomspace(100, 1e5, 121)).astype(int))
TOKEN_COST, TOKEN_COSTS = 1e-3, np.logspace(-9, -4, 201)


def figure5(run: Recomputation) -> None:
    """Recompute the example under the exponent that fits the figure, and under that printed."""
    tokens = np.geomspace(1e11, 1e18, 300)
    run.series |= {"counts": COMPANIES, "costs": TOKEN_COSTS, "tokens": tokens}
    value: dict[str, Any] = {"family": "threshold-power", "value": DOLLARS, "threshold": 5.4e13}
    for name in ("0.095", "0.95"):
        value["exponent"] = name
        curve = curve_of(value)
        totals = [most_data(value, int(n), TOKEN_COST) for n in run.each("companies", COMPANIES)]
        fewest = smallest_viable(alike(value, 2, TOKEN_COST))
        alone, cutoff = individual_optimum(curve, np.array([TOKEN_COST]))[0][0], cutoff_cost(curve)
        first, *_, last = exponents(COMPANIES.tolist(), totals)
        viable = COMPANIES[np.array(totals) > 0]
        ends = {"first": first, "last": last, "fewest": viable[0], "most": viable[-1]}
        agrees = first > 1 + NEAR_PROPORTIONAL and abs(last - 1) < NEAR_PROPORTIONAL
        run.say("needed", fewest, fewest == PUBLISHED_NUMBER, exponent=name)
        run.say("alone", agrees=alone == 0, exponent=name, cutoff=cutoff)
        run.say("growth", agrees=agrees, exponent=name, **ends)
        run.series[f"worth, {name}"] = curve.value(tokens)
        run.series[f"alone, {name}"] = individual_optimum(curve, TOKEN_COSTS)[0]
        run.series |= {f"total, {name}": totals, f"cutoff, {name}": cutoff}
    worth = 0.0 + float(curve.value(np.array([TOKENS]))[0])
    run.say("worth", worth, worth == DOLLARS)


CROWD = 10_000  # agents of Figures 6 and 7
EASY, HARD = 10, 100  # complexities of Figures 6 and 7; in 7 nobody contributes alone
EXPONENTS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
RULES = ("data", "value", "shapley")
LOW, HIGH = 1e-4, 2e-4
FRACTIONS = (0.1, 0.3, 0.5, 0.7, 0.9)
MIXED_EXPONENTS = (0.5, 0.9, 1.0)
CLOSE = DEFAULT.verify  # relative difference at which two totals are the same


def solved(
    game: md.SharingInstance, rule: str, power: float, select: str = "most-data"
) -> md.Solution:
    """Return the selected equilibrium of one proportional rule."""
    return md.solve(game, f"proportional-{rule}", options={"p": power, "select": select})


def proportional(run: Recomputation) -> None:
    """Recompute Theorem VI's equilibria and the totals of both figures."""
    theorem6(run)
    figure6(run)
    figure7(run)


def theorem6(run: Recomputation) -> None:
    """Say what holds of Theorem VI for ten agents who would contribute alone."""
    n, rate = 10, 1e-4
    game = game_of([(n, rate)], value_of(1))
    alone = float(md.solve(game, "value-shaping").standalone["contributions"][0])
    least, best = (solved(game, "data", 1.0, select) for select in ("least-data", "best-utility"))
    each, most = (float(found.contributions[0]) for found in (least, best))
    few, many = (float(found.utilities.mean()) for found in (least, best))
    agrees = abs(each * n - alone) <= CLOSE * alone
    run.say("equilibrium", agrees=agrees, alone=alone, each=each, n=n, rate=rate)
    run.say("largest", agrees=many <= (1 + CLOSE) * few, least=few, best=many, each=most)


def figure6(run: Recomputation) -> None:
    """Find totals against the exponent for agents alike."""
    game = game_of([(CROWD, 0.1)], value_of(EASY))
    shaped = md.solve(game, "value-shaping").equilibrium_totals[-1]
    series: dict[str, Any] = {"exponents": list(EXPONENTS), "value-shaping": shaped}
    for rule in run.each("rules", RULES):
        found = [solved(game, rule, power) for power in EXPONENTS]
        series[rule] = [entry.metrics["total_data"] for entry in found]
        series[f"{rule}, least"] = [entry.equilibrium_totals[0] for entry in found]
    data, value, shapley = (series[rule] for rule in RULES)
    grows = all(a <= b for rule in (data, shapley) for a, b in pairwise(rule))
    words, best = "never fall with" if grows else "fall with some", max(shapley)
    gone, below = data[-1] == 0 and shapley[-1] == 0, (1 - CLOSE) * shaped
    run.say("nobody", data[0], data[0] == 0)
    run.say("collapse", agrees=gone, data=data[-1], shapley=shapley[-1], words=words)
    run.say("value", max(value), max(value) < max(data) / 2)
    run.say("data", agrees=data[-1] < below, data=data[-1], shaped=shaped)
    run.say("shapley", agrees=best < below, best=best, shaped=shaped)
    run.series["figure6"] = series


def figure7(run: Recomputation) -> None:
    """Find totals against the share of low-cost agents."""
    power = MIXED_EXPONENTS[-2]
    series: dict[str, Any] = {"fractions": list(FRACTIONS), "exponents below 1": power}
    for fraction in run.each("fractions", FRACTIONS):
        few = round(fraction * CROWD)
        game = game_of([(few, LOW), (CROWD - few, HIGH)], value_of(HARD))
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
            "high, p < 1": float(found[power].contributions[-1]),
        }.items():
            series.setdefault(key, []).append(entry)
    ratios = np.array(series["value-shaping"]) / np.array(series["data"])
    none = np.array(series["high, p = 1"]) == 0
    words = ", ".join(f"{f:g}" for f in np.array(FRACTIONS)[none]) or "none"
    run.say("fifty", agrees=ratios.max() > 10, least=ratios.min(), most=ratios.max())
    below = min(series["high, p < 1"])
    run.say("leave", agrees=none.all(), gone=words, power=power, below=below)
    run.series["figure7"] = series
