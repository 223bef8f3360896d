"""The checker of joint learning: right answers pass, changed ones fail, proofs cannot be bent."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdsolve.errors import UnsupportedError
from mdsolve.instance import load, parse
from mdsolve.solution import plain
from mdsolve.study.solve import solve
from mdsolve.study.verify import verify
from tests.conftest import INSTANCES
from tests.solver.joint.joint_games import EXAMPLE1, games, mean_accuracy

FOLDER = INSTANCES / "papers" / "doshi2025"
STEP = 1e-6


def stored(solution):
    """Return a solution as somebody else would hand it in."""
    return json.loads(json.dumps(plain(solution.to_dict()), allow_nan=False))


def claim_of(name, mechanism=None, **options):
    instance = load(FOLDER / f"{name}.yaml")
    return instance, stored(solve(instance, mechanism, options=options))


@pytest.mark.parametrize("mechanism", ["upbred", "2p-upbred"])
@pytest.mark.parametrize("name", ["example1", "noise", "two-targets"])
def test_right_answers_pass(name, mechanism):
    instance, data = claim_of(name, mechanism)
    found = verify(instance, data)
    assert found.verdict == "pass"
    for condition in ("nash", "stationarity", "budget-balance"):
        assert found.condition(condition).verdict == "pass"


@pytest.mark.parametrize("mechanism", ["upbred", "2p-upbred"])
@pytest.mark.parametrize("name", ["noise", "two-targets"])
def test_changes_of_a_millionth_are_refused(name, mechanism):
    instance, data = claim_of(name, mechanism)
    for agent in range(2):
        for sign in (-1, 1):
            wrong = copy.deepcopy(data)
            wrong["contributions"][agent] += sign * STEP * max(1, wrong["contributions"][agent])
            del wrong["payments"]
            assert verify(instance, wrong).condition("nash").verdict == "fail"
        wrong = copy.deepcopy(data)
        wrong["payments"][agent] += STEP
        assert verify(instance, wrong).condition("budget-balance").verdict == "fail"
        assert verify(instance, wrong).condition("nash").verdict == "fail"
    for k in range(len(data["parameters"])):
        for sign in (-1, 1):
            wrong = copy.deepcopy(data)
            wrong["parameters"][k] += sign * STEP
            assert verify(instance, wrong).condition("stationarity").verdict == "fail"


def test_the_point_printed_for_example_1_is_refused():
    claim = {
        "mechanism": {"name": "upbred"},
        "contributions": [0, 5],
        "payments": [0, 0],
        "parameters": [0.5, 1.5],
    }
    found = verify(parse(EXAMPLE1), claim)
    assert (
        found.condition("nash").verdict == "pass"
    )  # with this model nobody gains, agent 2 is even
    broken = found.condition("stationarity")
    assert broken.verdict == "fail"
    assert broken.violation == pytest.approx(np.hypot(0.2, 0.2))
    assert broken.witness["gain"] == pytest.approx(0.1)
    assert found.verdict == "fail"


def test_without_data_only_the_best_model_is_looked_at():
    instance, data = claim_of("example1")
    at_limit = verify(instance, data)
    assert "continued by its limit" in at_limit.condition("nash").detail
    assert at_limit.condition("nash").violation == 0
    for change in ([1 + STEP, 2], [1, 2 - STEP], [0.5, 1.5]):
        wrong = {**data, "parameters": change}
        found = verify(instance, wrong)
        assert found.condition("nash").verdict == "fail"
        assert "unbounded" in found.condition("stationarity").detail
        assert found.condition("individual-rationality").verdict == "not-checked"
    some = {**data, "contributions": [0.1, 0.1], "payments": [0, 0]}
    assert verify(instance, some).condition("nash").verdict == "fail"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"parameters": None}, "does not state parameters"),
        ({"parameters": [1]}, "shape"),
        ({"parameters": "x"}, "parameters"),
        ({"contributions": [-1, 5]}, "not amounts of data"),
    ],
)
def test_what_cannot_be_read_does_not_pass(change, words):
    instance, data = claim_of("example1")
    found = verify(instance, {**data, **change})
    assert found.verdict != "pass"
    assert words in found.condition("stationarity").detail


def test_who_loses_under_two_phases_is_found_and_named():
    instance, data = claim_of("two-phases-loser")
    found = verify(instance, data)
    assert found.verdict == "pass"
    for condition, loss in (
        ("individual-rationality", 251 / 220),
        ("individual-rationality-alone", 0.45 + 251 / 220),
    ):
        lost = found.condition(condition)
        assert lost.verdict == "fail"
        assert lost.witness["agent"] == "1"
        assert lost.violation == pytest.approx(loss)
    assert data["worse_off"] == {"than_staying_out": ["1"], "than_alone": ["1"]}


@settings(max_examples=20, deadline=None)
@given(games(), st.sampled_from(["upbred", "2p-upbred"]))
def test_answers_of_random_games_pass_and_their_losers_are_the_checkers(data, mechanism):
    instance = parse(data)
    solution = solve(instance, mechanism)
    assert solution.certificate.verdict == "pass"
    gain = solution.certificate.condition("stationarity").witness["gain"]
    assert abs(gain) < 1e-12
    if solution.contributions.sum() + data["platform_data"] > 0:
        w, s = solution.parameters, solution.contributions
        assert solution.accuracies.mean() == pytest.approx(mean_accuracy(data, w, s))
    if mechanism == "2p-upbred":
        alone = solution.certificate.condition("individual-rationality-alone")
        assert (alone.verdict == "fail") == bool(solution.worse_off["than_alone"])


def test_rigorous_arithmetic_is_refused_by_name():
    instance, data = claim_of("noise")
    with pytest.raises(UnsupportedError, match="learned together"):
        verify(instance, data, arithmetic="enclosure")


class TestNoAdmissibleStep:
    def test_the_proof_passes_and_its_numbers_are_the_matrices(self):
        instance, data = claim_of("no-admissible-step")
        (condition,) = verify(instance, data).conditions
        assert condition.verdict == "pass"
        found = condition.witness
        assert found["P_model_at_least"] == pytest.approx(2 * np.sqrt(2) * 2 * 0.05 / 100)
        assert found["lambda_model_at_most"] == pytest.approx(2 / 30)

    @pytest.mark.parametrize(
        ("path", "value", "verdict"),
        [
            (("near", "parameters"), [1.0], "fail"),  # P~ = 0 there: nothing is proved
            (("near", "parameters"), [2.0], "not-checked"),  # farther than the first model
            (("near", "parameters"), [1.05, 0], "not-checked"),
            (("near", "contributions"), [-1, 0], "not-checked"),
            (("near", "contributions"), ["x", 0], "not-checked"),
            (("far", "contributions"), [11, 0], "not-checked"),
            (("near",), {}, "not-checked"),
        ],
    )
    def test_other_points_prove_nothing(self, path, value, verdict):
        instance, data = claim_of("no-admissible-step")
        place = data["witness"]
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
        assert verify(instance, data).verdict == verdict

    def test_a_rule_that_has_steps_cannot_be_refuted(self):
        instance, data = claim_of("no-admissible-step")
        data["witness"]["rule"] = "auto"  # projected rounds do contract here
        assert verify(instance, data).verdict == "fail"

    def test_without_platform_data_second_derivatives_are_unbounded(self):
        instance, data = claim_of("example1", "upbred", method="dynamics")
        assert data["status"]["termination"] == "infeasible"
        assert verify(instance, data).verdict == "pass"
        power = parse({**EXAMPLE1, "accuracy": {"family": "power"}})
        assert verify(power, data).verdict == "not-checked"
