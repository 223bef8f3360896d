"""Payments at given contributions: numbers, solution files, and what is refused."""

from __future__ import annotations

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
        lambda: md.verify(private, {"contributions": [1, 1]}),
        lambda: payments_at(private, "none", [1, 1]),
    ):
        with pytest.raises(UnsupportedError, match="prior"):
            call()
