"""Payments at given contributions: numbers, solution files, and what is refused."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

import mdsolve as md
from mdsolve.errors import SolutionFileError, UnsupportedError, UsageError
from mdsolve.study.payments_at import payments_at

GAME = {
    "kind": "sharing",
    "agents": [{"name": "A", "cost": 0.1, "capacity": 50}, {"name": "B", "cost": 0.25}],
    "accuracy": {"family": "power"},
}


@pytest.fixture
def game():
    return md.parse(GAME)


def test_example_7_of_reciprocal_learning(game):
    found = payments_at(game, "shapley", "3.9811543556,2.4626396141")
    np.testing.assert_allclose(found["shapley"], [0.9537002452, 0.7776195619], atol=1e-9)
    accuracy = found["accuracies"][0]
    assert min(accuracy / found["shapley"]) == pytest.approx(0.9076855206, abs=1e-9)
    assert found["payments"].sum() == pytest.approx(0, abs=1e-12)
    assert "quadrature" in found["method"]


def test_gradients_against_differences(game):
    at = np.array([3.0, 1.0])
    found = payments_at(game, "shapley", at)
    for k in range(2):
        step = np.eye(2)[k] * 1e-5
        up = payments_at(game, "shapley", at + step)["shapley"][k]
        down = payments_at(game, "shapley", at - step)["shapley"][k]
        assert found["shapley_gradient"][k] == pytest.approx((up - down) / 2e-5, abs=1e-8)


def test_a_solution_file_gives_its_own_payments_back(game, tmp_path):
    solution = md.solve(game, "shapley")
    solution.to_json(tmp_path / "s.json")
    found = payments_at(game, "shapley", str(tmp_path / "s.json"))
    np.testing.assert_allclose(found["payments"], solution.payments, atol=1e-12)
    assert sum(solution.payments) == 0


@pytest.mark.parametrize(
    ("mechanism", "options"),
    [
        ("none", {}),
        ("budget-balanced", {"beta": "full"}),
        ("contribution-transfer", {"beta": 0.1}),
    ],
)
def test_other_rules_from_their_formulas(game, mechanism, options):
    found = payments_at(game, mechanism, [2, 1], options=options)
    expected = {
        "none": [0, 0],
        "budget-balanced": [0.5 * (0.2 - 0.25), 0.5 * (0.25 - 0.2)],
        "contribution-transfer": [0.1, -0.1],
    }[mechanism]
    np.testing.assert_allclose(found["payments"], expected, atol=1e-15)
    assert "shapley" not in found


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("1", "1 numbers"),
        ("1,2,3", "3 numbers"),
        ("-1,2", "-1 for A"),
        ("60,2", "60 for A"),
        ("x,2", "numbers separated"),
        ("nothing", "numbers separated"),
    ],
)
def test_unusable_contributions_are_refused(game, at, words):
    with pytest.raises(UsageError, match=words):
        payments_at(game, "none", at)
    with pytest.raises(SolutionFileError):
        payments_at(game, "none", "missing.json")


def test_private_costs_are_refused_everywhere_not_replaced():
    prior = {"low": 0.1, "high": 0.2, "probability_low": 0.5}
    private = md.parse({**GAME, "agents": [{"name": n, "prior": prior} for n in "AB"]})
    for call in (
        lambda: md.solve(private, "none"),
        lambda: payments_at(private, "none", [1, 1]),
    ):
        with pytest.raises(UnsupportedError, match="prior"):
            call()
    agreed = md.verify(private, {"contributions": [1, 1]})
    assert agreed.verdict == "not-checked"
    assert agreed.condition("individual-rationality").verdict == "not-checked"


THRESHOLD = {
    "kind": "sharing",
    "agents": [
        {"name": "A", "cost": 0.02},
        {"name": "B", "cost": 0.03},
        {"name": "C", "cost": 0.5},
        {"name": "D", "cost": 0.03},
    ],
    "accuracy": {"family": "threshold-power", "threshold": 10, "exponent": 1},
}


def test_models_of_value_shaping_follow_each_agents_own_curve():
    found = payments_at(md.parse(THRESHOLD), "value-shaping", "30,12,0,5")
    # A alone collects sqrt(10 / 0.02); beyond that a sample earns what it costs. B and D: nothing.
    alone = np.sqrt(500.0)
    right = [1 - 10 / alone + 0.02 * (30 - alone), 0.03 * 12, 0.0, 0.03 * 5]
    np.testing.assert_allclose(found["accuracies"], right, rtol=1e-12)
    costs = np.array([0.02, 0.03, 0.5, 0.03]) * [30, 12, 0, 5]
    np.testing.assert_allclose(found["utilities"], right - costs, atol=1e-12)


def test_models_of_value_shaping_at_its_equilibrium_are_the_full_one():
    game = md.parse(THRESHOLD)
    solution = md.solve(game, "value-shaping")
    found = payments_at(game, "value-shaping", solution.contributions)
    np.testing.assert_allclose(found["accuracies"], solution.accuracies, rtol=1e-12)


@pytest.mark.parametrize(("mechanism", "p"), [("proportional-data", 1), ("proportional-data", 0.5)])
def test_models_in_proportion_to_data(mechanism, p):
    found = payments_at(md.parse(THRESHOLD), mechanism, "30,12,0,5", options={"p": p})
    full = 1 - 10 / 47
    right = np.array([1, 12 / 30, 0, 5 / 30]) ** p * full
    np.testing.assert_allclose(found["accuracies"], right, rtol=1e-12)


def test_models_in_proportion_to_shapley_values_by_all_orders():
    data = [30.0, 12.0, 0.0, 5.0]
    shares = np.zeros(4)
    for order in permutations(range(4)):
        total = 0.0
        for agent in order:
            after = total + data[agent]
            shares[agent] += max(0.0, 1 - 10 / max(after, 10)) - max(0.0, 1 - 10 / max(total, 10))
            total = after
    found = payments_at(md.parse(THRESHOLD), "proportional-shapley", data)
    right = shares / shares.max() * (1 - 10 / 47)
    np.testing.assert_allclose(found["accuracies"], right, rtol=1e-10, atol=1e-12)


def test_models_that_contributions_do_not_decide_are_refused():
    prior = {"low": 0.02, "high": 0.05, "probability_low": 0.5}
    private = md.parse(
        {**GAME, "agents": [{"name": "A", "prior": prior}, {"name": "B", "prior": prior}]}
    )
    with pytest.raises(UnsupportedError, match="contracts"):
        payments_at(private, "value-shaping-private", "1,1")
    with pytest.raises(UsageError, match="best"):
        payments_at(md.parse(THRESHOLD), "proportional-data", "1,1,1,1", options={"p": "best"})
