"""Payments with side constraints: the best for their objective, proved; worse ones refused."""

from __future__ import annotations

import numpy as np
import pytest

import mdsolve as md
from mdsolve.certificate.check import check_of
from mdsolve.certificate.dispatch import Request
from mdsolve.certificate.market_dual import nonnegative
from mdsolve.solution import plain
from tests.certificate.market.markets import market

SUM = {
    "family": "sum",
    "terms": [
        {"family": "growth", "exponent": "-0.4", "scale": 3},
        {"family": "linear", "matrix": [[1, "1/5", 0], ["-1/10", 1, "1/4"], [0, "1/3", "1/2"]]},
    ],
}
THREE = market({"a": [1, 2, 3], "b": [1, 4], "c": [2, 3]}, SUM, "abc")
TWO = market([1, 2, 3], {"family": "growth", "exponent": "-0.7"})

SIDES = [
    (["budget-balance"], "revenue"),
    (["budget-balance"], "fairness"),
    (["budget-balance"], "spread"),
    (["deficit-allowed"], "revenue"),
    (["deficit-allowed"], "fairness"),
    (["cap=1/5"], "revenue"),
    (["cap=1/5"], "fairness"),
    (["floor=-1/10"], "spread"),
    (["spread=1/4"], "revenue"),
    (["spread=0"], "revenue"),
    (["spread=0"], "fairness"),
    (["spread=1/10"], "fairness"),
    (["revenue-floor=1/10"], "fairness"),
    ([], "fairness"),
    ([], "spread"),
]


def solved(instance, side, objective):
    found = md.solve(instance, "desirable", options={"side": side, "objective": objective})
    return plain(found.claim())


def rule(instance, data):
    return check_of(instance, data, Request()).condition("rule")


@pytest.mark.parametrize("instance", [TWO, THREE], ids=["two", "three"])
@pytest.mark.parametrize(("side", "objective"), SIDES)
def test_the_best_payments_are_proved_to_be(instance, side, objective):
    data = solved(instance, side, objective)
    check = check_of(instance, data, Request())
    for name in check.promised:
        found = check.condition(name)
        assert found.verdict == "pass", found
        assert found.proved


@pytest.mark.parametrize("instance", [TWO, THREE], ids=["two", "three"])
@pytest.mark.parametrize(
    ("side", "objective"), [entry for entry in SIDES if "budget-balance" not in entry[0]]
)
def test_payments_that_could_all_be_higher_are_not_the_best(instance, side, objective):
    data = solved(instance, side, objective)
    if "table" not in data:
        pytest.skip("no such payments exist")
    lower = np.array(data["table"]["payments"], dtype=float)
    revenue = lower.sum(axis=0)
    # everybody at the richest profile pays less: still rational and truthful for the highest types
    place = (slice(None), *[m - 1 for m in lower.shape[1:]])
    lower[place] -= min(1e-3, float(revenue[place[1:]]) / 10 + 1e-4)
    found = rule(instance, {**data, "table": {"payments": lower}})
    assert found.verdict != "pass"


def test_a_larger_spread_than_needed_is_not_the_least():
    data = solved(THREE, ["deficit-allowed"], "spread")
    table = np.array(data["table"]["payments"], dtype=float)
    table[0] -= 0.05
    found = rule(THREE, {**data, "table": {"payments": table}})
    assert found.verdict != "pass"


def test_another_objective_than_that_of_the_payments_is_noticed():
    data = solved(THREE, [], "spread")
    data["mechanism"]["options"]["objective"] = "revenue"
    assert rule(THREE, data).verdict == "fail"
    assert check_of(THREE, data, Request()).condition("stated-numbers").verdict == "fail"


def test_payments_under_other_constraints_are_noticed():
    data = solved(THREE, ["cap=1/5"], "revenue")
    data["mechanism"]["options"]["side"] = ["cap=1/6"]
    assert rule(THREE, data).verdict == "fail"
    data["mechanism"]["options"]["side"] = ["cap=1/4"]
    assert rule(THREE, data).verdict == "fail"  # some could be higher


@pytest.mark.parametrize("seed", range(5))
def test_non_negative_least_squares_against_the_conditions_of_optimality(seed):
    random = np.random.default_rng(seed)
    matrix, target = random.normal(size=(8, 12)), random.normal(size=8)
    y = nonnegative(matrix, target)
    slope = matrix.T @ (matrix @ y - target)
    assert np.all(y >= 0)
    assert np.all(slope >= -1e-9)
    assert np.all(np.abs(slope[y > 0]) <= 1e-9)
