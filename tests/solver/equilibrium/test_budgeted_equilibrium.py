"""Generalised equilibria: brute force, known answers, invariances, budgets that never bind."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.context import Context
from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.costs import Costs
from mdsolve.game.costs.piecewise_linear import Pieces
from mdsolve.mechanism.registry import mechanisms
from mdsolve.progress import Monitor
from mdsolve.solver.equilibrium.budgeted import _Game, _one_root
from mdsolve.solver.equilibrium.spending import affordable
from mdsolve.status import Termination
from tests.work import counted

RULES = (
    ("none", {}),
    ("budget-balanced", {"beta": 0.2}),
    ("budget-balanced", {"beta": 0.45}),
    ("budget-balanced", {"beta": "full"}),
    ("budget-balanced", {"beta": 0.85}),
    ("contribution-transfer", {"beta": 0.02}),
    ("contribution-transfer", {"beta": 0.12}),
)


def instance_of(agents, accuracy=None, **more):
    return md.parse(
        {"kind": "sharing", "agents": agents, "accuracy": accuracy or {"family": "power"}, **more}
    )


def payments_by_definition(game, s, name, options):
    """Payments written out agent by agent, from the page of the mechanism."""
    n = game.size
    costs = game.costs.value(s)
    if name == "none":
        return np.zeros(n)
    beta = 1 - 1 / n if options["beta"] == "full" else options["beta"]
    amount = costs if name == "budget-balanced" else s
    return np.array(
        [
            beta * (amount[i] - sum(amount[j] for j in range(n) if j != i) / (n - 1))
            for i in range(n)
        ]
    )


def regrets(game, s, name, options, grid):
    """Return gains by affordable contributions of a grid, and the money left; by definition."""

    def outcome(profile):
        left = game.budget - game.costs.value(profile)
        left = left + payments_by_definition(game, profile, name, options)
        return game.value * game.accuracies(profile) + left, left

    now, left = outcome(s)
    gains = np.zeros(game.size)
    for i in range(game.size):
        for x in grid[grid <= game.capacity[i]]:
            moved = s.copy()
            moved[i] = x
            there, money = outcome(moved)
            if money[i] >= 0:
                gains[i] = max(gains[i], there[i] - now[i])
    return gains, left


def random_instance(seed, n):
    rng = np.random.default_rng(seed)
    agents = []
    for k in range(n):
        rate = float(rng.uniform(0.15, 0.6))
        bent = {"family": "quadratic", "rate": rate, "curvature": float(rng.uniform(0.02, 0.3))}
        agents.append(
            {
                "name": f"a{k}",
                "cost": bent if seed % 2 else rate,
                "value": float(rng.uniform(2, 15)),
                "budget": float(rng.uniform(0.5, 2)),
            }
        )
    return instance_of(agents, {"family": "power", "exponent": float(rng.uniform(0.5, 1.5))})


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("name", "options"), RULES)
def test_against_brute_force(name, options, seed):
    """Nobody gains by any affordable contribution of a fine grid; nobody overspends."""
    instance = random_instance(seed, 2 + seed % 2)
    game = sharing_game(instance)
    solution = md.solve(instance, name, options=options)
    s = solution.contributions
    if solution.termination is Termination.SOLVED:
        gains, left = regrets(game, s, name, options, np.linspace(0, 3 * s.max() + 3, 900))
        assert gains.max() <= 1e-9
        assert left.min() >= -1e-12
        assert solution.certificate.verdict == "pass"
        assert solution.certificate.condition("feasibility").claimed
    else:
        assert solution.termination is Termination.LIMIT
        assert "too little money" in solution.message


@pytest.mark.parametrize("seed", range(6))
def test_where_none_is_found_a_grid_of_profiles_has_none(seed):
    """Two agents, one much poorer: on all profiles of a grid somebody gains or overspends."""
    rng = np.random.default_rng(seed)
    agents = [
        {"name": "rich", "cost": 0.3, "value": float(rng.uniform(5, 15)), "budget": 20},
        {"name": "poor", "cost": 0.3, "value": float(rng.uniform(1, 3)), "budget": 0.3},
    ]
    instance = instance_of(agents)
    game = sharing_game(instance)
    options = {"beta": float(rng.uniform(0.3, 0.5))}
    solution = md.solve(instance, "budget-balanced", options=options)
    assert solution.termination is Termination.LIMIT
    assert "poor" in solution.message
    assert "equilibria" not in solution.answers
    grid = np.linspace(0, 8, 17)
    least = np.inf
    for x in grid:
        for y in grid:
            gains, left = regrets(game, np.array([x, y]), "budget-balanced", options, grid)
            if left.min() >= 0:
                least = min(least, gains.max())
    assert least > 0.05


def test_known_answers_stay():
    """Theory: q = 4, c = 1, B = 10, total 2.464102; q = 10 c, c = (1, 1, 10), B = 40, 65.167526."""
    agents = [{"name": n, "cost": 1, "value": 4, "budget": 10} for n in "abc"]
    equal = md.solve(instance_of(agents), "budget-balanced")
    assert equal.contributions.sum() == pytest.approx(math.sqrt(12) - 1, abs=1e-12)
    assert equal.certificate.condition("welfare-kkt").detail.startswith("degenerate")
    agents = [
        {"name": f"a{c}{k}", "cost": c, "value": 10 * c, "budget": 40}
        for k, c in enumerate((1, 1, 10))
    ]
    other = md.solve(instance_of(agents), "budget-balanced")
    assert other.beta == pytest.approx(1 / 6, abs=1e-15)
    assert other.utilities.mean() == pytest.approx(65.167526, abs=1e-6)
    assert other.certificate.condition("welfare-kkt").verdict == "fail"


def test_own_caps_by_hand():
    """Under `none` a budget is a cap: 1.5 and 2 samples; the third then solves by itself."""
    agents = [
        {"name": "a", "cost": 1, "value": 40, "budget": 1.5},
        {"name": "b", "cost": 1, "value": 40, "budget": 2},
        {"name": "c", "cost": 1.5, "value": 40, "budget": 2},
    ]
    solution = md.solve(instance_of(agents), "none")
    total = math.sqrt(40 / 1.5) - 1
    np.testing.assert_allclose(solution.contributions, [1.5, 2, total - 3.5], rtol=0, atol=1e-12)
    assert solution.equilibria == "unique"
    assert "2 budgets hold" in solution.message


def test_cost_sharing_by_hand():
    """n = 2, beta = 1/4, rates 1: both held back by budgets 2 and 3, so s solves two equations.

    3/4 s_1 + 1/4 s_2 = 2, 1/4 s_1 + 3/4 s_2 = 3: s = (1.5, 3.5).
    """
    agents = [{"name": n, "cost": 1, "value": 100, "budget": b} for n, b in (("a", 2), ("b", 3))]
    solution = md.solve(instance_of(agents), "budget-balanced", options={"beta": 0.25})
    np.testing.assert_allclose(solution.contributions, [1.5, 3.5], rtol=0, atol=1e-12)
    assert solution.equilibria == [5.0]  # that there is no other has no proof with such budgets


def test_the_river_gauges_by_three_linear_equations():
    """Two binding budgets, and total data at which the city's gain meets 3/4 of its cost."""
    instance = md.load("instances/cases/river-gauges.yaml")
    total = math.sqrt(4000 / (0.75 * 5)) - 1
    levy = 0.25 / 3
    rows = [[0.75 * 2, levy * 2.5, levy * 5], [levy * 2, 0.75 * 2.5, levy * 5], [1, 1, 1]]
    expected = [*np.linalg.solve(rows, [30, 25, total]), 0.0]
    solution = md.solve(instance)
    np.testing.assert_allclose(solution.contributions, expected, rtol=0, atol=1e-11)
    known = instance.expected.results[1]["contributions"]
    np.testing.assert_allclose([float(x) for x in known], expected, rtol=0, atol=1e-13)


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.floats(0.01, 0.6))
def test_where_uniqueness_is_claimed_the_equation_falls(seed, beta):
    """What all cost each other, less the T that their caps assume, falls all along T."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 6))
    beta = min(beta, 0.99 * (1 - 1 / n))
    agents = [
        {
            "name": f"a{k}",
            "cost": float(rng.uniform(0.2, 0.5)),
            "value": float(rng.uniform(2, 15)),
            "budget": float(rng.uniform(0.5, 2)),
        }
        for k in range(n)
    ]
    game = sharing_game(instance_of(agents))
    spending = mechanisms("sharing")["budget-balanced"].spending(game, {"beta": beta})
    assume(_one_root(spending))
    most = np.full(n, 1e6)
    scaled = _Game(spending, most, Monitor())
    top = (scaled.limit - scaled.least) / spending.factor
    excess = [scaled.excess(room) for room in np.linspace(0, top, 60)]
    assert np.all(np.diff(excess) > 0)


def test_the_equation_may_rise_where_uniqueness_is_not_claimed():
    """Cheap agents who run out of money are replaced by dear ones, who cost the others more."""
    agents = [
        {"name": "cheap", "cost": 0.1, "value": 3, "budget": 1},
        {"name": "dear", "cost": 2, "value": 60, "budget": 60},
        {"name": "other", "cost": 2, "value": 1, "budget": 60},
    ]
    game = sharing_game(instance_of(agents))
    spending = mechanisms("sharing")["budget-balanced"].spending(game, {"beta": 0.3})
    assert not _one_root(spending)
    solution = md.solve(instance_of(agents), "budget-balanced", options={"beta": 0.3})
    assert solution.termination is not Termination.SOLVED or solution.equilibria != "unique"


def test_full_redistribution_has_a_continuum():
    """At beta = 1 - 1/n all spend alike: any split of the poorest agents' total is one."""
    agents = [{"name": n, "cost": 1, "value": 40, "budget": 2} for n in "abc"]
    instance = instance_of(agents)
    solution = md.solve(instance, "budget-balanced", options={"beta": "full"})
    np.testing.assert_allclose(solution.contributions, [2, 2, 2], rtol=0, atol=1e-12)
    assert solution.equilibria == "continuum"
    for split in ([1, 2, 3], [0, 6, 0], [0.5, 5, 0.5]):
        other = {"mechanism": solution.to_dict()["mechanism"], "contributions": split}
        assert md.verify(instance, {**other, "beta": 2 / 3}).verdict == "pass"
    assert solution.certificate.condition("welfare-kkt").verdict in ("pass", "fail")


def test_no_feasible_profile_is_proved():
    agents = [
        {"name": "a", "cost": 1, "value": 10, "budget": 5},
        {"name": "b", "cost": {"family": "linear", "rate": 1, "fixed": 3}, "value": 4, "budget": 2},
    ]
    for name, options in (("none", {}), ("budget-balanced", {"beta": 0.3})):
        instance = instance_of(agents)
        solution = md.solve(instance, name, options=options)
        assert solution.termination is Termination.INFEASIBLE
        assert "agent b" in solution.message
        assert md.verify(instance, solution.to_dict()).verdict == "pass"
        richer = instance_of([agents[0], {**agents[1], "budget": 4}])
        assert md.verify(richer, solution.to_dict()).verdict == "fail"


@settings(max_examples=10)
@given(st.integers(0, 10**6), st.sampled_from(RULES[:4]), st.permutations(range(3)))
def test_relabelling(seed, rule, order):
    instance = random_instance(seed, 3)
    agents = [agent.model_dump(exclude_none=True, by_alias=True) for agent in instance.agents]
    accuracy = instance.accuracy.model_dump(exclude_none=True, by_alias=True)
    moved = instance_of([agents[k] for k in order], accuracy)
    here = md.solve(instance, rule[0], options=rule[1])
    there = md.solve(moved, rule[0], options=rule[1])
    assert here.termination is there.termination
    if here.termination is Termination.SOLVED:
        expected = here.contributions[list(order)]
        np.testing.assert_allclose(there.contributions, expected, rtol=0, atol=1e-9)


@settings(max_examples=10)
@given(st.integers(0, 10**6), st.sampled_from(RULES[:5]), st.floats(0.01, 100))
def test_scaling_money(seed, rule, factor):
    """Costs, values and budgets in another currency: the same contributions."""
    rng = np.random.default_rng(seed)

    def agents(unit):
        drawn = np.random.default_rng(seed)
        return [
            {
                "name": f"a{k}",
                "cost": unit * drawn.uniform(0.1, 0.6),
                "value": unit * drawn.uniform(2, 15),
                "budget": unit * drawn.uniform(0.5, 2),
            }
            for k in range(n)
        ]

    n = int(rng.integers(2, 5))
    here = md.solve(instance_of(agents(1.0)), rule[0], options=rule[1])
    there = md.solve(instance_of(agents(factor)), rule[0], options=rule[1])
    assert here.termination is there.termination
    if here.termination is Termination.SOLVED:
        np.testing.assert_allclose(there.contributions, here.contributions, rtol=0, atol=1e-8)


@settings(max_examples=10)
@given(st.integers(0, 10**6), st.sampled_from(RULES))
def test_budgets_that_never_bind_change_nothing(seed, rule):
    instance = random_instance(seed, 3)
    game = sharing_game(instance)
    mechanism = mechanisms("sharing")[rule[0]]
    free = mechanism.outcome(game.without_budgets(), rule[1], Context())
    plenty = dataclasses.replace(game, budget=np.full(3, 1e6))
    rich = mechanism.outcome(plenty, rule[1], Context())
    np.testing.assert_allclose(rich.contributions, free.contributions, rtol=0, atol=1e-10)
    assert "back" not in rich.message


@pytest.mark.parametrize("family", ["groups", "dense", "pac"])
def test_other_accuracies(family):
    """Weights by group, a full matrix, and a clipped curve, all by brute force."""
    agents = [
        {"name": n, "cost": c, "value": v, "budget": b, "group": g}
        for n, c, v, b, g in (
            ("a", 0.2, 30, 0.5, "x"),
            ("b", 0.3, 14, 3, "x"),
            ("c", 0.25, 8, 2, "y"),
        )
    ]
    accuracy = {
        "groups": {
            "family": "power",
            "group_weights": {"x": {"x": 1, "y": 0.4}, "y": {"x": 0.3, "y": 1}},
        },
        "dense": {"family": "power", "weights": [[1, 0.3, 0.2], [0.5, 1, 0.1], [0, 0.4, 1]]},
        "pac": {"family": "pac", "complexity": 1},
    }[family]
    if family == "pac":
        agents = [
            {**agent, "cost": cost, "value": 5, "budget": budget}
            for agent, cost, budget in zip(agents, (0.009, 0.01, 0.011), (0.4, 3, 2), strict=True)
        ]
    instance = instance_of(agents, accuracy)
    game = sharing_game(instance)
    for name, options in (("none", {}), ("budget-balanced", {"beta": 0.2})):
        solution = md.solve(instance, name, options=options)
        assert solution.termination is Termination.SOLVED, solution.message
        assert "back" in solution.message
        s = solution.contributions
        gains, left = regrets(game, s, name, options, np.linspace(0, 3 * s.max() + 3, 1500))
        assert gains.max() <= 1e-9
        assert left.min() >= -1e-12


def test_affordable_is_the_largest_root():
    """Every family against bisection on the definition."""
    rng = np.random.default_rng(5)
    n = 40
    costs = Costs(
        rng.uniform(0, 1, n),
        rng.uniform(-0.5, 1, n),
        rng.uniform(0, 1, n) * (rng.random(n) < 0.7) + 0.01,
        rng.uniform(0, 1, n) * (rng.random(n) < 0.5),
        rng.uniform(1, 3, n),
        ((3, Pieces(np.array([0.0, 1, 2]), np.array([0.5, 0.6, 3.0]))),),
    )
    money = rng.uniform(0, 5, n)
    capacity = np.where(rng.random(n) < 0.5, rng.uniform(0.5, 4, n), np.inf)
    found = affordable(costs, money, capacity)
    grid = np.linspace(0, 400, 400_001)
    for k in range(n):
        inside = grid[grid <= capacity[k]]
        fits = inside[costs.along(k, inside) <= money[k]]
        if np.isnan(found[k]):
            assert fits.size == 0
        else:
            assert fits.max() <= found[k] + 1e-9
            assert fits.max() >= found[k] - 1.1e-3


def test_ten_thousand_agents_are_treated_together():
    rng = np.random.default_rng(3)
    n = 10_000
    agents = {
        "count": n,
        "cost": rng.uniform(0.01, 0.02, n).tolist(),
        "value": rng.uniform(500, 1500, n).tolist(),
        "budget": rng.uniform(0.001, 0.03, n).tolist(),
    }
    game = sharing_game(instance_of(agents))
    rule = mechanisms("sharing")["budget-balanced"]
    found, calls = counted(lambda: rule.outcome(game, {"beta": 0.3}, Context()))
    assert found.termination is Termination.SOLVED
    assert "back" in found.message
    left = game.budget - game.costs.value(found.contributions) + found.payments
    assert left.min() >= -1e-12
    assert calls < 5 * n
