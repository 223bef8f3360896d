"""[K22] appendix C.2: the proportional baselines, Theorem VI and Figures 6 and 7."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.sharing import SharingGame
from mdsolve.instance import parse
from mdsolve.instance.sharing import SharingInstance
from mdsolve.progress import Monitor
from mdsolve.solver.proportional.agent_types import agent_types
from mdsolve.solver.proportional.equilibrium import (
    ProportionalEquilibria,
    Select,
    proportional_equilibria,
)
from mdsolve.solver.proportional.ranked_game import RankedGame
from mdsolve.solver.proportional.standing import STANDINGS
from mdsolve.solver.shaping.value_shaping import shaped_equilibria
from mdsolve.study.reproduce.record import Item, Reproduction, Row
from mdsolve.tolerance import DEFAULT

AGENTS = 10_000
CEILING = 0.95
COMPLEXITY = 10
HARD = 100
"""Complexity of Figure 7: neither type contributes alone, as the paper says of its agents."""

EXPONENTS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
RULES = {"data": "proportional data", "value": "own value", "shapley": "Shapley value"}
LOW, HIGH = 1e-4, 2e-4
FRACTIONS = (0.1, 0.3, 0.5, 0.7, 0.9)
MIXED_EXPONENTS = (0.5, 0.9, 1.0)
CLOSE = DEFAULT.verify
"""Relative difference at which two totals are the same."""


def game_of(costs: list[tuple[int, float]], complexity: float) -> SharingGame:
    """Return a game of agents with the paper's curve; costs are (count, rate) pairs."""
    agents = [
        {"name": f"{'abc'[k]}-{{}}", "count": count, "cost": rate}
        for k, (count, rate) in enumerate(costs)
    ]
    accuracy = {"family": "pac", "ceiling": CEILING, "complexity": complexity}
    instance = parse({"kind": "sharing", "agents": agents, "accuracy": accuracy})
    assert isinstance(instance, SharingInstance)
    return sharing_game(instance)


def solved(
    game: SharingGame, rule: str, power: float, select: Select, monitor: Monitor
) -> ProportionalEquilibria:
    """Return the selected equilibrium of one rule."""
    ranked = RankedGame(agent_types(game, rule), STANDINGS[rule], power)
    found = proportional_equilibria(ranked, select, monitor)
    assert found is not None, "nobody contributing, or free riding, is an equilibrium at least"
    return found


def recompute(seed: int, monitor: Monitor) -> Reproduction:
    """Recompute Theorem VI's equilibria and the totals of both figures."""
    del seed
    alike, rows6 = figure6(monitor)
    mixed, rows7 = figure7(monitor)
    return Reproduction(
        ITEM.name,
        ITEM.title,
        "Appendix C.2 of [K22], Theorem VI, Figures 6 and 7; their numbers are not printed",
        (*theorem6(monitor), *rows6, *rows7),
        (
            "For agents alike a larger p only adds equilibria: a deviation upwards leaves the "
            "full model whatever p is, a deviation downwards earns less. The largest total rises "
            "with p up to 1. Nobody contributing is an equilibrium at every p where nobody would "
            "contribute alone, so the collapse of Figure 6 is a choice among equilibria.",
            f"The figures' complexities are not printed: k = {COMPLEXITY} for Figure 6, "
            f"k = {HARD} for Figure 7. Own data of ten samples have no value there, so nobody "
            "stands behind anybody under (13) and the rule is that of free riding.",
            "The proof of Theorem VI prints the equilibrium condition with the wrong signs. "
            "Correct is v'(nm) <= c <= v'(nm) + p rho v(nm). For (14), rho includes how a "
            "sample changes the leaders' Shapley value.",
            "High-cost agents leave only at p = 1. Below, the first sample is worth infinitely "
            "much under (12), so everybody contributes.",
        ),
        {"figure6": alike, "figure7": mixed},
    )


def theorem6(monitor: Monitor) -> list[Row]:
    """Return the statements of Theorem VI for ten agents who would contribute alone."""
    agents, rate = 10, 1e-4
    game = game_of([(agents, rate)], 1)
    alone = float(shaped_equilibria(game).alone[0])
    least = solved(game, "data", 1.0, "least-data", monitor)
    best = solved(game, "data", 1.0, "best-utility", monitor)
    each, most = least.total / agents, best.total / agents
    setting = f"n = {agents}, c = {rate:g}, k = 1, p = 1, rule (12)"
    return [
        Row(
            "all contributing m*/n is an equilibrium",
            "yes",
            f"m* = {alone:.6f}; least equilibrium {each:.6f} each",
            abs(each * agents - alone) <= CLOSE * alone,
            note=setting,
        ),
        Row(
            "it has the largest utility",
            "yes",
            f"utility {least.welfare / agents:.6f}; {best.welfare / agents:.6f} at {most:.6f} each",
            best.welfare <= (1 + CLOSE) * least.welfare,
            note="n v'(nm) = c is better for everybody and an equilibrium too",
        ),
    ]


def figure6(monitor: Monitor) -> tuple[dict[str, Any], list[Row]]:
    """Return totals against the exponent for agents alike, and the statements about them."""
    game = game_of([(AGENTS, 0.1)], COMPLEXITY)
    shaped = shaped_equilibria(game).totals[-1]
    series: dict[str, Any] = {"exponents": list(EXPONENTS), "value-shaping": shaped}
    for step, rule in enumerate(RULES):
        found = [solved(game, rule, power, "most-data", monitor) for power in EXPONENTS]
        series[rule] = [entry.total for entry in found]
        series[f"{rule}, least"] = [min(low for low, _ in entry.intervals) for entry in found]
        monitor.advance("rules", step + 1, len(RULES))
    data, value, shapley = (series[rule] for rule in RULES)
    grows = all(a <= b for rule in (data, shapley) for a, b in pairwise(rule))
    note = f"n = {AGENTS:,}, c = 0.1, k = {COMPLEXITY}, equilibrium with the most data"
    rows = [
        Row("p = 0: nobody contributes", "yes", f"{data[0]:g}", data[0] == 0, note=note),
        Row(
            "p = 1: agents drop out and contribute nothing",
            "yes",
            f"{data[-1]:.4f} under (12), {shapley[-1]:.4f} under (14)",
            data[-1] == 0 and shapley[-1] == 0,
            note="totals never fall with p" if grows else "totals fall with some p",
        ),
        Row(
            "proportional value collects much less",
            "yes",
            f"{max(value):g} at every p",
            max(value) < max(data) / 2,
        ),
        Row(
            "proportional data stays below value shaping at its best p",
            "yes",
            f"{data[-1]:.6f} at p = 1 against {shaped:.6f}",
            data[-1] < (1 - CLOSE) * shaped,
        ),
        Row(
            "proportional Shapley stays below value shaping at its best p",
            "yes",
            f"{max(shapley):.4f} against {shaped:.4f}",
            max(shapley) < (1 - CLOSE) * shaped,
        ),
    ]
    return series, rows


def figure7(monitor: Monitor) -> tuple[dict[str, Any], list[Row]]:
    """Return totals against the share of low-cost agents, and the statements about them."""
    keys = ("value-shaping", "data", "exponent", "high, shaped", "high, p = 1", "high, p < 1")
    series: dict[str, Any] = {"fractions": list(FRACTIONS), **{key: [] for key in keys}}
    series["exponents below 1"] = MIXED_EXPONENTS[-2]
    for step, fraction in enumerate(FRACTIONS):
        few = round(fraction * AGENTS)
        game = game_of([(few, LOW), (AGENTS - few, HIGH)], HARD)
        shaped = shaped_equilibria(game).totals[-1]
        value = float(game.accuracy.values(game.nothing() + shaped / AGENTS)[0])
        found = {p: solved(game, "data", p, "most-data", monitor) for p in MIXED_EXPONENTS}
        best = max(found, key=lambda p: found[p].total)
        high = {p: _high_cost(entry) for p, entry in found.items()}
        row = (shaped, found[best].total, best, value / HIGH, high[1.0], high[MIXED_EXPONENTS[-2]])
        for key, entry in zip(keys, row, strict=True):
            series[key].append(entry)
        monitor.advance("fractions", step + 1, len(FRACTIONS))
    ratios = [
        shaped / data for shaped, data in zip(series["value-shaping"], series["data"], strict=True)
    ]
    gone = [f for f, high in zip(FRACTIONS, series["high, p = 1"], strict=True) if high == 0]
    below = min(series["high, p < 1"])
    rows = [
        Row(
            "value shaping collects up to 50 times as much as proportional data",
            "50",
            f"{min(ratios):.3f} to {max(ratios):.3f} times",
            max(ratios) > 10,
            note=f"costs {LOW:g} and {HIGH:g}, k = {HARD}, most data, best p of {MIXED_EXPONENTS}",
        ),
        Row(
            "high-cost agents leave under proportional data",
            "yes",
            "at p = 1 for shares of low-cost agents "
            + (", ".join(f"{fraction:g}" for fraction in gone) or "none"),
            len(gone) == len(FRACTIONS),
            note=f"at p = {MIXED_EXPONENTS[-2]:g} they contribute at least {below:.1f} each",
        ),
    ]
    return series, rows


def _high_cost(found: ProportionalEquilibria) -> float:
    """Return what each agent of the dearer type contributes."""
    return float(found.levels[int(found.game.types.costs.rate.argmax())])


ITEM = Item(
    "karimireddy2022/proportional",
    "Proportional baselines: Theorem VI, Figures 6 and 7",
    recompute,
)
