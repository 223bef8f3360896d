"""Designed rules at profiles nobody planned for, and what must not change them.

Payments sum to zero and respect limits at every profile, no deviation pays, names and units change
nothing, and asking for more never makes the goal larger.
"""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.game.build_sharing import sharing_game
from mdsolve.mechanism.options import effective_options
from mdsolve.mechanism.registry import mechanism_named
from mdsolve.mechanism.target import requirements
from mdsolve.progress import Monitor
from mdsolve.solver.target.design import design
from tests.solver.target.plain_games import POINTS, named, twin

RULES = [
    ("example 4", "data", {"payment_limit": 0.1}),
    ("two targets", "data", {"payment_limit": 0.36}),
    ("weights", "least-utility", {"contributions": (3, 2.5), "payment_limit": 0.2}),
    ("three", "welfare", {"contributions": (4, 3, 1.5), "payment_limit": 0.1, "reciprocity": 0.5}),
    ("linear", "data", {"payment_limit": 0.5}),
    ("curve", "welfare", {"contributions": (300, 100), "payment_limit": 0.2}),
    ("pac", "welfare", {"contributions": (300, 200), "payment_limit": 0.1}),
]


@cache
def dominant():
    """Return a game and a rule under which its contributions are dominant."""
    game = named("weights")
    return game, rule_of(game.instance, "data", {"dominant": "yes", "payment_limit": 0.3})


def rule_of(instance, goal, require):
    """Return the rule that solves a design."""
    game = sharing_game(instance)
    declared = mechanism_named("sharing", "target").options
    options = effective_options("target", declared, {"maximize": goal, **require})
    return design(game, requirements(game, options), Monitor()).rule


def profiles(plain, s, count=200):
    rng = np.random.default_rng(3)
    size = np.minimum(plain.capacity, 3 * np.maximum(s, 1 + 0.1 * s.sum()))
    return rng.random((count, len(s))) * size * rng.choice([0, 1, 1, 1], (count, len(s)))


@pytest.mark.parametrize(("name", "goal", "require"), RULES)
def test_payments_sum_to_zero_and_respect_limits_everywhere_and_no_deviation_pays(
    name, goal, require
):
    game = named(name)
    rule = rule_of(game.instance, goal, require)
    assert rule is not None
    s, limit = rule.contributions, require["payment_limit"]
    for profile in profiles(game.plain, s):
        paid = rule.payments(profile)
        assert abs(paid.sum()) < 1e-12
        assert paid.min() >= -limit - 1e-12
    utilities = game.plain.benefits(s) - game.plain.cost(s) + rule.payments(s)
    assert np.all(utilities >= game.plain.alone - 1e-9)
    for agent in range(game.plain.size):
        free, _ = game.plain.free(agent, s)
        grid = np.linspace(0, min(game.plain.capacity[agent], 4 * max(1, s.sum())), 101)
        near = s[agent] * (1 + np.array([-1e-3, -1e-5, 1e-5, 1e-3]))
        for z in np.append(grid, [free, *np.minimum(near, game.plain.capacity[agent])]):
            other = s.copy()
            other[agent] = z
            own = game.plain.own(agent, s, np.array([z]))[0]
            assert own + rule.payments(other)[agent] <= utilities[agent] + 1e-9


@pytest.mark.parametrize("others", [0.0, 1.0])
def test_dominant_contributions_are_best_whatever_the_others_bring(others):
    game, rule = dominant()
    s, plain = rule.contributions, game.plain
    for agent in range(plain.size):
        profile = others * plain.capacity
        grid = np.append(np.linspace(0, plain.capacity[agent], 25), s[agent])
        found = plain.own(agent, profile, grid)
        for k, z in enumerate(grid):
            profile[agent] = z
            found[k] += rule.payments(profile)[agent]
        assert found.max() <= found[-1] + 1e-9


def rounded(rng, low, high, size=None):
    return np.round(rng.uniform(low, high, size), 4)


def random_twin(family, seed):
    """Return two or three agents with random numbers of four decimals."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 4))
    agents = [
        {
            "cost": float(rounded(rng, 0.01, 0.3)),
            "curvature": float(rounded(rng, 0.001, 0.1)) if rng.random() < 0.5 else 0.0,
            "value": float(rounded(rng, 0.5, 3)),
            "capacity": float(rounded(rng, 2, 20)),
        }
        for _ in range(n)
    ]
    table = rounded(rng, 0, 1, (n, n))
    np.fill_diagonal(table, 1)
    accuracy = {"family": family}
    if family == "power":
        accuracy |= {"exponent": float(rounded(rng, 0.3, 1.5)), "scale": 0.8, "ceiling": 0.9}
        if rng.random() < 0.7:
            accuracy["weights"] = table.tolist()
    elif family == "linear":
        accuracy["weights"] = (2 * table).tolist()
        for agent in agents:
            agent["curvature"] = float(rounded(rng, 0.5, 2))
    elif family == "coverage":
        accuracy["distributions"] = rounded(rng, 0.01, 0.3, (n, 3)).tolist()
    else:  # measured in hundreds of samples, and only there worth a cost
        for agent in agents:
            agent["cost"] = float(np.round(agent["cost"] / 200, 6))
            agent["curvature"] = 0.0
            agent["capacity"] *= 40
        accuracy |= {"points": POINTS} if family == "curve" else {"ceiling": 0.95, "complexity": 10}
    return twin(f"{family} {seed}", accuracy, agents)


FAMILIES = ["power", "linear", "coverage", "curve", "pac"]


@settings(max_examples=2)
@given(seed=st.integers(0, 10**9))
@pytest.mark.parametrize("family", FAMILIES)
def test_wanted_contributions_are_decided_as_the_inequality_decides_them(family, seed):
    game = random_twin(family, seed)
    plain = game.plain
    rng = np.random.default_rng(seed + 1)
    part = rng.choice([0, 1, rng.random()], plain.size, p=[0.1, 0.1, 0.8])
    s = np.round(part * plain.capacity * rng.choice([0.2, 0.6, 1]), 4)
    limit, share = float(np.round(rng.uniform(0, 0.5), 3)), float(rng.choice([0, 0.5, 1]))
    slack = plain.slack(s, limit, share)
    require = {"contributions": s.tolist(), "payment_limit": limit, "reciprocity": share}
    found = md.design(game.instance, require=require)
    assert found.certificate.verdict == "pass"
    if abs(slack) > 1e-9:
        assert found.termination.label == ("solved" if slack > 0 else "infeasible")
    if found.termination.label == "solved":
        assert found.slack == pytest.approx(slack, abs=1e-9)
    else:
        compensation = found.concessions[-1]
        assert compensation["needed"] == pytest.approx(-slack, abs=1e-9)


@settings(max_examples=2)
@given(seed=st.integers(0, 10**9))
@pytest.mark.parametrize("family", ["power", "coverage", "curve"])
@pytest.mark.parametrize("goal", ["welfare", "data"])
def test_random_designs_without_limits_are_optimal_and_pass(family, goal, seed):
    found = md.design(random_twin(family, seed).instance, maximize=goal)
    if found.metrics["total_data"] > 1e-9:
        assert found.certificate.verdict == "pass"
    assert found.optimal
    assert json.loads(json.dumps(found.to_dict()))["gap"] >= 0


def in_other_units(agents, money, samples):
    """Return agents whose money and data are counted in other units."""
    return [
        {
            "cost": agent["cost"] * money / samples,
            "curvature": agent["curvature"] * money / samples**2,
            "value": agent["value"] * money,
            "capacity": agent["capacity"] * samples,
        }
        for agent in agents
    ]


AGENTS = [
    {"cost": 0.05, "curvature": 0.0, "capacity": 12.0, "value": 2.0},
    {"cost": 0.1, "curvature": 0.0, "capacity": 8.0, "value": 1.0},
    {"cost": 0.02, "curvature": 0.05, "capacity": 6.0, "value": 1.0},
]
TABLE = np.array([[1, 0.5, 0.25], [0.2, 1, 0.3], [0.1, 0.4, 1]])
WISHES = [("data", {}), ("welfare", {"payment_limit": 0.05}), ("welfare", {"reciprocity": 0.9})]


def found_with(agents, table, goal, require):
    accuracy = {"family": "power", "weights": table.tolist(), "ceiling": 0.9, "scale": 0.8}
    return md.design(twin("", accuracy, agents).instance, maximize=goal, require=require)


@pytest.mark.parametrize(("goal", "require"), WISHES)
def test_the_order_of_agents_changes_nothing(goal, require):
    order = [2, 0, 1]
    first = found_with(AGENTS, TABLE, goal, require)
    agents = [AGENTS[k] for k in order]
    second = found_with(agents, TABLE[np.ix_(order, order)], goal, require)
    assert second.objective == pytest.approx(first.objective, rel=1e-7)
    assert second.optimal == first.optimal
    close = 1e-7 if goal == "data" else 1e-3
    assert second.contributions == pytest.approx(np.array(first.contributions)[order], rel=close)


@pytest.mark.parametrize("exponent", [-20, 20])
@pytest.mark.parametrize("unit", ["money", "samples"])
@pytest.mark.parametrize(("goal", "require"), WISHES[:2])
def test_units_change_nothing_but_units(goal, require, unit, exponent):
    money = 2.0**exponent if unit == "money" else 1.0
    samples = 2.0**exponent if unit == "samples" else 1.0
    other = {k: x * money if k == "payment_limit" else x for k, x in require.items()}
    first = found_with(AGENTS, TABLE, goal, require)
    second = found_with(in_other_units(AGENTS, money, samples), TABLE / samples, goal, other)
    size = samples if goal == "data" else money
    assert second.certificate.verdict == "pass"
    assert second.objective / size == pytest.approx(first.objective, rel=1e-7)
    assert second.upper_bound / size == pytest.approx(first.upper_bound, rel=1e-9)
    assert second.optimal == first.optimal


@pytest.mark.parametrize(
    ("name", "goal", "requirement", "walked"),
    [
        ("example 4", "welfare", "payment_limit", [0.3, 0.03, 0.01]),
        ("example 4", "welfare", "reciprocity", [0, 0.7, 1]),
        ("example 4", "data", "reciprocity", [0.5, 1]),
        ("two targets", "data", "payment_limit", [1, 0.36, 0.2]),
        ("two targets", "welfare", "least_share", [0, 0.2, 0.4]),
        ("weights", "welfare", "alone", [0, 0.02, 0.05]),
        ("weights", "data", "alone", [0, 0.02, 0.05]),
    ],
)
def test_asking_for_more_never_makes_the_goal_larger(name, goal, requirement, walked):
    instance = named(name).instance
    values = [
        md.design(instance, maximize=goal, require={requirement: asked}).objective
        for asked in walked
    ]
    assert all(b <= a * (1 + 1e-7) for a, b in pairwise(values))
