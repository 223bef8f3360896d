"""The planner's p-mean optimum, against cvxpy with Clarabel on the program in totals."""

from __future__ import annotations

import numpy as np

from mdsolve.game.accuracies.power import PowerCurve
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.costs import Costs
from mdsolve.game.sharing import SharingGame
from mdsolve.game.weights import CommonWeights
from mdsolve.solver.welfare.program import WelfareResult, welfare_program
from scripts.bench.rows import Peer, Row, Task

RATE = 0.4
SIZES = (10, 100, 1000, 10_000)


def consortium(n: int) -> SharingGame:
    """Return n agents with different costs, values and budgets."""
    rng = np.random.default_rng(n)
    return SharingGame(
        [f"agent-{k + 1}" for k in range(n)],
        WeightedAccuracy(CommonWeights(np.ones(n)), PowerCurve()),
        Costs.linear(rng.uniform(0.05, 0.5, n)),
        rng.uniform(1, 20, n),
        np.full(n, np.inf),
        rng.uniform(1, 10, n),
    )


def optimum(n: int, p: float) -> Task:
    """Return the interior point, bound included."""
    game = consortium(n)
    return lambda: welfare_program(game, p, RATE)


def conic(n: int, p: float) -> Task:
    """Return the conic route: the same program and bound, solved by Clarabel."""
    game = consortium(n)
    return lambda: welfare_program(game, p, RATE, route="cvxpy")


def apart(ours: WelfareResult, theirs: WelfareResult) -> float:
    """Return by how much the means differ, relative to ours."""
    return abs(ours.objective - theirs.objective) / abs(ours.objective)


ROWS = tuple(
    Row(
        f"welfare optimum, {words}",
        "agents",
        SIZES,
        lambda n, p=p: optimum(n, p),  # type: ignore[misc]
        "25 steps over the agents: 25 x 1 us and 25 x 10 ns an agent",
        {100: 0.005},
        {100: 0.03},
        (Peer("cvxpy and Clarabel", lambda n, p=p: conic(n, p), SIZES, apart),),  # type: ignore[misc]
        repeats=3,
    )
    for words, p in (("sum", 1.0), ("product", 0.0), ("least", -np.inf))
)
