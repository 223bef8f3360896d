"""Theorem 4.1 of [M23]: valid in the limit of equal costs, refuted with its dual elsewhere."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdsolve.game.build_sharing import sharing_game
from mdsolve.solver.equilibrium.budget_rate import optimal_rate
from tests.certificate.welfare.planner_games import checked, planner_game


def equilibrium(instance, beta="optimal", p=None):
    """Return the equilibrium of tied agents with u_i = b_i + q_i S / (1 + S), split evenly."""
    game = sharing_game(instance)
    rate = {"optimal": optimal_rate(game), "full": 1 - 1 / game.size}.get(beta, beta)
    total = math.sqrt(float(game.value[0] / ((1 - rate) * game.costs.rate[0]))) - 1
    options = {"beta": beta} | ({} if p is None else {"p": p})
    return {
        "mechanism": {"name": "budget-balanced" if p is None else "welfare", "options": options},
        "contributions": np.full(game.size, total / game.size),
    }


def kkt(instance, data, arithmetic="auto"):
    return checked(instance, data, "welfare-kkt", arithmetic)


EQUAL = planner_game([1, 1, 1], [4, 4, 4], [10, 10, 10])
UNEQUAL = planner_game([1, 1, 10], [10, 10, 100], [40, 40, 40])


@pytest.mark.parametrize("p", [None, 1, 0.5, 0, -1])
@pytest.mark.parametrize("arithmetic", ["auto", "enclosure", "float"])
def test_the_theorem_holds_for_equal_costs_as_a_limit(p, arithmetic):
    condition = kkt(EQUAL, equilibrium(EQUAL, p=p), arithmetic)
    assert condition.verdict == "pass"
    assert condition.detail.startswith("degenerate")


def test_the_sign_of_the_dual_is_exact_where_the_rate_is_a_fraction():
    condition = kkt(UNEQUAL, equilibrium(UNEQUAL))
    assert condition.verdict == "fail"
    assert condition.arithmetic == "exact"
    assert condition.witness["agent"] == "agent-3"
    assert condition.witness["mu_share"] == "-1/21"
    assert condition.detail.startswith("fails: the dual mu of agent agent-3 is -0.047619")
    assert kkt(UNEQUAL, equilibrium(UNEQUAL, p=0)).arithmetic == "exact"


def test_the_sign_of_the_dual_is_enclosed_where_it_is_not():
    game = planner_game([1, 2, 4], [7, 14, 28], [100, 100, 100])
    condition = kkt(game, equilibrium(game))
    assert condition.verdict == "fail"
    assert condition.arithmetic == "enclosure"
    assert condition.witness["mu_share"] < 0


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=2, max_size=6), st.sampled_from([None, 1, 0.5, 0, -1]))
def test_some_dual_is_never_positive_where_costs_differ(costs, p):
    if len(set(costs)) == 1:
        return
    game = planner_game(costs, [7 * c for c in costs], [100] * len(costs))
    assert kkt(game, equilibrium(game, p=p)).verdict == "fail"


def test_a_dual_of_zero_fails_too():
    """One cheap agent among equal dear ones: (24) is exactly 0 for the dear ones."""
    game = planner_game([1, 4, 4], [7, 28, 28], [100] * 3)
    condition = kkt(game, equilibrium(game))
    assert condition.verdict == "fail"


def test_the_full_rate_repairs_identical_agents():
    game = planner_game([2] * 4, [5] * 4, [8] * 4)
    condition = kkt(game, equilibrium(game, "full", p=-1))
    assert condition.verdict == "pass"
    assert condition.detail.startswith("degenerate")
    assert checked(game, equilibrium(game, "full", p=-1)).verdict == "pass"


def test_another_rate_fails_by_stationarity():
    game = planner_game([2, 2, 2], [4, 4, 4], [10, 10, 10])
    condition = kkt(game, equilibrium(game, 0.1))
    assert condition.verdict == "fail"
    assert "(21)" in condition.detail


def test_a_valid_case_with_unequal_costs_of_no_consequence():
    """Nobody contributes: data are worth less than they cost anybody."""
    game = planner_game([3, 4], [1, 1], [10, 10])
    data = {
        "mechanism": {"name": "budget-balanced", "options": {"beta": 0.2}},
        "contributions": [0, 0],
    }
    condition = kkt(game, data)
    assert condition.verdict in ("pass", "fail")
    assert condition.verdict == "fail" or condition.detail.startswith("valid")


@pytest.mark.parametrize("change", [1 + 1e-6, 1 - 1e-6])
def test_no_equilibrium_no_duals(change):
    off = equilibrium(EQUAL)
    off["contributions"] = off["contributions"] * change
    assert kkt(EQUAL, off).verdict == "fail"


def test_what_has_no_duals_says_why():
    assert "finite p" in kkt(EQUAL, equilibrium(EQUAL, p="-inf")).detail
    free = planner_game([1, 1, 1], [4, 4, 4], [None] * 3)
    assert "no budgets" in kkt(free, equilibrium(free)).detail
    single = planner_game([1], [4], [10])
    data = {"mechanism": {"name": "budget-balanced", "options": {"beta": 0}}, "contributions": [1]}
    assert "two agents" in kkt(single, data).detail
    data = equilibrium(EQUAL)
    data["mechanism"]["options"]["beta"] = 1
    assert "nobody bears" in kkt(EQUAL, data).detail


@pytest.mark.parametrize("money", [1e-12, 1e12])
def test_the_unit_of_money_changes_no_verdict(money):
    for game, verdict in ((EQUAL, "pass"), (UNEQUAL, "fail")):
        data = equilibrium(game)
        scaled = planner_game(
            *(
                [money * float(number) for number in column]
                for column in (
                    [agent.cost.rate for agent in game.agents],
                    [agent.value for agent in game.agents],
                    [agent.budget for agent in game.agents],
                )
            )
        )
        assert kkt(scaled, data).verdict == verdict
