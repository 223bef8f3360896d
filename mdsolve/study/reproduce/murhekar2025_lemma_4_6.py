"""[M25] Lemma 4.6: whether Shapley payments are individually rational, and against what.

The paper compares with utility 0. That holds without fixed costs. Against training alone, which
costs an agent nothing but his own data, it can fail.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mdsolve.conditions import Condition
from mdsolve.instance import Instance, parse
from mdsolve.progress import Monitor
from mdsolve.solution import Solution
from mdsolve.study.reproduce.record import Item, Reproduction, Row
from mdsolve.study.run import solve
from mdsolve.tolerance import DEFAULT

GAMES = 20
AGENTS = 5
FIXED = 0.5
"""Fixed cost of the second agent of Example 4 in the counterexample."""

ONE_WAY = [[1, 1], [0, 1]]
"""Agent 2's data help both agents, agent 1's only himself."""


def random_instance(random: np.random.Generator) -> Instance:
    """Return a game without fixed costs, with own weights."""
    weights = random.uniform(0, 1, (AGENTS, AGENTS)) * (random.random((AGENTS, AGENTS)) < 0.5)
    np.fill_diagonal(weights, random.uniform(0.1, 1, AGENTS))
    costs = random.uniform(0.02, 0.3, AGENTS)
    agents = [{"name": str(k), "cost": float(c)} for k, c in enumerate(costs)]
    accuracy = {"family": "power", "weights": weights.tolist()}
    return parse({"kind": "sharing", "agents": agents, "accuracy": accuracy})


def pair_instance(costs: list[Any], weights: list[list[int]]) -> Instance:
    """Return two agents with a_i = 1 - 1/(1 + sum_j w_ij s_j)."""
    agents = [{"name": str(k + 1), "cost": cost} for k, cost in enumerate(costs)]
    accuracy = {"family": "power", "weights": weights}
    return parse({"kind": "sharing", "agents": agents, "accuracy": accuracy})


def condition(solution: Solution, name: str) -> Condition:
    """Return a condition of a certified solution."""
    assert solution.certificate is not None
    return solution.certificate.condition(name)


def recompute(seed: int, monitor: Monitor) -> Reproduction:
    """Check the lemma on random games, then with a fixed cost and against training alone."""
    random = np.random.default_rng(seed)
    least, worse = math.inf, 0
    for game in range(GAMES):
        found = solve(random_instance(random), "shapley", monitor=monitor)
        least = min(least, float(np.min(found.utilities)))
        worse += condition(found, "individual-rationality-alone").verdict == "fail"
        monitor.advance("games", game + 1, GAMES)
    fixed = solve(
        pair_instance([0.1, {"family": "linear", "rate": 0.25, "fixed": FIXED}], [[1, 1], [1, 1]]),
        "shapley",
        monitor=monitor,
    )
    one_way = solve(pair_instance([0.1, 0.05], ONE_WAY), "shapley", monitor=monitor)
    alone = one_way.standalone["utilities"]
    rows = (
        Row(
            "nobody has a negative utility, without fixed costs",
            "yes",
            f"least utility {least:.4f} in {GAMES} random games of {AGENTS} agents",
            least >= -DEFAULT.verify,
        ),
        Row(
            f"nobody has a negative utility, Example 4 with a fixed cost of {FIXED:g} for agent 2",
            "yes",
            f"u_2 = {fixed.utilities[1]:.6f}",
            condition(fixed, "individual-rationality").verdict == "pass",
            note="the proof bounds u_i from below by a_i(0, s_-i) - c_i(0) and takes c_i(0) = 0",
        ),
        Row(
            "nobody is worse off than training alone, same random games",
            "",
            f"somebody is worse off in {worse} of {GAMES}",
        ),
        Row(
            "nobody is worse off than training alone, one-way help",
            "",
            f"u_1 = {one_way.utilities[0]:.6f}, alone {alone[0]:.6f}",
            condition(one_way, "individual-rationality-alone").verdict == "pass",
            note="a_1 = 1 - 1/(1 + s_1 + s_2), a_2 = 1 - 1/(1 + s_2), costs 0.1 and 0.05; alone "
            "(1 - sqrt(0.1))^2",
        ),
    )
    notes = (
        "Agent 1 of the last row profits from data that agent 2 would collect anyway, and pays for "
        "it as if he had caused it. mdsolve reports both comparisons for every solution.",
    )
    source = "Lemma 4.6 of [M25]; the comparison with training alone is not in the paper"
    return Reproduction(ITEM.name, ITEM.title, source, rows, notes)


ITEM = Item("murhekar2025/lemma-4-6", "Who is better off with Shapley payments", recompute)
