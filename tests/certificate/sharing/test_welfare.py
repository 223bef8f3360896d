"""The checker of welfare optima: it accepts right answers and no wrong ones, whatever the hints."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mdsolve.certificate.sharing.welfare import (
    budget_balance,
    feasibility,
    welfare_optimality,
)
from mdsolve.certificate.sharing.welfare_bound import most_contributions
from mdsolve.certificate.sharing.welfare_claim import WelfareClaim
from mdsolve.certificate.sharing.welfare_kkt import welfare_duals, welfare_kkt

from mdsolve.game.curves import PacCurve
from mdsolve.game.measured_curve import MeasuredCurve
from mdsolve.solver.equilibrium.budget_rate import full_rate, money_left, optimal_rate
from mdsolve.solver.welfare.program import redistributed, welfare_program
from tests.solver.welfare.welfare_games import MEANS, budget_game, random_game


def claim_of(game, found, **changes):
    claim = WelfareClaim(
        game,
        found.p,
        found.beta,
        found.contributions,
        found.payments,
        found.weights,
        found.budget_duals,
    )
    return dataclasses.replace(claim, **changes)


@pytest.mark.parametrize("p", MEANS)
@pytest.mark.parametrize("beta", [0.0, 0.4, 0.75, 1.0])
def test_right_answers_pass(p, beta):
    game = random_game(4, 3, quadratic=True, limited=True)
    claim = claim_of(game, welfare_program(game, p, beta))
    for check in (feasibility, budget_balance, welfare_optimality):
        condition = check(claim)
        assert condition.verdict == "pass", condition
        assert condition.claimed
    assert welfare_optimality(claim).violation < 1e-10


@pytest.mark.parametrize("p", [1, 0, -np.inf])
def test_kinked_curves_and_missing_budgets(p):
    curve = MeasuredCurve((0.0, 1.0, 2.0, 5.0, 10.0), (0.0, 0.4, 0.6, 0.8, 0.9))
    for rate in (0.1, 1.0, 3.0):
        game = budget_game([rate, 1.1 * rate, 2 * rate], [10, 11, 9], [4, 5, 6], curve=curve)
        assert welfare_optimality(claim_of(game, welfare_program(game, p, 0.3))).verdict == "pass"
        free = game.without_budgets()
        total = welfare_program(free, 1, 0.3)
        assert welfare_optimality(claim_of(free, total)).verdict == "pass"


def test_answers_of_the_other_route_pass():
    game = random_game(5, 7)
    found = welfare_program(game, 0.5, 0.4, route="cvxpy")
    assert welfare_optimality(claim_of(game, found)).verdict == "pass"


@given(st.integers(2, 5), st.integers(0, 10_000), st.sampled_from(MEANS), st.floats(0, 1))
def test_no_hint_ever_bounds_below_what_is_attainable(n, seed, p, beta):
    """Whatever the multipliers, the bound is no smaller than the mean at feasible contributions."""
    game = random_game(n, seed, limited=True)
    rng = np.random.default_rng(seed)
    best = welfare_program(game, p, beta)
    hints = [
        (best.weights * rng.uniform(0.5, 2, n), best.budget_duals * rng.uniform(0, 3, n)),
        (rng.exponential(size=n), rng.exponential(size=n) * (rng.random(n) > 0.5)),
        (best.weights, best.budget_duals - rng.exponential(size=n)),
    ]
    for weights, duals in hints:
        condition = welfare_optimality(claim_of(game, best, weights=weights, budget_duals=duals))
        bound = condition.witness["bound"]
        assert bound == "none" or bound >= best.objective * (1 - 1e-12)


@pytest.mark.parametrize("p", MEANS)
def test_worse_contributions_fail(p):
    game = random_game(5, 11)
    found = welfare_program(game, p, 0.4)
    for factor in (0.0, 0.9, 0.99):
        worse = found.contributions * factor
        paid = redistributed(game, 0.4, worse)
        claim = claim_of(game, found, contributions=worse, payments=paid)
        assert feasibility(claim).verdict == "pass"
        assert budget_balance(claim).verdict == "pass"
        assert welfare_optimality(claim).verdict == "fail"


def test_wrong_hints_fail_instead_of_passing():
    game = random_game(5, 11)
    found = welfare_program(game, -np.inf, 0.4)
    lopsided = np.array([1.0, 0, 0, 0, 0])
    assert welfare_optimality(claim_of(game, found, weights=lopsided)).verdict == "fail"
    assert welfare_optimality(claim_of(game, found, weights=None)).verdict == "not-checked"
    broken = np.full(5, np.nan)
    assert welfare_optimality(claim_of(game, found, weights=broken)).verdict == "not-checked"


def test_hints_may_be_in_any_unit_or_missing():
    game = random_game(5, 2)
    for p in (1, 0.5, -1):
        found = welfare_program(game, p, 0.4)
        unit = {"weights": 7 * found.weights, "budget_duals": 7 * found.budget_duals}
        assert welfare_optimality(claim_of(game, found, **unit)).verdict == "pass"
    rich = dataclasses.replace(game, budget=game.budget + 100)
    slack = welfare_program(rich, 0, 0.4)
    without = claim_of(rich, slack, weights=None, budget_duals=None)
    assert welfare_optimality(without).verdict == "pass"


def test_perturbed_payments_and_contributions_are_rejected():
    game = random_game(6, 4, limited=True)
    found = welfare_program(game, -1, 0.4)
    for agent in range(6):
        paid = found.payments.copy()
        paid[agent] += 1e-6
        assert budget_balance(claim_of(game, found, payments=paid)).verdict == "fail"
        swapped = found.payments.copy()
        swapped[agent] += 1e-6
        swapped[agent - 1] -= 1e-6
        assert budget_balance(claim_of(game, found, payments=swapped)).verdict == "fail"
        below, above = found.contributions.copy(), found.contributions.copy()
        below[agent] = -1e-6
        above[agent] = game.capacity[agent] + 1e-6
        assert feasibility(claim_of(game, found, contributions=below)).verdict == "fail"
        assert feasibility(claim_of(game, found, contributions=above)).verdict == "fail"
        moved = found.contributions.copy()
        moved[agent] += 1e-6
        if game.costs.rate[agent] > 0.01:
            assert budget_balance(claim_of(game, found, contributions=moved)).verdict == "fail"


def test_overdrawn_budgets_are_rejected():
    game = budget_game([1, 1], [50, 50], [2, 2])
    found = welfare_program(game, 1, 0.3)
    assert money_left(game, 0.3, found.contributions).min() < 1e-9
    more = found.contributions + 1e-6
    assert feasibility(claim_of(game, found, contributions=more)).verdict == "fail"


def test_what_cannot_be_checked_says_so():
    game = random_game(3, 0)
    s = np.zeros(3)
    assert budget_balance(WelfareClaim(game, 1, 0.3, s)).verdict == "not-checked"
    clipped = budget_game([1], [1], [1], curve=PacCurve())
    condition = welfare_optimality(WelfareClaim(clipped, 1, 0.3, np.zeros(1)))
    assert condition.verdict == "not-checked"
    assert "concave" in condition.detail
    unlimited = game.without_budgets()
    assert welfare_optimality(WelfareClaim(unlimited, 0, 0.3, s)).verdict == "not-checked"


@given(st.integers(1, 6), st.integers(0, 10_000), st.floats(0, 1))
def test_contributions_beyond_the_limit_overdraw_a_budget(n, seed, beta):
    game = random_game(n, seed, quadratic=True)
    most = most_contributions(game, beta if n > 1 else 0.0)
    for agent in range(n):
        s = np.zeros(n)
        s[agent] = most[agent] * (1 + 1e-9) + 1e-12
        assert money_left(game, beta, s).min() < 0
        s[agent] = most[agent] * (1 - 1e-9)
        assert money_left(game, beta, s).min() >= 0


# --- [M23] Theorem 4.1 -------------------------------------------------------------------------


def split_evenly(game, beta):
    """Return the equilibrium of tied agents with u_i = b_i + q_i S / (1 + S), split evenly."""
    total = math.sqrt(float(game.value[0] / ((1 - beta) * game.costs.rate[0]))) - 1
    return np.full(game.size, total / game.size)


def test_theorem_holds_for_equal_costs_as_a_limit():
    game = budget_game([1, 1, 1], [4, 4, 4], [10, 10, 10])
    beta = optimal_rate(game)
    for p in (1, 0.5, 0, -1):
        claim = WelfareClaim(game, p, beta, split_evenly(game, beta))
        condition = welfare_kkt(claim)
        assert condition.verdict == "pass"
        assert condition.detail.startswith("degenerate")
        assert welfare_optimality(claim).verdict == "pass"


def test_theorem_fails_for_unequal_costs():
    game = budget_game([1, 1, 10], [10, 10, 100], [40, 40, 40])
    beta = optimal_rate(game)
    claim = WelfareClaim(game, 1, beta, split_evenly(game, beta))
    duals = welfare_duals(claim)
    assert duals.mu[2] / duals.total == pytest.approx(-1 / 21, abs=1e-14)
    for name in ("(16)-(18)", "(20)", "(22)", "(23)"):
        assert duals.residuals[name].max() < 1e-12
    condition = welfare_kkt(claim)
    assert condition.verdict == "fail"
    assert condition.detail.startswith("failing: the dual mu of agent agent-3 is -0.047619")
    found = welfare_program(game, 1, beta)
    hints = {"weights": found.weights, "budget_duals": found.budget_duals}
    assert welfare_optimality(dataclasses.replace(claim, **hints)).verdict == "fail"


@given(st.lists(st.floats(0.05, 20), min_size=2, max_size=6), st.sampled_from([1, 0.5, 0, -1]))
def test_some_dual_is_never_positive_when_costs_differ(costs, p):
    """For every unequal cost vector (24) at beta* has min mu <= 0 ([M23] (24), corrected)."""
    rates = np.array(costs)
    if rates.max() < rates.min() * 1.001:
        return
    game = budget_game(rates.tolist(), (7 * rates).tolist(), [100.0] * len(costs))
    beta = optimal_rate(game)
    claim = WelfareClaim(game, p, beta, split_evenly(game, beta))
    duals = welfare_duals(claim)
    assert duals.mu.min() <= 1e-9 * duals.total
    assert welfare_kkt(claim).verdict == "fail"


def test_full_rate_repairs_identical_agents():
    game = budget_game([2.0] * 4, [5.0] * 4, [8.0] * 4)
    beta = full_rate(game)
    claim = WelfareClaim(game, -1, beta, split_evenly(game, beta))
    assert welfare_kkt(claim).detail.startswith("degenerate")
    assert welfare_optimality(claim).verdict == "pass"


def test_another_rate_fails_by_stationarity():
    game = budget_game([2, 2, 2], [4, 4, 4], [10, 10, 10])
    condition = welfare_kkt(WelfareClaim(game, 1, 0.1, split_evenly(game, 0.1)))
    assert condition.verdict == "fail"
    assert "(21)" in condition.detail


def test_no_equilibrium_no_duals():
    game = budget_game([1, 1, 1], [4, 4, 4], [10, 10, 10])
    beta = optimal_rate(game)
    off = split_evenly(game, beta) * (1 + 1e-6)
    assert welfare_kkt(WelfareClaim(game, 1, beta, off)).verdict == "fail"
    assert "finite p" in welfare_kkt(WelfareClaim(game, -math.inf, beta, off)).detail
    free = game.without_budgets()
    assert welfare_kkt(WelfareClaim(free, 1, beta, off)).verdict == "not-checked"
