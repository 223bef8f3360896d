"""Numbers stated beside contributions and payments: right ones pass, each altered one is named."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import mdsolve as md
from mdsolve.certificate.keys import STATED as NAME

LABS = {
    "kind": "sharing",
    "agents": [
        {"name": "A", "cost": 0.1, "capacity": 50, "value": 2},
        {
            "name": "B",
            "cost": {"family": "quadratic", "rate": 0.05, "curvature": 0.01, "fixed": 0.01},
        },
        {"name": "C", "cost": 0.2},
    ],
    "accuracy": {"family": "power", "ceiling": 0.9, "scale": 0.8, "exponent": 0.7},
}
BANKS = {
    "kind": "sharing",
    "agents": [
        {"name": name, "cost": cost, "budget": budget, "value": 4}
        for name, cost, budget in (("a", 1, 10), ("b", 1.5, 8), ("c", 2, 12))
    ],
    "accuracy": {"family": "power"},
}
PHONES = {
    "kind": "sharing",
    "agents": {"count": 2, "cost": 2e-4},
    "accuracy": {"family": "pac", "ceiling": 0.95, "complexity": 10},
}
PRIVATE = PHONES | {
    "agents": [
        {"name": name, "prior": {"low": 1e-4, "high": 4e-4, "probability_low": p}}
        for name, p in (("a", 0.5), ("b", 0.4))
    ]
}

CASES: tuple[tuple[dict[str, Any], str, dict[str, Any], tuple[str, ...]], ...] = (
    (LABS, "none", {}, ()),
    (LABS, "budget-balanced", {"beta": 0.5}, ()),
    (LABS, "contribution-transfer", {"beta": 0.05}, ()),
    (LABS, "shapley", {}, ()),
    (LABS, "shapley", {"index": "banzhaf"}, ("banzhaf",)),
    (BANKS, "budget-balanced", {}, ("duals/mu", "duals/gamma", "duals/lambda")),
    (BANKS, "welfare", {"p": 0}, ("payments", "objective", "money_left", "p")),
    (PHONES, "value-shaping", {}, ("payments",)),
)
EVERYWHERE = (
    "utilities",
    "shapley",
    "standalone/contributions",
    "standalone/utilities",
    "metrics/total_data",
    "metrics/welfare",
    "metrics/mean_accuracy",
    "metrics/surplus",
    "metrics/reciprocity",
    "metrics/alone_margin",
    "metrics/p_mean/1",
    "metrics/p_mean/0",
    "metrics/p_mean/-inf",
)


def solved(
    game: dict[str, Any], mechanism: str, options: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    instance = md.parse(game)
    return instance, md.solve(instance, mechanism=mechanism, options=options).to_dict()


def altered(data: dict[str, Any], key: str, amount: float) -> dict[str, Any]:
    """Return the solution with one number off by the amount, relative to max(1, its size)."""
    changed = copy.deepcopy(data)
    *path, last = key.split("/")
    holder = changed
    for part in path:
        holder = holder[part]
    value = np.asarray(holder[last], dtype=np.float64)
    first = value.flat[0]
    value.flat[0] = first + amount * max(1.0, abs(first))
    holder[last] = value.tolist()
    return changed


@pytest.mark.parametrize(("game", "mechanism", "options", "more"), CASES)
def test_right_numbers_pass_and_each_altered_one_is_named(
    game: dict[str, Any], mechanism: str, options: dict[str, Any], more: tuple[str, ...]
) -> None:
    instance, data = solved(game, mechanism, options)
    right = md.verify(instance, data)
    assert right.verdict == "pass"
    assert right.condition(NAME).claimed
    for key in (*EVERYWHERE, *more):
        # A best response is flat: a contribution alone shows only when it costs something.
        amount = 0.05 if key == "standalone/contributions" else 1e-6
        wrong = md.verify(instance, altered(data, key, amount))
        found = wrong.condition(NAME)
        assert (wrong.verdict, found.verdict) == ("fail", "fail"), key
        assert found.witness is not None
        assert found.witness["key"] == key
        assert key in found.detail


@pytest.mark.parametrize(
    "key", ["low", "high", "utilities", "contributions", "accuracies", "expected_total", "payments"]
)
def test_private_contracts_are_as_stated(key: str) -> None:
    instance, data = solved(PRIVATE, "value-shaping-private", {})
    assert md.verify(instance, data).verdict == "pass"
    wrong = md.verify(instance, altered(data, key, 1e-5))
    assert wrong.condition(NAME).verdict == "fail"
    assert wrong.condition(NAME).witness["key"] == key  # type: ignore[index]
    assert wrong.verdict == "fail"


def test_accuracies_of_the_full_model_are_compared() -> None:
    instance, data = solved(LABS, "none", {})
    found = md.verify(instance, altered(data, "accuracies", 1e-6)).condition(NAME)
    assert found.witness == {
        "key": "accuracies",
        "stated": pytest.approx(data["accuracies"][0] + 1e-6),
        "recomputed": pytest.approx(data["accuracies"][0]),
        "agent": "A",
    }
    assert found.violation == pytest.approx(1e-6)


@pytest.mark.parametrize("arithmetic", ["enclosure", "exact"])
def test_rigorous_checks_look_at_stated_numbers_too(arithmetic: Any) -> None:
    game = LABS | {"accuracy": {"family": "power"}}
    instance, data = solved(game, "none", {})
    assert md.verify(instance, data, arithmetic=arithmetic).condition(NAME).verdict == "pass"
    wrong = md.verify(instance, altered(data, "utilities", 1e-6), arithmetic=arithmetic)
    assert (wrong.verdict, wrong.condition(NAME).arithmetic) == ("fail", "float")


def test_a_regret_larger_than_anybody_has_is_a_lie() -> None:
    instance, data = solved(LABS, "shapley", {})
    assert md.verify(instance, data | {"regret": 0.01}).condition(NAME).verdict == "fail"


def test_another_contribution_as_good_alone_is_right() -> None:
    indifferent = LABS | {
        "agents": [
            {"name": "A", "cost": "1/2", "capacity": 3},
            {"name": "B", "cost": "1/4", "capacity": 3},
        ],
        "accuracy": {"family": "linear", "weights": [["1/2", 0], [0, 1]]},
    }
    instance, data = solved(indifferent, "none", {})
    for own, verdict in ((0.0, "pass"), (1.7, "pass"), (3.0, "pass"), (3.1, "fail")):
        alone = {**data["standalone"], "contributions": [own, 3.0]}
        assert md.verify(instance, data | {"standalone": alone}).condition(NAME).verdict == verdict


def test_a_number_where_none_is_defined_fails_and_null_is_no_statement() -> None:
    instance, data = solved(LABS, "none", {})
    assert data["metrics"]["data_share"] is None
    for value, verdict in ((0.5, "fail"), (None, "pass")):
        metrics = data["metrics"] | {"data_share": value}
        found = md.verify(instance, data | {"metrics": metrics}).condition(NAME)
        assert found.verdict == verdict
    assert found.witness["key"] != "metrics/data_share"  # type: ignore[index]


@pytest.mark.parametrize(
    "utilities", ["many", [1.0], [1, 2, "x"], [1, 2, None], {"file": "no.npy"}]
)
def test_what_is_no_column_of_numbers_fails_with_the_problem(utilities: Any) -> None:
    instance, data = solved(LABS, "none", {})
    found = md.verify(instance, data | {"utilities": utilities}).condition(NAME)
    assert found.verdict == "fail"
    assert found.violation is None
    assert found.witness is not None
    assert "utilities" in found.witness["problem"]


def test_bare_contributions_state_nothing_and_asking_says_so() -> None:
    instance, data = solved(LABS, "none", {})
    bare = {"mechanism": {"name": "none"}, "contributions": data["contributions"]}
    certificate = md.verify(instance, bare)
    assert NAME not in [condition.name for condition in certificate.conditions]
    asked = md.verify(instance, bare, conditions=[NAME])
    assert asked.condition(NAME).verdict == "not-checked"
    assert asked.verdict == "not-checked"


def test_contributions_nobody_can_choose_leave_the_rest_unchecked() -> None:
    instance, data = solved(LABS, "none", {})
    certificate = md.verify(instance, data | {"contributions": [-1.0, 0.0, 0.0]})
    assert certificate.condition(NAME).verdict == "not-checked"
    assert certificate.verdict == "fail"
