"""Free riding on data worth nothing below a threshold: all equilibria, against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdsolve.game.accuracies.pac import PacCurve
from mdsolve.game.accuracies.threshold_power import ThresholdPowerCurve
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.costs import Costs
from mdsolve.game.sharing import SharingGame, no_limits
from mdsolve.game.weights import CommonWeights
from mdsolve.progress import Monitor
from mdsolve.solver.best_response import best_response
from mdsolve.solver.equilibrium.clipped import clipped_equilibrium
from mdsolve.solver.equilibrium.nash import accuracy_equilibrium
from mdsolve.solver.equilibrium.stakes import AccuracyStakes
from mdsolve.solver.iterate import iterate
from mdsolve.solver.shaping.standalone_value import cutoff_cost, individual_optimum
from mdsolve.solver.sweeps import Sweeps

CURVE = ThresholdPowerCurve(1.0, 10.0, 1.0)  # v = 1 - 10 / m; cut-off cost 1/40 at m = 20
"""b'(m0) = 1/10, so costs between 1/40 and 1/10 are too dear alone, not for two."""


def game_of(costs, curve=CURVE, value=None, capacity=None, platform=0.0):
    n = len(costs.rate)
    return SharingGame(
        [f"a{k}" for k in range(n)],
        WeightedAccuracy(CommonWeights(np.ones(n)), curve, platform),
        costs,
        np.ones(n) if value is None else np.asarray(value, dtype=float),
        np.full(n, np.inf) if capacity is None else np.asarray(capacity, dtype=float),
        no_limits(n),
        platform_data=platform,
    )


def regret(game, s):
    stakes = AccuracyStakes(game, game.costs)
    gains = []
    for agent in range(game.size):
        answer = best_response(stakes.own(s, agent))
        both = stakes.own(s, agent).value(np.array([answer, s[agent]]))
        gains.append(both[0] - both[1])
    return max(gains)


def linear(*rates):
    return Costs.linear(np.array(rates, dtype=float))


def test_two_tied_agents_carry_what_is_too_dear_for_one():
    cost = 0.028
    assert cost > cutoff_cost(CURVE) == pytest.approx(1 / 40)
    game = game_of(linear(cost, cost, 0.5))
    found = clipped_equilibrium(game, game.costs)
    total = np.sqrt(10 / cost)  # v'(m) = 10 / m^2 = cost
    assert found.totals == (0.0, pytest.approx(total, rel=1e-12))
    assert found.contributions.tolist() == pytest.approx([total / 2, total / 2, 0])
    assert found.uniqueness == "continuum"
    assert regret(game, found.contributions) < 1e-12
    assert regret(game, game.nothing()) == 0
    worth = 1 - 10 / total
    uneven = np.array([worth / cost, total - worth / cost, 0])  # the first just breaks even
    assert regret(game, uneven) < 1e-12
    assert regret(game, uneven + np.array([1e-3, -1e-3, 0])) > 1e-5


def test_alone_the_same_agent_gives_nothing_and_the_set_is_one_point():
    game = game_of(linear(0.028, 0.5))
    found = clipped_equilibrium(game, game.costs)
    assert found.totals == (0.0,)
    assert not found.contributions.any()


def test_cheap_agents_leave_no_other_equilibrium_and_the_least_cost_gives_all():
    game = game_of(linear(0.001, 0.002, 0.03))
    found = clipped_equilibrium(game, game.costs)
    amount, _ = individual_optimum(CURVE, np.array([0.001]))
    assert found.totals == (pytest.approx(amount[0]),)
    assert found.contributions.tolist() == pytest.approx([amount[0], 0, 0])
    assert found.uniqueness == "unique"


def test_a_dear_agent_who_would_have_to_fill_up_drops_out():
    # The cheap agent's capacity ends at 2; for 16 more the dear one would pay more than they get.
    game = game_of(linear(0.001, 0.03), capacity=[2.0, np.inf])
    found = clipped_equilibrium(game, game.costs)
    assert found.totals == (0.0,)
    s = np.array([2.0, np.sqrt(10 / 0.03) - 2])
    assert regret(game, s) > 0


def brute_force_totals(game, step, top):
    """Return totals of grid profiles of two agents that nearly are equilibria."""
    grid = np.arange(0, top, step)
    found = []
    curve, (c1, c2) = game.accuracy.curve, game.costs.rate
    q1, q2 = game.value
    x, y = np.meshgrid(grid, grid, indexing="ij")
    u1 = q1 * curve.value(x + y + game.platform_data) - c1 * x
    u2 = q2 * curve.value(x + y + game.platform_data) - c2 * y
    good = (u1 >= u1.max(axis=0) - 1e-9) & (u2 >= u2.max(axis=1, keepdims=True) - 1e-9)
    for i, j in zip(*np.nonzero(good), strict=True):
        found.append(grid[i] + grid[j])
    return np.unique(np.round(found, 6))


@pytest.mark.parametrize(
    ("rates", "value", "platform"),
    [
        ((0.028, 0.028), (1, 1), 0),
        ((0.02, 0.03), (1, 1), 0),
        ((0.03, 0.06), (1, 2), 2),
        ((0.05, 0.05), (1, 1), 5),
        ((0.05, 0.09), (1, 1), 0),
        ((0.03, 0.05), (1, 1), 20),
    ],
)
def test_totals_are_those_of_brute_force_over_all_profiles(rates, value, platform):
    game = game_of(linear(*rates), value=value, platform=float(platform))
    found = accuracy_equilibrium(AccuracyStakes(game, game.costs), Monitor())
    totals = found.totals or (float(found.contributions.sum()),)
    seen = brute_force_totals(game, 0.05, 30)
    assert all(min(abs(t - g) for g in seen) < 0.11 for t in totals), (totals, seen)
    assert all(min(abs(t - g) for t in totals) < 0.11 for g in seen), (totals, seen)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_nobody_gains_and_sweeps_end_at_a_listed_total(data):
    n = data.draw(st.integers(1, 5))
    draw = st.sampled_from([0.004, 0.01, 0.02, 0.03, 0.05])
    rate = np.array([data.draw(draw) for _ in range(n)])
    bend = np.array([data.draw(st.sampled_from([0.0, 0.0, 1e-3])) for _ in range(n)])
    capacity = np.array([data.draw(st.sampled_from([3.0, 12.0, np.inf])) for _ in range(n)])
    value = np.array([data.draw(st.sampled_from([0.5, 1.0, 2.0])) for _ in range(n)])
    platform = data.draw(st.sampled_from([0.0, 6.0, 30.0]))
    zero = np.zeros(n)
    costs = Costs(zero + 0.1, rate, bend, zero, zero + 1)
    game = game_of(costs, value=value, capacity=capacity, platform=platform)
    found = clipped_equilibrium(game, costs)
    stakes = AccuracyStakes(game, costs)
    by_turns = Sweeps(stakes.own, game.nothing(), stakes.span, "best responses", 200, cycles=True)
    sweeps = iterate(by_turns, Monitor())
    if found is None:
        assert not sweeps.rested or regret(game, sweeps.contributions) > 1e-9
        return
    assert regret(game, found.contributions) < 1e-9
    if found.totals[0] == 0:
        assert regret(game, game.nothing()) < 1e-12
    if sweeps.rested and regret(game, sweeps.contributions) < 1e-10:
        reached = sweeps.contributions.sum()
        assert min(abs(reached - total) for total in found.totals) < 1e-5 * max(1, reached)


def test_a_million_agents_on_a_clipped_curve():
    rng = np.random.default_rng(0)
    game = game_of(Costs.linear(10 ** rng.uniform(-5, -2, 10**6)), PacCurve(0.95, 10.0))
    found = accuracy_equilibrium(AccuracyStakes(game, game.costs), Monitor())
    amount, _ = individual_optimum(game.accuracy.curve, game.costs.rate[:])
    assert found.contributions.sum() == pytest.approx(amount.max(), rel=1e-9)
