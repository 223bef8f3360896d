"""The p-mean welfare program against closed forms, grids, other solvers and its own bound."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from mdsolve.errors import InstanceError, UnsupportedError
from mdsolve.game.accuracies.curve import MeasuredCurve
from mdsolve.game.accuracies.linear import LinearCurve
from mdsolve.game.accuracies.pac import PacCurve
from mdsolve.game.accuracies.power import PowerCurve
from mdsolve.game.costs import Costs
from mdsolve.game.costs.piecewise_linear import Pieces
from mdsolve.game.curves import mixed
from mdsolve.game.p_mean import p_mean
from mdsolve.progress import Monitor
from mdsolve.solver.equilibrium.budget_rate import (
    full_rate,
    money_left,
    optimal_rate,
    rate_of_costs,
)
from mdsolve.solver.welfare.payments import exactly_balanced
from mdsolve.solver.welfare.program import redistributed, welfare_program
from mdsolve.status import Termination
from tests.solver.welfare.welfare_games import MEANS, budget_game, random_game

MEASURED = MeasuredCurve((0.0, 1.0, 2.0, 5.0, 10.0), (0.0, 0.4, 0.6, 0.8, 0.9))


def mean_at(game, p, beta, s):
    """Return M_p straight from the definition, -inf where a budget is overdrawn."""
    costs = game.costs.value(s)
    n = game.size
    others = (costs.sum() - costs) / max(1, n - 1)
    b = game.budget - (1 - beta if n > 1 else 1) * costs - (beta * others if n > 1 else 0)
    if b.min() < 0 or s.min() < 0 or np.any(s > game.capacity):
        return -math.inf
    u = b + game.value * game.accuracy.values(s)
    if p == -math.inf:
        return float(u.min())
    if p == 0:
        return float(np.exp(np.log(u).mean()))
    return float(np.mean(u**p) ** (1 / p))


def assert_proved(found, within=1e-10):
    assert found.termination is Termination.SOLVED
    assert -1e-12 < found.gap < within
    assert found.money_left.min() >= 0
    assert found.payments.sum() == 0


# --- closed forms -----------------------------------------------------------------------------


@pytest.mark.parametrize("p", MEANS)
def test_equal_agents_share_the_planners_total(p):
    """n q f'(S) = c: with q = 4, c = 1, n = 3 the total is sqrt(12) - 1 for every p."""
    game = budget_game([1, 1, 1], [4, 4, 4], [10, 10, 10])
    found = welfare_program(game, p, optimal_rate(game))
    assert_proved(found)
    assert found.objective == pytest.approx(12.023932, abs=5e-7)
    assert found.contributions.sum() == pytest.approx(math.sqrt(12) - 1, rel=1e-5)


def test_unequal_costs_leave_the_equilibrium_far_behind():
    """c = (1, 1, 10), q = 10 c, B = 40: the optimum has total sqrt(120) - 1, all from the cheap."""
    game = budget_game([1, 1, 10], [10, 10, 100], [40, 40, 40])
    beta = optimal_rate(game)
    assert beta == pytest.approx(1 / 6, abs=1e-15)
    found = welfare_program(game, 1, beta)
    assert_proved(found)
    assert found.objective == pytest.approx(73.030366, abs=5e-7)
    assert found.objective == pytest.approx((240 - 2 * math.sqrt(120) + 1) / 3, rel=1e-12)
    equilibrium = np.full(3, (math.sqrt(12) - 1) / 3)
    assert mean_at(game, 1, beta, equilibrium) == pytest.approx(65.167526, abs=5e-7)


@pytest.mark.parametrize("p", MEANS)
def test_full_rate_and_identical_agents(p):
    """With beta = 1 - 1/n the equilibrium total of identical agents maximises every p-mean."""
    game = budget_game([0.5] * 5, [3] * 5, [4] * 5)
    equilibrium = np.full(5, (math.sqrt(5 * 3 / 0.5) - 1) / 5)
    found = welfare_program(game, p, full_rate(game))
    assert found.dual_bound == pytest.approx(mean_at(game, p, 0.8, equilibrium), rel=1e-11)


@pytest.mark.parametrize(("budget", "answer"), [(1.5, 1.5), (10.0, 2.0)])
def test_one_agent(budget, answer):
    found = welfare_program(budget_game([1.0], [9.0], [budget]), 0, 0.4)
    assert_proved(found)
    assert found.contributions[0] == pytest.approx(answer, rel=1e-5)
    assert found.objective == pytest.approx(budget - answer + 9 * (1 - 1 / (1 + answer)), rel=1e-11)


def test_only_free_data_when_a_budget_is_empty():
    free = budget_game([1.0, 0.0], [9, 9], [0, 3], capacity=[5, 2], platform=1.0)
    found = welfare_program(free, -1, 0.5)
    assert_proved(found)
    assert found.contributions == pytest.approx([0, 2], abs=1e-8)


def test_without_budgets_the_total_of_utilities():
    game = budget_game([1, 1, 10], [10, 10, 100], None)
    found = welfare_program(game, 1, 0.3)
    assert found.termination is Termination.SOLVED
    assert found.objective == pytest.approx((120 - 2 * math.sqrt(120) + 1) / 3, rel=1e-12)
    nothing = welfare_program(budget_game([1, 2], [0.1, 0.1], None), 1, 0.3)
    assert nothing.termination is Termination.SOLVED
    assert nothing.contributions.tolist() == [0, 0]
    assert nothing.objective == 0
    mixed_limits = budget_game([18, 35, 108], [318, 24, 1316], None, capacity=[44, 44, np.inf])
    assert welfare_program(mixed_limits, 1, 0.3).contributions == pytest.approx(
        [math.sqrt(1658 / 18) - 1, 0, 0], rel=1e-5
    )


# --- brute force and other solvers -------------------------------------------------------------


@pytest.mark.parametrize("p", [*MEANS, 1e-6, -1e-4, -50.0])
@pytest.mark.parametrize("beta", [0.0, 0.3, 0.5, 0.9])
def test_grid_of_two_agents(p, beta):
    game = budget_game([0.5, 1.2], [6, 3], [1.5, 2.5], capacity=[2.0, np.inf])
    found = welfare_program(game, p, beta)
    assert_proved(found)
    grid = [np.linspace(0, 2, 61), np.linspace(0, 3, 61)]
    means = [mean_at(game, p, beta, np.array([a, b])) for a in grid[0] for b in grid[1]]
    rounding = 1e-12 + (1e-15 / abs(p) if 0 < abs(p) < 1 else 0)
    assert max(means) <= found.dual_bound * (1 + rounding)
    assert max(means) >= found.objective * (1 - 2e-3)
    mean = mean_at(game, p, beta, found.contributions)
    assert mean == pytest.approx(found.objective, rel=rounding)


@pytest.mark.parametrize("p", [1, 0.5, 0, -1, -5])
@pytest.mark.parametrize("seed", range(3))
def test_sequential_quadratic_programming(p, seed):
    game = random_game(4, seed, quadratic=True, limited=True)
    beta = 0.4
    found = welfare_program(game, p, beta)
    assert_proved(found)

    def negative(s):
        u = np.maximum(money_left(game, beta, s) + game.benefits(s), 1e-9)
        return -p_mean(u, p)

    rival = scipy.optimize.minimize(
        negative,
        np.full(4, 0.1),
        method="SLSQP",
        bounds=[(0, c) for c in game.capacity],
        constraints={"type": "ineq", "fun": lambda s: money_left(game, beta, s)},
        options={"ftol": 1e-12, "maxiter": 500},
    )
    assert -rival.fun <= found.dual_bound + 1e-8
    assert -rival.fun == pytest.approx(found.objective, rel=1e-5)


@pytest.mark.parametrize("p", MEANS)
def test_conic_route_agrees(p):
    for game in (random_game(6, 1), random_game(6, 2, quadratic=True, limited=True)):
        own, cone = welfare_program(game, p, 0.4), welfare_program(game, p, 0.4, route="cvxpy")
        assert "cvxpy" in cone.method
        assert cone.objective == pytest.approx(own.objective, rel=1e-8)
        assert cone.dual_bound == pytest.approx(own.objective, rel=1e-8)
        assert cone.budget_duals == pytest.approx(own.budget_duals, abs=1e-5)


def test_conic_route_refuses_tiny_exponents():
    with pytest.raises(UnsupportedError, match="interior-point"):
        welfare_program(random_game(3, 0), 1e-4, 0.4, route="cvxpy")


@pytest.mark.parametrize("p", [1, 0, -5, -np.inf])
def test_every_family_of_costs_and_curves(p):
    one = np.ones(4)
    pieces = Pieces(np.array([0, 0.2, 0.5, 1.0]), np.array([0.05, 0.07, 0.2, 0.8]))
    costs = Costs(
        np.array([0.1, 0, 0, 0]),
        np.array([0.4, 0.3, 0.0, 0.0]),
        np.array([0.0, 0.2, 0.0, 0.0]),
        np.array([0.0, 0.0, 0.5, 0.0]),
        one + np.array([0.0, 0.0, 0.7, 0.0]),
        ((3, pieces),),
    )
    curves = [MEASURED, PowerCurve(0.9, 0.8, 0.5), PowerCurve(), MEASURED]
    game = budget_game(costs, [5, 4, 6, 3], [2, 1, 2, 1.5], curve=mixed(curves), platform=0.5)
    found = welfare_program(game, p, 0.35)
    assert_proved(found)
    cone = welfare_program(game, p, 0.35, route="cvxpy")
    assert cone.objective == pytest.approx(found.objective, rel=1e-7)
    rng = np.random.default_rng(1)
    for _ in range(300):
        nearby = np.maximum(found.contributions + rng.normal(0, 0.05, 4), 0) * (rng.random(4) > 0.2)
        assert mean_at(game, p, 0.35, nearby) <= found.dual_bound * (1 + 1e-12)


@pytest.mark.parametrize("rate", [0.1, 0.3, 1.0, 3.0])
@pytest.mark.parametrize("p", [1, 0.5, 0, -5, -np.inf])
def test_optimum_at_a_kink_of_a_measured_curve(p, rate):
    game = budget_game([rate, 1.1 * rate, 2 * rate], [10, 11, 9], [4, 5, 6], curve=MEASURED)
    assert_proved(welfare_program(game, p, 0.3), within=1e-9)


def test_linear_accuracy_needs_a_limit_or_a_budget():
    endless = budget_game([1, 2], [5, 5], None, curve=LinearCurve())
    with pytest.raises(UnsupportedError, match="agent-1"):
        welfare_program(endless, 1, 0.5)
    limited = budget_game([1, 2], [5, 5], [3, 3], curve=LinearCurve())
    assert_proved(welfare_program(limited, -1, 0.5))


# --- size --------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [10, 100, 1000, 10_000])
@pytest.mark.parametrize("p", MEANS)
def test_gap_is_proved_at_every_size(n, p):
    game = random_game(n, n)
    for beta in (optimal_rate(game), 0.4):
        assert_proved(welfare_program(game, p, beta))


@pytest.mark.parametrize("p", [0.999, 1e-8, -20.0, -100.0])
def test_unusual_exponents(p):
    assert_proved(welfare_program(random_game(30, 7, quadratic=True), p, 0.9))


# --- properties --------------------------------------------------------------------------------

sizes = st.integers(2, 6)
seeds = st.integers(0, 10_000)
rates = st.floats(0, 1)
means = st.sampled_from(MEANS)


@settings(max_examples=15)
@given(sizes, seeds, rates, means)
def test_relabelling_agents_changes_nothing(n, seed, beta, p):
    game = random_game(n, seed, limited=True)
    order = np.random.default_rng(seed).permutation(n)
    shuffled = dataclasses.replace(
        game,
        costs=game.costs.take(order),
        value=game.value[order],
        capacity=game.capacity[order],
        budget=game.budget[order],
    )
    first, second = welfare_program(game, p, beta), welfare_program(shuffled, p, beta)
    assert second.objective == pytest.approx(first.objective, rel=1e-9)


@settings(max_examples=15)
@given(sizes, seeds, rates, means, st.floats(-6, 6))
def test_money_has_no_unit(n, seed, beta, p, power):
    unit = 10.0**power
    game = random_game(n, seed, quadratic=True)
    scaled = dataclasses.replace(
        game,
        costs=game.costs.transformed(unit),
        value=game.value * unit,
        budget=game.budget * unit,
    )
    first, second = welfare_program(game, p, beta), welfare_program(scaled, p, beta)
    assert second.objective == pytest.approx(unit * first.objective, rel=1e-9)


@settings(max_examples=15)
@given(sizes, seeds, rates)
def test_means_rise_with_the_exponent(n, seed, beta):
    game = random_game(n, seed)
    answers = [welfare_program(game, p, beta).objective for p in reversed(MEANS)]
    assert all(b >= a * (1 - 1e-9) for a, b in itertools.pairwise(answers))


@settings(max_examples=15)
@given(sizes, seeds, means)
def test_more_budget_never_hurts(n, seed, p):
    game = random_game(n, seed)
    richer = dataclasses.replace(game, budget=game.budget + 1)
    poor, rich = welfare_program(game, p, 0.4), welfare_program(richer, p, 0.4)
    assert rich.objective >= poor.objective
    # To first order the gain is weights + budget_duals; concavity makes that an upper bound.
    assert rich.objective - poor.objective <= (poor.weights + poor.budget_duals).sum() * (1 + 1e-6)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50), seeds)
def test_payments_sum_to_exactly_zero_in_any_order(raw, seed):
    raw = np.array(raw)
    wanted = raw - raw.mean()
    paid = exactly_balanced(wanted)
    assert paid.sum() == 0
    assert sum(np.random.default_rng(seed).permutation(paid).tolist()) == 0
    assert np.abs(paid - wanted).max() <= 1e-13 * np.abs(wanted).sum()


def test_payments_of_many_agents():
    game = random_game(5000, 5)
    s = np.random.default_rng(0).uniform(0, 2, 5000)
    paid = redistributed(game, 0.7, s)
    costs = game.costs.value(s)
    rule = 0.7 * (costs - (costs.sum() - costs) / 4999)
    assert paid.sum() == 0
    assert paid == pytest.approx(rule, abs=1e-10)


# --- the rate beta* ----------------------------------------------------------------------------


@given(st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=12))
def test_rate_is_the_root_of_its_quadratic(costs):
    """(14) in 60 digits; the formula in doubles keeps 13 of them even for nearly equal costs."""
    n = len(costs)
    with mp.workdps(60):
        c = [mpf(cost) for cost in costs]
        a, total = 1 / sum(1 / x for x in c), sum(c)
        middle = a * n * (n - 2) + total
        root = mp.sqrt(abs(middle**2 - 4 * a * total * (n - 1) ** 2))
        exact = float((middle - root) / (2 * total))
    assert rate_of_costs(np.array(costs)) == pytest.approx(exact, rel=1e-12, abs=0)
    assert 0 <= rate_of_costs(np.array(costs)) <= 1 - 1 / n + 1e-15


def test_rate_near_equal_costs():
    assert rate_of_costs(np.full(7, 0.37)) == pytest.approx(6 / 7, abs=1e-15)
    spread = 1e-9
    nearly = rate_of_costs(np.array([1.0, 1.0 + spread]))
    assert nearly == pytest.approx(0.5 - spread / 4, abs=1e-15)


# --- refusals ----------------------------------------------------------------------------------


def test_refusals_say_what_is_wrong():
    game = random_game(3, 0)
    with pytest.raises(UnsupportedError, match="option p"):
        welfare_program(game, 1.5, 0.3)
    with pytest.raises(UnsupportedError, match="option p"):
        welfare_program(game, math.nan, 0.3)
    with pytest.raises(UnsupportedError, match="option beta"):
        welfare_program(game, 1, 1.3)
    with pytest.raises(UnsupportedError, match="without budgets"):
        welfare_program(game.without_budgets(), 0, 0.3)
    with pytest.raises(UnsupportedError, match="not concave"):
        welfare_program(budget_game([1], [1], [1], curve=PacCurve()), 1, 0.3)
    with pytest.raises(UnsupportedError, match="agent-2"):
        welfare_program(budget_game([1, 0], [1, 1], [1, 1]), 1, 0.3)
    with pytest.raises(UnsupportedError, match="agent-1"):
        welfare_program(budget_game([1, 1], [1, 1], [0, 1]), 0, 0.3)


def test_fixed_costs_beyond_a_budget_name_the_agent():
    zero, one = np.zeros(2), np.ones(2)
    costs = Costs(np.array([0.1, 2.0]), one, zero, zero, one)
    game = budget_game(costs, [5, 5], [3, 1])
    with pytest.raises(InstanceError, match="agent-2"):
        welfare_program(game, 1, 0.2)


def test_time_limit_keeps_the_best_so_far():
    found = welfare_program(random_game(50, 1), 0, 0.4, monitor=Monitor(time_limit=0.0))
    assert found.termination is Termination.LIMIT
    assert found.dual_bound > found.objective
    assert found.money_left.min() >= 0
