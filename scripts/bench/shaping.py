"""Shaped models of very many agents, against iterated best responses."""

from __future__ import annotations

import numpy as np

from mdsolve.game.accuracies.pac import PacCurve
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.costs import Costs
from mdsolve.game.sharing import SharingGame
from mdsolve.game.weights import CommonWeights
from mdsolve.solver.shaping.standalone_value import cutoff_cost, optimum_alone
from mdsolve.solver.shaping.value_shaping import contributions_at, shaped_equilibria
from scripts.bench.rows import Peer, Row, Task

CURVE = PacCurve(0.95, 10.0)
REST = 1e-10
ROUNDS = 400
VIABLE = {"nobody viable alone": 1.5, "just viable together": 1.0005}
SIZES = (10_000, 100_000, 1_000_000)


def population(n: int, kind: str) -> SharingGame:
    """Return n agents with different costs and values."""
    rng = np.random.default_rng(7)
    value = rng.uniform(0.5, 2, n)
    rate = 10 ** rng.uniform(-5, -2, n)
    if kind in VIABLE:
        rate = value * 10 ** rng.uniform(0, 1, n)
        rate *= float(np.sum(value / rate)) * cutoff_cost(CURVE) / VIABLE[kind]
    accuracy = WeightedAccuracy(CommonWeights(np.ones(n)), CURVE)
    endless = np.full(n, np.inf)
    return SharingGame([], accuracy, Costs.linear(rate), value, endless, endless)


def shaped(n: int, kind: str) -> Task:
    """Return the equilibrium with most data, all contributions computed."""
    game = population(n, kind)

    def task() -> float:
        found = shaped_equilibria(game)
        return float(contributions_at(game, found, found.totals[-1]).sum())

    return task


def responses(n: int, kind: str) -> Task:
    """Return simultaneous best responses, Newton's method for all agents at once."""
    game = population(n, kind)
    return lambda: _responses(game)


def _responses(game: SharingGame) -> float:
    value, rate = game.value, game.costs.rate
    _, worth = optimum_alone(CURVE, value, game.costs, game.capacity, 0.0)
    s = (value * CURVE.ceiling - worth) / rate
    total = float(s.sum())
    for _ in range(ROUNDS):
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
            return after
        total = after
    return total


ROWS = tuple(
    Row(
        f"value shaping, {kind}",
        "agents",
        SIZES,
        lambda n, kind=kind: shaped(n, kind),  # type: ignore[misc]
        "8 passes over the agents: 16 ms for a million",
        peers=(
            Peer(
                "best responses in NumPy, 400 rounds at most",
                lambda n, kind=kind: responses(n, kind),  # type: ignore[misc]
                (10_000, 100_000),
                lambda ours, theirs: abs(ours - theirs) / ours,
            ),
        ),
        repeats=3,
    )
    for kind in ("many viable alone", *VIABLE)
)
