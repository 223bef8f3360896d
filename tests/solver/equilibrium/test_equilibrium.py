"""Equilibria of sharing games: known answers, best responses, ties, large games."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdsolve.errors import MemoryLimitError, UnsupportedError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.instance import parse
from mdsolve.progress import Monitor
from mdsolve.solver.best_response import best_response
from mdsolve.solver.equilibrium.nash import accuracy_equilibrium
from mdsolve.solver.equilibrium.stakes import AccuracyStakes
from mdsolve.solver.equilibrium.total import even_split
from mdsolve.solver.iterate import iterate
from mdsolve.solver.sweeps import Sweeps
from tests.game.test_sharing_game import ACCURACIES, AGENTS


def game_of(agents, accuracy=None, **more):
    accuracy = accuracy or {"family": "power"}
    return sharing_game(parse({"kind": "sharing", "agents": agents, "accuracy": accuracy, **more}))


def solve(game, factor=1.0, shift=0.0):
    stakes = AccuracyStakes(game, game.costs.transformed(factor, shift))
    return stakes, accuracy_equilibrium(stakes, Monitor())


def regret(stakes, s):
    """Return the largest gain by a grid of deviations: a second, crude method."""
    worst = 0.0
    for agent in range(len(s)):
        top = min(stakes.game.capacity[agent], 4 * (s.max() + 5))
        own = np.append(np.linspace(0, top, 4001), s[agent])
        utility = stakes.own(s, agent).value(own)
        worst = max(worst, float(utility.max() - utility[-1]))
    return worst


def test_example_3_of_reciprocal_learning():
    _, found = solve(game_of([{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.2}]))
    np.testing.assert_allclose(found.contributions, [np.sqrt(10) - 1, 0], atol=1e-14)
    assert found.uniqueness == "unique"


def test_ties_are_a_continuum_split_evenly():
    _, found = solve(game_of({"count": 4, "cost": 0.1}))
    np.testing.assert_allclose(found.contributions, (np.sqrt(10) - 1) / 4)
    assert found.uniqueness == "continuum"


def test_a_tie_respects_capacities():
    agents = [{"name": "a", "cost": 0.1, "capacity": 0.3}, {"name": "b", "cost": 0.1}]
    _, found = solve(game_of(agents))
    np.testing.assert_allclose(found.contributions, [0.3, np.sqrt(10) - 1.3])


@pytest.mark.parametrize("family", [k for k in ACCURACIES if k not in ("linear", "union")])
@pytest.mark.parametrize("factor", [1.0, 0.05])
def test_no_deviation_pays_at_what_is_found(family, factor):
    agents = [{**agent, "capacity": 60} for agent in AGENTS]
    stakes, found = solve(game_of(agents, ACCURACIES[family]), factor)
    assert found.rested
    assert regret(stakes, found.contributions) < 1e-9
    for agent in range(4):
        payoff = stakes.own(found.contributions, agent)
        gain = payoff.value(np.array([best_response(payoff), found.contributions[agent]]))
        assert gain[0] - gain[1] < 1e-9


@given(st.data())
@settings(max_examples=15)
def test_newton_groups_and_best_responses_agree(data):
    groups = data.draw(st.integers(1, 3))
    entry = st.floats(0, 0.3)
    table = [[data.draw(entry) + (i == j) for j in range(groups)] for i in range(groups)]
    names = [f"g{k}" for k in range(groups)]
    members = data.draw(st.lists(st.integers(0, groups - 1), min_size=groups, max_size=7))
    members = [*range(groups), *members]
    rates = [data.draw(st.floats(0.02, 0.5)) + 1e-3 * k for k in range(len(members))]
    agents = [
        {
            "name": f"a{k}",
            "cost": {"family": "quadratic", "rate": rate, "curvature": 0.01},
            "group": names[g],
            "capacity": 4,
        }
        for k, (g, rate) in enumerate(zip(members, rates, strict=True))
    ]
    grouped = {
        "family": "power",
        "group_weights": {
            a: dict(zip(names, row, strict=True)) for a, row in zip(names, table, strict=True)
        },
    }
    dense = {"family": "power", "weights": [[table[g][h] for h in members] for g in members]}
    _, first = solve(game_of(agents, grouped))
    stakes, second = solve(game_of(agents, dense))
    by_turns = Sweeps(stakes.own, np.zeros(len(members)), stakes.span, "best responses", 1000)
    sweeps = iterate(by_turns, Monitor())
    assert "group" in first.method
    assert "Newton" in second.method
    np.testing.assert_allclose(first.contributions, second.contributions, atol=1e-8)
    np.testing.assert_allclose(sweeps.contributions, second.contributions, atol=1e-8)


@given(st.permutations(range(4)), st.sampled_from(["matrix", "power", "groups", "coverage"]))
@settings(max_examples=8)
def test_relabelling_agents_permutes_the_equilibrium(order, family):
    accuracy = dict(ACCURACIES[family])
    for key in ("weights", "distributions"):
        if key in accuracy:
            table = np.array(accuracy[key])[list(order)]
            accuracy[key] = (table[:, list(order)] if key == "weights" else table).tolist()
    _, first = solve(game_of(AGENTS, ACCURACIES[family]))
    _, second = solve(game_of([AGENTS[k] for k in order], accuracy))
    np.testing.assert_allclose(first.contributions[list(order)], second.contributions, atol=1e-8)


@pytest.mark.parametrize("scale", [0.001, 1000.0])
def test_a_unit_of_money_changes_nothing(scale):
    base = [{"name": "a", "cost": 0.1, "value": 1}, {"name": "b", "cost": 0.15, "value": 2}]
    other = [
        {**agent, "cost": agent["cost"] * scale, "value": agent["value"] * scale} for agent in base
    ]
    weights = {"family": "power", "weights": [[1, 0.3], [0.2, 1]]}
    _, first = solve(game_of(base, weights))
    _, second = solve(game_of(other, weights))
    np.testing.assert_allclose(first.contributions, second.contributions, atol=1e-9)


def test_a_hundred_thousand_agents():
    random = np.random.default_rng(0)
    n = 100_000
    game = game_of(
        {
            "count": n,
            "cost": random.uniform(0.001, 0.1, n).tolist(),
            "capacity": random.uniform(0.1, 2, n).tolist(),
        }
    )
    stakes, found = solve(game)
    s, marginal = found.contributions, stakes.marginal(found.contributions)
    inner = (s > 0) & (s < game.capacity)
    assert marginal[s == 0].max() <= 1e-12
    assert marginal[s == game.capacity].min() >= -1e-12
    assert np.abs(marginal[inner]).max(initial=0.0) < 1e-9


def test_unbounded_best_responses_are_refused_by_name():
    with pytest.raises(UnsupportedError, match="agent b"):
        solve(game_of([{"name": "a", "cost": 0.1}, {"name": "b", "cost": 0}]))


def test_too_many_dense_agents_are_refused():
    game = game_of({"count": 5000, "cost": 0.1}, {"family": "power", "weights": np.eye(5000)})
    with pytest.raises(MemoryLimitError, match="group_weights"):
        solve(game)


def test_a_cycle_of_best_responses_is_reported_not_hidden():
    """[M23] A.2: three agents, each helped by the next, with no pure equilibrium."""
    agents = [
        {
            "name": n,
            "cost": {"family": "piecewise-linear", "points": [[0, 0], [1, 0.2]]},
            "capacity": 1,
        }
        for n in "abc"
    ]
    accuracy = {
        "family": "union",
        "curve": {"points": [[0, 0], [0.9, 0.05], [1, 0.5]]},
        "neighbours": [[0, 1], [1, 2], [2, 0]],
    }
    _, found = solve(game_of(agents, accuracy))
    assert found.rested or found.cycle is not None


def test_a_price_above_the_cost_is_refused_on_curves_that_start_flat():
    game = sharing_game(
        parse(
            {
                "kind": "sharing",
                "agents": [{"name": "A", "cost": 0.001}],
                "accuracy": {"family": "pac", "ceiling": 0.95, "complexity": 1},
            }
        )
    )
    paid = game.costs.transformed(1.0, -0.03)
    with pytest.raises(UnsupportedError, match="cost nothing"):
        accuracy_equilibrium(AccuracyStakes(game, paid), Monitor())


@given(st.data())
def test_even_splits_meet_the_total_within_bounds_and_level(data):
    size = data.draw(st.integers(1, 6))

    def column(*values):
        return np.array([data.draw(st.sampled_from(values)) for _ in range(size)])

    low = column(0.0, 0.5, 1.0)
    high = low + column(0.0, 0.25, 2.0, np.inf)
    weight = column(0.5, 1.0, 2.0)
    reach = np.where(np.isfinite(high), high, 10)
    wanted = weight @ (low + data.draw(st.floats(0, 1)) * (reach - low))
    split = even_split(low, high, weight, float(wanted))
    assert weight @ split == pytest.approx(wanted, abs=1e-9)
    assert np.all((low <= split) & (split <= high))
    between = split[(split > low) & (split < high)]
    assert between.size == 0 or np.ptp(between) <= 1e-12


@pytest.mark.parametrize("seed", range(8))
def test_groups_with_nearly_parallel_responses_come_to_rest(seed):
    generator = np.random.default_rng(seed)
    names = ["north", "south", "west"]
    table = {
        row: {name: float(scale * (1 + 1e-6 * generator.standard_normal())) for name in names}
        for row, scale in zip(names, generator.uniform(0.01, 0.1, 3), strict=True)
    }
    agents = [
        {
            "name": name,
            "cost": float(generator.uniform(1, 3) * 1e-3),
            "capacity": 800,
            "group": name,
        }
        for name in names
    ]
    accuracy = {"family": "power", "exponent": 0.3, "group_weights": table}
    game = sharing_game(parse({"kind": "sharing", "agents": agents, "accuracy": accuracy}))
    found = accuracy_equilibrium(AccuracyStakes(game, game.costs), Monitor())
    assert found.method.startswith("group totals")
    assert found.rested
    for agent in range(3):
        best = best_response(AccuracyStakes(game, game.costs).own(found.contributions, agent))
        assert best == pytest.approx(found.contributions[agent], abs=1e-6)
