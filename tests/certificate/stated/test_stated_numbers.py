"""Numbers stated beside contributions and payments: right ones pass, each altered one is named."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

import numpy as np
import pytest

import mdsolve as md
from mdsolve.certificate.baseline import PATH, search
from mdsolve.certificate.check import certificate, check_of
from mdsolve.certificate.dispatch import Request
from mdsolve.certificate.keys import STATED
from mdsolve.certificate.numbers import FLOAT
from mdsolve.certificate.reading.sharing import sharing_reading
from mdsolve.certificate.scales import scales_of
from mdsolve.conditions import Certificate, Condition
from mdsolve.errors import InputError
from mdsolve.instance.canonical import data_sha256
from mdsolve.study.dynamics import simulate

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
CASES: tuple[tuple[str, dict[str, Any], str, dict[str, Any], tuple[str, ...]], ...] = (
    ("none", LABS, "none", {}, ("accuracies", "metrics.data_gain", "metrics.accuracy_gain")),
    ("budget", LABS, "budget-balanced", {"beta": 0.5}, ("accuracies", "beta")),
    ("transfer", LABS, "contribution-transfer", {"beta": 0.05}, ("metrics.data_gain",)),
    ("shapley", LABS, "shapley", {}, ("accuracies", "metrics.data_gain")),
    ("banzhaf", LABS, "shapley", {"index": "banzhaf"}, ("banzhaf",)),
    (
        "banks",
        BANKS,
        "budget-balanced",
        {},
        ("duals.mu", "duals.gamma", "duals.lambda", "beta", "metrics.accuracy_gain"),
    ),
    ("planner", BANKS, "welfare", {"p": 0}, ("objective", "money_left", "p", "gap")),
    ("shaped", PHONES, "value-shaping", {}, ()),
)
EVERYWHERE = (
    "utilities",
    "shapley",
    "standalone.contributions",
    "standalone.utilities",
    "metrics.total_data",
    "metrics.welfare",
    "metrics.mean_accuracy",
    "metrics.surplus",
    "metrics.reciprocity",
    "metrics.alone_margin",
    "metrics.p_mean.1",
    "metrics.p_mean.0",
    "metrics.p_mean.-inf",
    "regret",
)


@cache
def stored(label: str) -> str:
    _, game, mechanism, options, _ = next(case for case in CASES if case[0] == label)
    solution = md.solve(md.parse(game), mechanism=mechanism, options=options)
    return json.dumps(solution.to_dict())


def solved(label: str) -> tuple[Any, dict[str, Any]]:
    """Return a game and its solution as a file would hold it."""
    game = next(case[1] for case in CASES if case[0] == label)
    return md.parse(game), json.loads(stored(label))


def checked(game: Any, data: Any, **asked: Any) -> Certificate:
    return certificate(game, data, Request(**asked))


def stated(game: Any, data: Any, **asked: Any) -> Condition:
    return check_of(game, data, Request(**asked)).condition(STATED)


def refused(game: Any, data: Any) -> bool:
    """Tell whether a solution fails, or is no solution at all."""
    try:
        return stated(game, data, arithmetic="float").verdict == "fail"
    except InputError:
        return True


def at(data: Any, path: str) -> Any:
    for key in path.split("."):
        data = data[key]
    return data


def replaced(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(data)
    *outer, last = path.split(".")
    at(changed, ".".join(outer)).update({last: value}) if outer else changed.update({last: value})
    return changed


def altered(data: dict[str, Any], path: str, amount: float) -> dict[str, Any]:
    """Return the solution with one number off by the amount, relative to max(1, its size)."""
    value = np.array(at(data, path), dtype=np.float64)
    first = value.flat[0]
    value.flat[0] = first + amount * max(1.0, abs(first))
    return replaced(data, path, value.tolist())


@pytest.mark.parametrize("label", [case[0] for case in CASES])
def test_right_numbers_pass_and_each_altered_one_is_named(label: str) -> None:
    game, data = solved(label)
    more = next(case[4] for case in CASES if case[0] == label)
    right = checked(game, data)
    assert right.verdict == "pass"
    assert right.condition(STATED).claimed
    for key in (*EVERYWHERE, *more):
        wrong = stated(game, altered(data, key, 1e-6), arithmetic="enclosure")
        assert wrong.verdict == "fail", key
        assert wrong.witness is not None
        assert wrong.witness["key"] == key
        assert key in wrong.detail
        for other in ("lots", [17], 12345, -1e12):
            assert refused(game, replaced(data, key, other)), (key, other)


@pytest.mark.parametrize("label", ["none", "banks", "shaped"])
def test_floats_and_enclosures_agree(label: str) -> None:
    game, data = solved(label)
    assert stated(game, data, arithmetic="float").verdict == "pass"
    found = stated(game, data)
    assert found.verdict == "pass"
    assert found.arithmetic in ("enclosure", "exact")


def test_fractions_decide_what_is_rational() -> None:
    game = md.parse(LABS | {"accuracy": {"family": "power"}})
    data = json.loads(json.dumps(md.solve(game, mechanism="none").to_dict()))
    for key in ("equilibria", "regret"):
        del data[key]
    assert stated(game, data, arithmetic="exact").verdict == "pass"
    wrong = stated(game, altered(data, "metrics.p_mean.0", 1e-6), arithmetic="exact")
    assert (wrong.verdict, wrong.arithmetic) == ("fail", "exact")


@pytest.mark.parametrize("money", [1e-9, 1e6])
@pytest.mark.parametrize("data_unit", [1e-3, 1e4])
@pytest.mark.parametrize("mechanism", ["none", "shapley"])
def test_units_change_no_verdict(money: float, data_unit: float, mechanism: str) -> None:
    agents = [
        {"name": name, "cost": cost * money / data_unit, "capacity": 30 * data_unit, "value": money}
        for name, cost in (("A", 0.02), ("B", 0.03))
    ]
    weights = [[1 / data_unit] * 2] * 2
    game = md.parse(
        {"kind": "sharing", "agents": agents, "accuracy": {"family": "power", "weights": weights}}
    )
    data = json.loads(json.dumps(md.solve(game, mechanism=mechanism).to_dict()))
    assert stated(game, data).verdict == "pass"
    scale = {"utilities": money, "metrics.total_data": data_unit, "metrics.data_gain": 1.0}
    for key, unit in scale.items():
        if at(data, key) is None:
            continue
        value = np.array(at(data, key), dtype=np.float64)
        value.flat[0] += 1e-6 * unit
        wrong = stated(game, replaced(data, key, value.tolist()), arithmetic="enclosure")
        assert wrong.verdict == "fail", key


def test_no_claimed_number_loosens_the_tolerance() -> None:
    game, data = solved("none")
    data["payments"] = [1e15, -1e15, 0.0]
    data["utilities"] = [u + p for u, p in zip(data["utilities"], data["payments"], strict=True)]
    data["metrics"]["total_data"] += 1e-3
    assert stated(game, data).verdict == "fail"


def test_another_contribution_as_good_alone_is_right() -> None:
    indifferent = LABS | {
        "agents": [
            {"name": "A", "cost": "1/2", "capacity": 3},
            {"name": "B", "cost": "1/4", "capacity": 3},
        ],
        "accuracy": {"family": "linear", "weights": [["1/2", 0], [0, 1]]},
    }
    game = md.parse(indifferent)
    data = json.loads(json.dumps(md.solve(game, mechanism="none").to_dict()))
    for own, verdict in ((0.0, "pass"), (1.7, "pass"), (3.0, "pass"), (3.1, "fail")):
        wrong = replaced(data, "standalone.contributions", [own, 3.0])
        assert stated(game, wrong).verdict == verdict, own


def test_a_number_where_none_is_defined_fails_and_null_is_no_statement() -> None:
    game, data = solved("none")
    assert data["metrics"]["data_share"] is None
    found = stated(game, replaced(data, "metrics.data_share", 0.5))
    assert found.verdict == "fail"
    assert "no number is defined" in found.witness["problem"]  # type: ignore[index]
    for key in ("metrics.welfare", "metrics.data_gain", "utilities", "regret"):
        assert stated(game, replaced(data, key, None)).verdict == "pass"
    idle = md.parse(LABS | {"agents": [{"name": "A", "cost": 5}, {"name": "B", "cost": 9}]})
    nothing = json.loads(json.dumps(md.solve(idle, mechanism="none").to_dict()))
    for key in ("metrics.data_gain", "metrics.reciprocity"):
        assert at(nothing, key) is None
        assert stated(idle, replaced(nothing, key, 1.0)).verdict == "fail"


def test_a_mean_of_utilities_of_which_one_is_negative_is_no_geometric_one() -> None:
    game = md.parse(LABS | {"agents": [{"name": "A", "cost": {"rate": 0.1, "fixed": 5}}]})
    data = json.loads(json.dumps(md.solve(game, mechanism="none").to_dict()))
    assert at(data, "metrics.p_mean.0") is None
    assert stated(game, replaced(data, "metrics.p_mean.0", 0.5)).verdict == "fail"


@pytest.mark.parametrize(
    "utilities", ["many", [1.0], [1, 2, "x"], [1, 2, None], {"file": "no.npy"}, [1e400, 0, 0]]
)
def test_what_is_no_column_of_numbers_fails_with_the_problem(utilities: Any) -> None:
    game, data = solved("none")
    found = stated(game, data | {"utilities": utilities})
    assert found.verdict == "fail"
    assert found.violation is None
    assert "utilities" in found.witness["problem"]  # type: ignore[index]


@pytest.mark.parametrize("key", ["contributions", "payments", "utilities", "metrics"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, "1e999"])
def test_numbers_beyond_doubles_are_findings_never_exceptions(key: str, value: Any) -> None:
    game, data = solved("none")
    wrong: Any = {"welfare": value} if key == "metrics" else [value, 0, 0]
    for arithmetic in ("auto", "exact", "float"):
        try:
            found = checked(game, data | {key: wrong}, arithmetic=arithmetic).verdict
        except InputError:
            continue
        assert found != "pass"


def test_bare_contributions_state_nothing() -> None:
    game, data = solved("none")
    bare = {"mechanism": {"name": "none"}, "contributions": data["contributions"]}
    assert checked(game, bare).verdict == "pass"


def test_contributions_nobody_can_choose_leave_the_rest_unchecked() -> None:
    game, data = solved("none")
    found = checked(game, data | {"contributions": [-1.0, 0.0, 0.0]})
    assert found.condition(STATED).verdict == "not-checked"
    assert found.verdict == "fail"


def test_what_nobody_can_compute_is_named() -> None:
    game, data = solved("none")
    for key, value in (("metrics.fairness", 1), ("nash_gap", 17), ("history", {"x": 1})):
        found = checked(game, replaced(data, key, value))
        assert found.verdict == "not-checked"
        assert key in found.condition(STATED).detail
    assert checked(game, data | {"my_own_note": 17}).verdict == "pass"


def test_regret_is_what_nash_proves() -> None:
    game, data = solved("shapley")
    for value, verdict in ((0, "pass"), (1e-12, "pass"), (0.01, "fail"), (-0.01, "fail")):
        assert stated(game, data | {"regret": value}).verdict == verdict
    planner, best = solved("planner")
    assert best["regret"] > 0.01
    for factor, verdict in ((0, "fail"), (0.9, "fail"), (1, "pass"), (3, "fail")):
        changed = best | {"regret": factor * best["regret"]}
        assert stated(planner, changed).verdict == verdict, factor


def test_gains_are_over_a_proved_equilibrium_without_payments() -> None:
    game, data = solved("shapley")
    none = json.loads(stored("none"))
    with_baseline = data | {"baseline": {"contributions": none["contributions"]}}
    assert checked(game, with_baseline).verdict == "pass"
    assert PATH in checked(game, with_baseline).vouched
    wrong = copy.deepcopy(with_baseline)
    wrong["baseline"]["contributions"][0] += 0.01
    found = stated(game, wrong)
    assert found.verdict == "fail"
    assert found.witness["key"] == PATH  # type: ignore[index]
    reached = data["metrics"]["data_gain"]
    assert reached > 1
    assert (
        stated(game, replaced(with_baseline, "metrics.data_gain", reached + 1e-6)).verdict == "fail"
    )


@pytest.mark.parametrize("label", ["none", "banks"])
def test_the_search_for_an_equilibrium_without_payments_finds_the_solvers(label: str) -> None:
    game, _ = solved(label)
    reading = sharing_reading(game, FLOAT)
    found = search(reading, scales_of(reading))
    assert found is not None
    solution = md.solve(game, mechanism="none")
    assert found == pytest.approx(np.array(solution.contributions), abs=1e-8)


def test_many_agents_need_a_stated_baseline() -> None:
    game = md.parse(LABS | {"agents": {"count": 60, "cost": 0.01, "capacity": 5}})
    data = json.loads(json.dumps(md.solve(game, mechanism="budget-balanced").to_dict()))
    assert stated(game, data).verdict == "pass"
    none = md.solve(game, mechanism="none").contributions
    assert data["baseline"] == {"contributions": none.tolist()}
    del data["baseline"]
    found = stated(game, data)
    assert found.verdict == "not-checked"
    assert "baseline" in found.detail


def test_endings_are_part_of_what_is_said() -> None:
    game, data = solved("none")
    for label, verdict in (("solved", "pass"), ("infeasible", "fail"), ("splendid", "fail")):
        found = checked(game, replaced(data, "status.termination", label))
        assert found.verdict == verdict, label
    assert checked(game, replaced(data, "status.termination", "limit")).verdict != "pass"
    assert checked(game, replaced(data, "status.message", "anything")).verdict == "pass"


def test_another_instance_fails_and_the_same_data_pass() -> None:
    game, data = solved("none")
    data["instance"] = {"name": "x", "sha256": "0" * 64, "data_sha256": data_sha256(game)}
    right = checked(game, data)
    assert right.verdict == "pass"
    assert {"instance.name", "instance.sha256"} <= set(right.not_vouched)
    other = md.parse(LABS | {"platform_data": 1e-6})
    found = checked(other, data)
    assert (found.verdict, found.condition("wrong-instance").verdict) == ("fail", "fail")
    del data["instance"]["data_sha256"]
    assert checked(game, data).verdict == "pass"


MEASURED = {
    "kind": "sharing",
    "agents": [{"name": "A", "cost": 1e-9}, {"name": "B", "cost": 0.5}],
    "accuracy": {"family": "curve", "points": [[5, 0.1], [10, 0.5], [20, 0.6]]},
}


def test_warnings_say_what_is_so() -> None:
    game = md.parse(MEASURED)
    claim = {"mechanism": "none", "contributions": [25, 0], "payments": [0, 0]}
    right = "A sees 25 samples, the curve was measured up to 20 and is continued flat"
    before = (
        "B sees 3 samples, the curve was measured from 5 on and is continued with its first slope"
    )
    for warning, contributions, verdict in (
        (right, [25, 0], "pass"),
        (right.replace("25", "26"), [25, 0], "fail"),
        (right.replace("up to 20", "up to 21"), [25, 0], "fail"),
        (right.replace("A", "Z", 1), [25, 0], "fail"),
        (right, [15, 0], "fail"),
        (before, [3, 0], "pass"),
        (before, [9, 0], "fail"),
        ("all is well", [25, 0], "not-checked"),
        (17, [25, 0], "fail"),
    ):
        data = claim | {"contributions": contributions, "warnings": [warning]}
        assert stated(game, data).verdict == verdict, warning


UNION = {
    "kind": "sharing",
    "agents": [{"name": f"agent {k}", "cost": "1/2"} for k in "123"],
    "accuracy": {
        "family": "union",
        "curve": {"points": [[0, 0], ["1/2", "3/8"], ["3/2", 1]]},
        "neighbours": [[0, 1], [1, 2], [2, 0]],
    },
}


def test_cycles_of_best_responses_are_followed() -> None:
    path = "instances/papers/murhekar2023/theorem-a2.yaml"
    game = md.load(path)
    data = json.loads(json.dumps(md.solve(game, mechanism="none").to_dict()))
    assert data["cycle"] is not None
    assert stated(game, data).verdict == "pass"
    for change in (0.01, 17):
        wrong = copy.deepcopy(data)
        wrong["cycle"][0][1] += change
        assert stated(game, wrong).verdict == "fail"
    assert stated(game, data | {"cycle": "round and round"}).verdict == "fail"


@pytest.fixture(scope="module")
def simulated() -> tuple[Any, dict[str, Any]]:
    game = md.parse(LABS)
    return game, json.loads(json.dumps(simulate(game, "none", step_size=1, steps=40).to_dict()))


def test_simulated_paths_are_followed(simulated: Any) -> None:
    game, data = simulated
    assert stated(game, data).verdict == "pass"
    for key in (
        "dynamics.step_size",
        "dynamics.steps",
        "dynamics.start",
        "dynamics.gradient_norm",
        "dynamics.equilibrium",
        "dynamics.rest_point",
        "dynamics.distance",
        "dynamics.trajectory.contributions",
        "dynamics.trajectory.total_data",
        "dynamics.trajectory.gradient_norm",
        "dynamics.trajectory.distance",
    ):
        assert stated(game, altered(data, key, 1e-6)).verdict == "fail", key
    for key, value in (
        ("dynamics.rested", True),
        ("dynamics.agents_per_step", 4),
        ("dynamics.step_rule", "best"),
        ("dynamics.cycle_length", 3),
        ("dynamics.cap", 0.5),
        ("dynamics.trajectory.steps", list(range(1, 42))),
    ):
        assert stated(game, replaced(data, key, value)).verdict == "fail", key
    assert stated(game, replaced(data, "dynamics.lambda", 0.5)).verdict == "fail"


def test_drawn_agents_move_by_their_slopes() -> None:
    game = md.parse(LABS)
    run = simulate(game, "shapley", step_size=0.5, steps=30, agents_per_step=2, seed=3)
    data = json.loads(json.dumps(run.to_dict()))
    assert stated(game, data).verdict == "pass"
    path = data["dynamics"]["trajectory"]["contributions"]
    for agent in range(3):
        wrong = copy.deepcopy(data)
        wrong["dynamics"]["trajectory"]["contributions"][7][agent] = path[7][agent] + 1e-4
        assert stated(game, wrong).verdict == "fail"


BENT = {
    "kind": "sharing",
    "agents": [
        {"name": "A", "cost": {"family": "quadratic", "rate": 0.02, "curvature": 0.05}},
        {"name": "B", "cost": {"family": "power", "rate": 0.02, "exponent": 2}},
    ],
    "accuracy": {"family": "power", "weights": [[1, 0.3], [0.2, 1]], "exponent": 0.8},
}


@pytest.mark.parametrize(
    ("mechanism", "capacity"),
    [("none", None), ("none", 4), ("shapley", None), ("shapley", 4), ("budget-balanced", 4)],
)
def test_what_makes_dynamics_converge_is_proved(mechanism: str, capacity: int | None) -> None:
    agents = [{**agent, "capacity": capacity} for agent in BENT["agents"]]  # type: ignore[dict-item]
    game = md.parse(BENT | {"agents": agents})
    options = {"beta": 0.3} if mechanism == "budget-balanced" else {}
    data = json.loads(json.dumps(simulate(game, mechanism, options=options, steps=20).to_dict()))
    assert data["dynamics"]["rate"] < 1
    assert stated(game, data).verdict == "pass"
    for key in ("lambda", "L", "rate", "steps_bound"):
        value = data["dynamics"][key]
        for factor in (1.000001, 1.5, -1):
            other = int(value * factor) + 1 if key == "steps_bound" else value * factor
            wrong = replaced(data, f"dynamics.{key}", other)
            assert stated(game, wrong).verdict == "fail", (key, factor)


def test_a_cap_moves_the_point_of_rest() -> None:
    game = md.parse(LABS)
    run = simulate(game, "budget-balanced", options={"beta": 0.5}, step_size=2, steps=4000, cap=2.0)
    data = json.loads(json.dumps(run.to_dict()))
    assert stated(game, data).verdict == "pass"
    wrong = altered(data, "dynamics.rest_point", 1e-3)
    assert stated(game, wrong).verdict == "fail"


BANDS = {
    "draws": 5,
    "seed": 0,
    "solved": 4,
    "without_equilibrium": 0,
    "failed": 1,
    "inadmissible": 0,
    "quantiles": [0.05, 0.5, 0.95],
    "reason": "no profile",
    "contributions": [[1, 2, 3], [1.5, 2, 3.5], [2, 2, 4]],
    "total_data": [6, 7, 8],
    "welfare": [0.1, 0.2, 0.3],
}


def test_bands_rise_and_draws_add_up() -> None:
    game, data = solved("none")
    assert stated(game, data | {"bands": BANDS}).verdict == "pass"
    for key, value in (
        ("draws", 6),
        ("failed", -1),
        ("quantiles", [0.5, 0.05, 0.95]),
        ("quantiles", [0.05, 0.5, 17]),
        ("contributions", [[1, 2, 3], [0.5, 2, 3.5], [2, 2, 4]]),
        ("contributions", [[1, 2, 3]]),
        ("total_data", [6, 8, 7]),
        ("welfare", "lots"),
    ):
        assert stated(game, data | {"bands": BANDS | {key: value}}).verdict == "fail", key
    found = checked(game, data | {"bands": BANDS | {"mean": 3}})
    assert found.verdict == "not-checked"
