"""Time Shapley values by quadrature against enumeration, permutation sampling and shapiq.

Run with `python scripts/bench_shapley.py`. Every figure is the fastest of several
warm runs in this process; errors are the largest relative errors of a share. Prints Markdown.
"""

from __future__ import annotations

import importlib.util
import itertools
import math
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from mdsolve.game.accuracies.power import PowerCurve
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.costs import Costs
from mdsolve.game.sharing import SharingGame
from mdsolve.game.weights import CommonWeights, DenseWeights, GroupWeights, Weights
from mdsolve.shapley.potential import ShapleyPotential
from mdsolve.shapley.routes import shapley
from mdsolve.shapley.rules import gauss_legendre

RANDOM = np.random.default_rng(0)

LEAST_RATIO = 100
"""How many times slower enumeration by calls of a payoff must be at 16 agents."""


def power_game(weights: Weights) -> SharingGame:
    n = weights.agents
    accuracy = WeightedAccuracy(weights, PowerCurve(1.0, 1.0, 0.8))
    names = [f"a{k}" for k in range(n)]
    endless = np.full(n, np.inf)
    return SharingGame(names, accuracy, Costs.linear(np.ones(n)), np.ones(n), endless, endless)


def grouped(n: int, groups: int = 3) -> SharingGame:
    return power_game(GroupWeights(RANDOM.random((groups, groups)), np.arange(n) % groups))


def fastest(work: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    result = work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return min(times), result


def reference(game: SharingGame, s: np.ndarray, picked: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return shares and slopes of some agents by a second method: many plain nodes, long doubles.

    Gauss-Legendre in x in thirteen pieces and a trapezoid in log u with 400 nodes.
    """
    table = game.accuracy.weights
    long = np.longdouble
    t = np.linspace(-40, 4.2, 401).astype(long)
    u, h = np.exp(t), t[1] - t[0]
    b = long(game.accuracy.curve.exponent)
    gamma = long(math.gamma(float(b)))
    mass = h * np.exp(b * t - u) / gamma
    x8, w8 = gauss_legendre(24)
    edges = np.concatenate([[0.0], np.geomspace(1e-4, 1, 13)])
    x = np.concatenate([a + (c - a) * x8 for a, c in itertools.pairwise(edges)])
    w = np.concatenate([(c - a) * w8 for a, c in itertools.pairwise(edges)])
    shares, slopes = np.zeros(len(picked), dtype=long), np.zeros(len(picked), dtype=long)
    rows = np.unique(table.dense(), axis=0, return_counts=True)
    for row, count in zip(*rows, strict=True):
        z = row.astype(long) * s
        for rate, weight in zip(u, mass, strict=True):
            q = -np.expm1(-rate * z)
            product = np.exp(np.log1p(-np.outer(x, q)).sum(axis=1))
            gain = (w * product / (1 - np.outer(q[picked], x))).sum(axis=1)
            shares += count * weight * q[picked] * gain
            slopes += count * weight * rate * row[picked] * np.exp(-rate * z[picked]) * gain
    return shares.astype(float), slopes.astype(float)


def milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:.3g} ms"


def sizes() -> None:
    print("| game | shares and slopes | shares | slopes | with Hessian factors |")
    print("|---|---|---|---|---|")
    cases: list[tuple[str, SharingGame, int]] = [
        ("30 agents, 3 groups", grouped(30), 200),
        ("300 agents, one total", power_game(CommonWeights(RANDOM.random(300))), 100),
        ("300 agents, own weights", power_game(DenseWeights(RANDOM.random((300, 300)))), 3),
        ("10,000 agents, 3 groups", grouped(10_000), 10),
        ("100,000 agents, 3 groups", grouped(100_000), 10),
    ]
    for name, game, repeats in cases:
        n = game.size
        s = RANDOM.exponential(5, n)
        seconds, found = fastest(lambda g=game, x=s: shapley(g, x, derivatives=True), repeats)
        potential = ShapleyPotential(game)
        newton, _ = fastest(lambda p=potential, x=s: p.at(x).hessian_factors, min(repeats, 3))
        if n <= 300 and "own" not in name:
            picked = np.arange(0, n, max(1, n // 30))
            truth, steep = reference(game, s, picked)
            share_error = f"{np.max(np.abs(found.shares[picked] / truth - 1)):.1e}"
            slope_error = f"{np.max(np.abs(found.slopes[picked] / steep - 1)):.1e}"
        else:
            gained = game.total_benefit(s) - game.total_benefit(np.zeros(n))
            share_error = f"sum {abs(found.shares.sum() / gained - 1):.1e}"
            slope_error = "-"
        times = milliseconds(seconds), milliseconds(newton)
        print(f"| {name} | {times[0]} | {share_error} | {slope_error} | {times[1]} |")


def by_definition(game: SharingGame, s: np.ndarray) -> np.ndarray:
    """Return shares from the definition, one call of the payoff per coalition.

    What is written without a library: the payoff is a closed formula in NumPy.
    """
    n = game.size
    weights, b = game.accuracy.weights.dense(), game.accuracy.curve.exponent

    def payoff(members: tuple[bool, ...]) -> float:
        data = weights @ np.where(members, s, 0.0)
        return float((1 - (1 + data) ** -b).sum())

    payoffs = [payoff(x) for x in itertools.product((False, True), repeat=n)]
    chances = [1 / (n * math.comb(n - 1, k)) for k in range(n)]
    shares = np.zeros(n)
    for number, value in enumerate(payoffs):
        chance = chances[number.bit_count()] if number.bit_count() < n else 0.0
        for agent in range(n):
            bit = 1 << (n - 1 - agent)
            if not number & bit:
                shares[agent] += chance * (payoffs[number | bit] - value)
    return shares


def peers() -> None:
    n = 16
    game = grouped(n)
    s = RANDOM.exponential(5, n)
    quadrature, found = fastest(lambda: shapley(game, s, derivatives=True), 200)
    enumeration, truth = fastest(lambda: shapley(game, s, route="enumeration", derivatives=True), 3)
    plain, _ = fastest(lambda: shapley(game, s, route="enumeration"), 3)
    definition, written = fastest(lambda: by_definition(game, s), 1)
    off = float(np.max(np.abs(written / truth.shares - 1)))
    error = float(np.max(np.abs(found.shares / truth.shares - 1)))
    print(
        f"\n| 16 agents, 3 groups | time | error | times slower |\n|---|---|---|---|\n"
        f"| quadrature, shares and slopes | {milliseconds(quadrature)} | {error:.1e} | 1 |"
    )
    for words, seconds, miss in (
        ("enumeration here, all coalitions at once, shares and slopes", enumeration, "-"),
        ("enumeration here, shares alone", plain, "-"),
        ("enumeration in Python, one payoff call per coalition, shares", definition, f"{off:.1e}"),
    ):
        slower = f"{seconds / quadrature:,.0f}"
        print(f"| {words} | {milliseconds(seconds)} | {miss} | {slower} |")
    if definition < LEAST_RATIO * quadrature:
        message = f"enumeration is not {LEAST_RATIO} times slower"
        raise SystemExit(message)
    samples = 64
    seconds = 0.0
    while seconds < quadrature:
        samples *= 2
        seconds, drawn = fastest(
            lambda k=samples: shapley(game, s, route="sampling", samples=k, seed=1), 3
        )
    off = float(np.max(np.abs(drawn.shares / truth.shares - 1)))
    times = f"{seconds / quadrature:.1f}"
    print(f"| sampling, {samples:,} orders | {milliseconds(seconds)} | {off:.1e} | {times} |")
    if importlib.util.find_spec("shapiq") is None:
        print("| shapiq | not installed | - | - |")
        return
    shapiq_row(game, s, truth.shares, quadrature)


def shapiq_row(game: SharingGame, s: np.ndarray, truth: np.ndarray, quadrature: float) -> None:
    import shapiq

    def payoff(coalitions: np.ndarray) -> np.ndarray:
        return np.array([game.total_benefit(np.where(row, s, 0.0)) for row in coalitions])

    start = time.perf_counter()
    computer = shapiq.ExactComputer(game=payoff, n_players=game.size)
    values = computer(index="SV", order=1).get_n_order_values(1)
    seconds = time.perf_counter() - start
    off = float(np.max(np.abs(values / truth - 1)))
    print(
        f"| shapiq {shapiq.__version__}, exact | {milliseconds(seconds)} | {off:.1e} "
        f"| {seconds / quadrature:.0f} |"
    )


if __name__ == "__main__":
    print(f"Shapley values; Python {sys.version.split()[0]}, NumPy {np.__version__}\n")
    sizes()
    peers()
