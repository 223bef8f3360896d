"""Time the equilibrium under shaped models against best-response iteration, a million agents.

Three populations: one in which many are viable alone, one in which nobody is, and one just above
the smallest viable size, where both positive equilibria nearly meet. Every route starts from the
game itself and ends with the contributions of all agents; totals must agree. All are single
threads, timed in processor time, so that other work on the machine does not count.

Run from the root of the project: python scripts/bench_value_shaping.py [--agents N]
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from benchmarking import machine, seconds, table

from mdsolve.game.accuracies.pac import PacCurve
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.costs import Costs
from mdsolve.game.sharing import SharingGame
from mdsolve.game.weights import CommonWeights
from mdsolve.solver.shaping.standalone_value import cutoff_cost, optimum_alone
from mdsolve.solver.shaping.value_shaping import contributions_at, shaped_equilibria

Result = TypeVar("Result")

CURVE = PacCurve(0.95, 10.0)
TARGET = 0.5
LEAST_RATIO = 5.0
LEAST_LOOP_RATIO = {"many viable alone": 250.0, "nobody viable alone": 500.0, "just viable": 500.0}
"""Against agent by agent: where many are viable alone, four rounds are enough for the peer."""

AGREEMENT = 1e-6
REST = 1e-10
ROUNDS = 400
LOOP_AGENTS = 20_000
"""Agents of one round of the agent-by-agent iteration that are timed."""


def population(n: int, kind: str) -> SharingGame:
    """Return n agents with different costs and values."""
    rng = np.random.default_rng(7)
    value = rng.uniform(0.5, 2, n)
    rate = 10 ** rng.uniform(-5, -2, n)
    if kind != "many viable alone":
        rate = value * 10 ** rng.uniform(0, 1, n)
        wanted = {"nobody viable alone": 1.5, "just viable": 1.0005}[kind]
        rate *= float(np.sum(value / rate)) * cutoff_cost(CURVE) / wanted
    accuracy = WeightedAccuracy(CommonWeights(np.ones(n)), CURVE)
    endless = np.full(n, np.inf)
    return SharingGame([], accuracy, Costs.linear(rate), value, endless, endless)


def timed(task: Callable[[], Result], repeats: int = 1) -> tuple[float, Result]:
    """Return the least processor time of some runs, in seconds, and the last result."""
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        result = task()
        best = min(best, time.process_time() - start)
    return best, result


def ours(game: SharingGame) -> float:
    """Return the total of our route, contributions computed."""
    found = shaped_equilibria(game)
    return float(contributions_at(game, found, found.totals[-1]).sum())


def vectorised(game: SharingGame) -> tuple[float, int]:
    """Return total and rounds of simultaneous best responses, Newton for all agents at once."""
    value, rate = game.value, game.costs.rate
    _, worth = optimum_alone(CURVE, value, game.costs, game.capacity, 0.0)
    s = (value * CURVE.ceiling - worth) / rate
    total = float(s.sum())
    for count in range(1, ROUNDS + 1):
        others = total - s
        for _ in range(20):
            y = np.maximum(others + s, CURVE.threshold)
            gap = value * CURVE.value(y) - worth - rate * s
            step = gap / np.minimum(value * CURVE.slope(y) - rate, -0.01 * rate)
            s = np.maximum(s - step, 0.0)
            if float(np.abs(step).sum()) <= REST * total:
                break
        after = float(s.sum())
        if abs(after - total) <= REST * total:
            return after, count
        total = after
    return total, ROUNDS


def loop_alone(game: SharingGame) -> list[float]:
    """Return what some agents have alone, each by Newton's method on log b' against log m."""
    k, threshold, cutoff = CURVE.complexity, CURVE.threshold, cutoff_cost(CURVE)
    found = []
    for value, rate in zip(
        game.value[:LOOP_AGENTS].tolist(), game.costs.rate[:LOOP_AGENTS].tolist(), strict=True
    ):
        price = rate / value
        if price >= cutoff:
            found.append(0.0)
            continue
        target = math.log(price)
        x = (math.log(k) - 2 * target) / 3  # b' is about sqrt(k) m^(-3/2)
        for _ in range(20):
            root = math.sqrt(2 * k * max(2 + x - math.log(k), 1.0))
            inner = 2 + 0.5 * root - k / root
            bend = (0.5 + k / root**2) * k / root / inner - 1.5
            step = (math.log(inner) - 1.5 * x - target) / bend
            x -= step
            if abs(step) <= REST:
                break
        own = max(math.exp(x), threshold)
        gained = CURVE.ceiling - (4 + math.sqrt(2 * k * (2 + math.log(own / k)))) / math.sqrt(own)
        found.append(max(0.0, value * gained - rate * own))
    return found


def loop_round(game: SharingGame, total: float, worth: list[float]) -> None:
    """Let some agents answer one after the other, each by Newton's method on their own equation."""
    k, threshold = CURVE.complexity, CURVE.threshold
    for value, rate, alone in zip(
        game.value[:LOOP_AGENTS].tolist(),
        game.costs.rate[:LOOP_AGENTS].tolist(),
        worth,
        strict=True,
    ):
        own = (value * 0.5 - alone) / rate
        others = total - own
        for _ in range(20):
            y = max(others + own, threshold)
            root = math.sqrt(2 * k * (2 + math.log(y / k)))
            gained = CURVE.ceiling - (4 + root) / math.sqrt(y)
            slope = ((4 + root) / 2 - k / root) * y**-1.5
            gap = value * gained - alone - rate * own
            step = gap / min(value * slope - rate, -0.01 * rate)
            own = max(own - step, 0.0)
            if abs(step) <= REST * own:
                break
        total = others + own


def main() -> None:
    """Run all populations and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agents", type=int, default=1_000_000)
    n = parser.parse_args().agents
    print(f"# Value shaping, {n:,} agents\n\n{machine()}; one run.\n")
    for warm in (ours, vectorised):
        warm(population(1000, "many viable alone"))
    rows, failures = [], []
    for kind in ("many viable alone", "nobody viable alone", "just viable"):
        game = population(n, kind)
        mine, total = timed(lambda game=game: ours(game), repeats=3)
        theirs, (other, rounds) = timed(lambda game=game: vectorised(game))
        before, worth = timed(lambda game=game: loop_alone(game))
        one, _ = timed(lambda game=game, total=total, worth=worth: loop_round(game, total, worth))
        loop = (before + one * rounds) * n / min(n, LOOP_AGENTS)
        converged = rounds < ROUNDS
        gap = abs(other - total) / total
        rows.append(
            [
                kind,
                seconds(mine),
                seconds(theirs),
                f"{rounds}" if converged else f"{rounds}, stopped",
                f"{gap:.0e}",
                f"{theirs / mine:,.0f}",
                f"{seconds(loop)}",
                f"{loop / mine:,.0f}",
            ]
        )
        if mine > TARGET:
            failures.append(f"{kind}: {seconds(mine)} is above {TARGET} s")
        if converged and gap > AGREEMENT:
            failures.append(f"{kind}: totals differ by {gap:.1e}")
        if theirs / mine < LEAST_RATIO or loop / mine < LEAST_LOOP_RATIO[kind]:
            failures.append(f"{kind}: only {theirs / mine:.1f} and {loop / mine:.0f} times faster")
    head = ["population", "ours", "best responses, vectorised", "rounds", "difference", "ratio"]
    print(table([*head, "agent by agent", "ratio"], rows))
    print(
        f"\nAgent by agent: what {min(n, LOOP_AGENTS):,} agents have alone and one round of their "
        "answers are timed in plain Python and multiplied by agents, the round by rounds."
    )
    if failures:
        raise SystemExit("\n".join(failures))


if __name__ == "__main__":
    main()
