"""Sharing games: equilibria, what agents have alone, shares, and their certificates."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import mdsolve as md
from mdsolve.context import Context
from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.sharing import SharingGame
from mdsolve.shapley.routes import shapley
from mdsolve.study.problem import problem_of
from mdsolve.study.sharing_problem import standalone
from scripts.bench.rows import Peer, Row, Task

INSTANCES = Path(__file__).parents[2] / "instances"


def one_total(n: int) -> md.SharingInstance:
    """Return n agents who see all data."""
    return game_of(n, {})


def in_groups(n: int) -> md.SharingInstance:
    """Return n agents of three groups that see parts of each other's data."""
    table = {"a": [1, 0.3, 0.2], "b": [0.3, 1, 0.1], "c": [0.2, 0.1, 1]}
    weights = {name: dict(zip("abc", row, strict=True)) for name, row in table.items()}
    return game_of(n, {"group_weights": weights}, group=["abc"[k % 3] for k in range(n)])


def own_weights(n: int) -> md.SharingInstance:
    """Return n agents each of whom weighs everybody's data in their own way."""
    drawn = np.random.default_rng(n).random((n, n))
    np.fill_diagonal(drawn, 1.0)
    return game_of(n, {"weights": drawn.round(4).tolist()})


def game_of(n: int, accuracy: Mapping[str, Any], **columns: Any) -> md.SharingInstance:
    """Return a game of n agents with linear costs."""
    rates = np.random.default_rng(n).uniform(0.01, 0.1, n).round(6).tolist()
    agents = {"count": n, "cost": rates, "capacity": 1000, **columns}
    found = md.parse(
        {"kind": "sharing", "agents": agents, "accuracy": {"family": "power", **accuracy}}
    )
    assert isinstance(found, md.SharingInstance)
    return found


def overlapping() -> md.SharingInstance:
    """Return two agents whose data overlap."""
    spec = {"family": "union", "curve": {"points": [[0, 0], [5, 0.4], [20, 0.8], [60, 0.95]]}}
    neighbours = {"neighbours": [[0, 1], [0, 1]]}
    agents = {"count": 2, "cost": [0.004, 0.01], "capacity": 50}
    found = md.parse({"kind": "sharing", "agents": agents, "accuracy": {**spec, **neighbours}})
    assert isinstance(found, md.SharingInstance)
    return found


def few(n: int) -> md.SharingInstance:
    """Return n agents with different costs on a measured kind of curve, for proportional rules."""
    rates = [round(0.02 * 1.3**k, 6) for k in range(n)]
    agents = {"count": n, "cost": rates, "capacity": 2000}
    accuracy = {"family": "pac", "ceiling": 0.95, "complexity": 10}
    found = md.parse({"kind": "sharing", "agents": agents, "accuracy": accuracy})
    assert isinstance(found, md.SharingInstance)
    return found


def solving(instance: md.SharingInstance, mechanism: str) -> Task:
    """Return the solver's work alone: no figures beside the answer, no certificate."""
    problem = problem_of(instance, mechanism, {})
    game = problem.build()
    return lambda: problem.outcome(game, Context(seed=0))


def certifying(instance: md.SharingInstance, mechanism: str) -> Task:
    """Return the verification of an answer in the default arithmetic."""
    solution = md.solve(instance, mechanism)
    assert solution.certificate is not None
    assert solution.certificate.verdict == "pass", solution.certificate
    return lambda: md.verify(instance, solution)


def shares_of(instance: md.SharingInstance) -> Task:
    """Return Shapley shares and slopes at random contributions."""
    game = sharing_game(instance)
    s = np.random.default_rng(1).exponential(5, game.size)
    return lambda: shapley(game, s, derivatives=True).shares


def enumerated(instance: md.SharingInstance) -> Task:
    """Return the same by the definition in plain Python: one payoff per coalition."""
    game = sharing_game(instance)
    s = np.random.default_rng(1).exponential(5, game.size)
    return lambda: by_definition(game, s)


def by_definition(game: SharingGame, s: np.ndarray) -> np.ndarray:
    """Return Shapley shares, one call of the total benefit per coalition."""
    n = game.size
    members = list(itertools.product((False, True), repeat=n))
    worth = [game.total_benefit(np.where(m, s, 0.0)) for m in members]
    chances = [1 / (n * math.comb(n - 1, k)) for k in range(n)]
    shares = np.zeros(n)
    for number, value in enumerate(worth):
        for agent in range(n):
            bit = 1 << (n - 1 - agent)
            if not number & bit:
                shares[agent] += chances[number.bit_count()] * (worth[number | bit] - value)
    return shares


def alone(instance: md.SharingInstance) -> Task:
    """Return what everybody would contribute alone."""
    game = sharing_game(instance)
    return lambda: standalone(game)


def answers_of(instance: md.SharingInstance) -> Task:
    """Return best responses one after the other, in NumPy, until nothing moves."""
    game = sharing_game(instance)
    weights = np.asarray(instance.accuracy.weights, dtype=float)
    rate, most = game.costs.rate, game.capacity

    def task() -> np.ndarray:
        s = np.zeros(game.size)
        for _ in range(500):
            before = s.copy()
            for i in range(game.size):
                others = weights[i] @ s - weights[i, i] * s[i]
                wanted = math.sqrt(weights[i, i] * game.value[i] / rate[i]) - 1 - others
                s[i] = min(max(wanted / weights[i, i], 0.0), most[i])
            if np.abs(s - before).max() <= 1e-10:
                break
        return s

    return task


def contributions_differ(ours: Any, theirs: np.ndarray) -> float:
    """Return the largest difference of contributions."""
    return float(np.abs(ours.contributions - theirs).max())


ROWS = (
    Row(
        "equilibrium without payments, three groups",
        "agents",
        (30, 1000, 100_000),
        lambda n: solving(in_groups(n), "none"),
        "one sort, and one pass over the agents",
        {30: 0.003, 1000: 0.005, 100_000: 0.05},
        {30: 0.20, 1000: 0.15, 100_000: 5.7},
    ),
    Row(
        "certificate without payments, three groups",
        "agents",
        (30, 1000, 100_000),
        lambda n: certifying(in_groups(n), "none"),
        "passes over the agents in intervals: some 300 of 100 ns a number",
        before={1000: 0.5},
    ),
    Row(
        "equilibrium without payments, own weights",
        "agents",
        (10, 30, 100),
        lambda n: solving(own_weights(n), "none"),
        "one product with the weights a round: 100^2 of 1 ns",
        {30: 0.01},
        {30: 1.5},
        (
            Peer(
                "Gauss-Seidel in NumPy",
                lambda n: answers_of(own_weights(n)),
                (10, 30, 100),
                contributions_differ,
            ),
        ),
    ),
    Row(
        "certificate of one total",
        "agents",
        (1000, 10_000, 100_000),
        lambda n: certifying(one_total(n), "none"),
        "passes over the agents in intervals",
        {10_000: 0.05},
        {10_000: 3.3},
    ),
    Row(
        "what agents have alone",
        "agents",
        (100, 1000, 10_000),
        lambda n: alone(one_total(n)),
        "50 halvings for all at once",
        {1000: 0.02},
        {1000: 3.0},
    ),
    Row(
        "union game, without payments",
        "agents",
        (2,),
        lambda _: solving(overlapping(), "none"),
        "",
        {2: 0.1},
        {2: 4.0},
    ),
    Row(
        "Shapley equilibrium, three groups",
        "agents",
        (30, 1000, 10_000, 100_000),
        lambda n: solving(in_groups(n), "shapley"),
        "ten Newton steps, each with shares and their slopes",
        {30: 0.008, 10_000: 1.0, 100_000: 3.0},
        {30: 0.035, 10_000: 6.0},
        repeats=3,
    ),
    Row(
        "certificate of Shapley payments",
        "agents",
        (30, 1000, 10_000),
        lambda n: certifying(in_groups(n), "shapley"),
        "shares in intervals, twice",
        repeats=2,
    ),
    Row(
        "Shapley values, own weights",
        "agents",
        (30, 100, 300),
        lambda n: shares_of(own_weights(n)),
        "300 x 300 weights x 80 x 10 nodes: 7e7 fused operations, .07 s",
        {300: 0.14},
        {300: 0.47},
    ),
    Row(
        "Shapley values, three groups",
        "agents",
        (12, 10_000, 100_000, 1_000_000),
        lambda n: shares_of(in_groups(n)),
        "one pass over the agents: 1.4 ms for a million",
        {1_000_000: 0.1},
        {1_000_000: 0.27},
        (
            Peer(
                "enumeration in Python",
                lambda n: enumerated(in_groups(n)),
                (12,),
                lambda ours, theirs: float(np.abs(ours / theirs - 1).max()),
            ),
        ),
    ),
    Row(
        "proportional to data",
        "agents",
        (3, 5, 8),
        lambda n: solving(few(n), "proportional-data"),
        "one scan of leads, answers by Newton",
        {3: 0.1, 5: 0.5, 8: 2.0},
        {3: 4.4},
        repeats=2,
    ),
    Row(
        "proportional to value",
        "agents",
        (3, 5, 8),
        lambda n: solving(few(n), "proportional-value"),
        "the same",
        {3: 0.1, 5: 0.5, 8: 2.0},
        {3: 8.8},
        repeats=2,
    ),
    Row(
        "proportional to Shapley values",
        "agents",
        (3, 5, 8),
        lambda n: solving(few(n), "proportional-shapley"),
        "the same, with 2^n coalitions",
        {3: 0.1, 5: 0.5, 8: 2.0},
        {3: 18.9},
        repeats=2,
    ),
)
