"""Joint learning: right answers are proved at the claimed model, changed ones never pass."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdsolve import solve
from mdsolve.certificate.check import check_of
from mdsolve.certificate.dispatch import Request
from mdsolve.certificate.numbers import BALLS, EXACT, FLOAT, INTERVALS
from mdsolve.certificate.reading.sharing import sharing_reading
from mdsolve.errors import SolutionFileError, UnsupportedError
from mdsolve.instance import load, parse
from mdsolve.instance.numbers import exact_number
from mdsolve.solution import plain
from tests.conftest import INSTANCES
from tests.solver.joint.joint_games import EXAMPLE1, games, mean_accuracy, utilities

FOLDER = INSTANCES / "papers" / "doshi2025"
STEP = 1e-6
SYSTEMS = ["auto", "enclosure", "exact", "float"]


def stored(solution):
    """Return a solution as somebody else would hand it in."""
    return json.loads(json.dumps(plain(solution.to_dict()), allow_nan=False))


def claim_of(name, mechanism=None, **options):
    instance = load(FOLDER / f"{name}.yaml")
    return instance, stored(solve(instance, mechanism, options=options))


def checked(instance, data, name, arithmetic="auto"):
    return check_of(instance, data, Request(arithmetic=arithmetic)).condition(name)


def certificate(instance, data):
    return check_of(instance, data, Request()).certificate()


# --- right answers --------------------------------------------------------------------------------


@pytest.mark.parametrize("arithmetic", SYSTEMS)
@pytest.mark.parametrize("mechanism", ["upbred", "2p-upbred"])
@pytest.mark.parametrize("name", ["example1", "noise", "two-targets"])
def test_right_answers_are_proved(name, mechanism, arithmetic):
    instance, data = claim_of(name, mechanism)
    for condition in ("rule", "nash", "stationarity", "budget-balance"):
        found = checked(instance, data, condition, arithmetic)
        assert found.verdict == "pass", found
        assert found.claimed
        assert found.proved == (arithmetic != "float")


@pytest.mark.parametrize("method", ["direct", "dynamics"])
@pytest.mark.parametrize("mechanism", ["upbred", "2p-upbred"])
@pytest.mark.parametrize("name", ["example1", "noise", "two-phases-loser"])
def test_whole_solutions_are_vouched_for(name, mechanism, method):
    instance = load(FOLDER / f"{name}.yaml")
    try:
        solution = solve(instance, mechanism, options={"method": method})
    except UnsupportedError:
        pytest.skip("no step size is proved")
    found = certificate(instance, stored(solution))
    assert found.verdict == "pass", [c for c in found.conditions if c.verdict != "pass"]


@settings(max_examples=15, deadline=None)
@given(games(), st.sampled_from(["upbred", "2p-upbred"]))
def test_answers_of_random_games(data, mechanism):
    instance = parse(data)
    solution = solve(instance, mechanism)
    claim = stored(solution)
    for condition in ("rule", "nash", "stationarity", "budget-balance", "feasibility"):
        assert checked(instance, claim, condition).verdict == "pass"
    s, w = solution.contributions, solution.parameters
    if s.sum() + data["platform_data"] > 0:
        assert solution.accuracies.mean() == pytest.approx(mean_accuracy(data, w, s))


@settings(max_examples=15, deadline=None)
@given(games(), st.integers(0, 1000))
def test_accuracies_at_any_model_are_the_formulas(data, seed):
    instance = parse(data)
    rng = np.random.default_rng(seed)
    n, m = len(data["agents"]), len(sharing_reading(instance, FLOAT).accuracy.best_doubles)
    s, w = rng.uniform(0.1, 2, n), rng.normal(size=m)
    want = utilities(data, w, s)
    for arithmetic in (FLOAT, INTERVALS, BALLS, EXACT):
        with arithmetic.context():
            reading = sharing_reading(instance, arithmetic)
            at = arithmetic.stored(s)
            benefits = reading.value * reading.accuracy.at(w).values(at)
            found = arithmetic.nearest(benefits - reading.costs.value(at))
        np.testing.assert_allclose(found, want, rtol=1e-9, atol=1e-9)


def test_many_different_targets_are_read_at_once():
    """More targets than curves of their own: the same numbers, and one of them may be learned."""
    targets = [[k / 7] for k in range(40)]
    agents = [{"name": f"a{k}", "cost": 0.1, "capacity": 3} for k in range(40)]
    accuracy = {"family": "quadratic-fit", "targets": targets}
    data = {"kind": "sharing", "agents": agents, "accuracy": accuracy}
    s, w = np.linspace(0.1, 2, 40), np.array([3 / 7])
    for arithmetic in (FLOAT, INTERVALS, EXACT):
        reading = sharing_reading(parse(data), arithmetic)
        located = reading.accuracy.at(w)
        found = arithmetic.nearest(located.values(arithmetic.stored(s)))
        want = utilities(data, w, s) + 0.1 * s
        np.testing.assert_allclose(found, want, rtol=1e-9, atol=1e-12)


def test_the_general_rules_without_a_model():
    agents = [{"name": name, "cost": 0.1, "capacity": 5} for name in "ab"]
    instance = parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    for mechanism in ("upbred", "2p-upbred"):
        found = certificate(instance, stored(solve(instance, mechanism)))
        assert found.verdict == "pass"
        assert found.condition("reciprocity").verdict != "not-checked"
        with pytest.raises(KeyError):
            found.condition("stationarity")


# --- no data at all -------------------------------------------------------------------------------


def noisy(noise=1, capacity=5, platform=0, **further):
    agents = [{"name": name, "cost": 0.01, "capacity": capacity} for name in "ab"]
    accuracy = {"family": "quadratic-fit", "target": [0.1, 2], "noise": noise, **further}
    data = {"kind": "sharing", "agents": agents, "accuracy": accuracy, "platform_data": platform}
    return parse(data)


@pytest.mark.parametrize("arithmetic", SYSTEMS)
def test_noise_without_data_is_no_equilibrium_and_no_division_by_zero(arithmetic):
    claim = {"mechanism": "upbred", "contributions": [0, 0], "parameters": [0.1, 2]}
    condition = checked(noisy(), claim, "nash", arithmetic)
    assert condition.verdict == "fail"
    out = checked(noisy(), claim, "individual-rationality", arithmetic)
    assert out.verdict == "fail"


@pytest.mark.parametrize("arithmetic", SYSTEMS)
def test_what_an_agent_has_alone_with_noise(arithmetic):
    """Alone max 1 - 1/x - x/100 on [0, 5] is 1 - 1/5 - 1/20 = 3/4: no platform data."""
    instance = noisy(platform=500)
    claim = {"mechanism": "upbred", "contributions": [5, 5], "parameters": [0.1, 2]}
    condition = checked(instance, claim, "individual-rationality-alone", arithmetic)
    assert condition.verdict == "pass"
    least = 1 - 1 / 510 - 0.05
    assert condition.violation == pytest.approx(0.75 - least)


def test_the_singular_point_with_the_right_model_passes():
    instance = noisy(noise=0)
    claim = {"mechanism": "upbred", "contributions": [0, 0], "parameters": [0.1, 2]}
    for name in ("nash", "stationarity"):
        found = checked(instance, claim, name)
        assert found.verdict == "pass"
        assert "continued by its limit" in found.detail


def test_without_data_only_the_best_model_passes():
    instance, data = claim_of("example1")
    for change in ([1 + STEP, 2], [1, 2 - STEP], [0.5, 1.5]):
        wrong = {**data, "parameters": change}
        found = certificate(instance, wrong)
        assert found.condition("nash").verdict == "fail"
        assert "unbounded" in found.condition("stationarity").detail
        assert found.condition("individual-rationality").verdict == "fail"
    some = {**data, "contributions": [0.1, 0.1], "payments": [0, 0]}
    assert certificate(instance, some).condition("nash").verdict == "fail"


# --- wrong answers --------------------------------------------------------------------------------


@pytest.mark.parametrize("mechanism", ["upbred", "2p-upbred"])
@pytest.mark.parametrize("name", ["noise", "two-targets"])
def test_changes_of_a_millionth_are_refused(name, mechanism):
    instance, data = claim_of(name, mechanism)
    for agent in range(2):
        for sign in (-1, 1):
            wrong = copy.deepcopy(data)
            wrong["contributions"][agent] += sign * STEP * max(1, wrong["contributions"][agent])
            del wrong["payments"]
            assert checked(instance, wrong, "nash").verdict == "fail"
        wrong = copy.deepcopy(data)
        wrong["payments"][agent] += STEP
        assert checked(instance, wrong, "budget-balance").verdict == "fail"
        assert checked(instance, wrong, "rule").verdict == "fail"
    for k in range(len(data["parameters"])):
        for sign in (-1, 1):
            wrong = copy.deepcopy(data)
            wrong["parameters"][k] += sign * STEP
            assert checked(instance, wrong, "stationarity").verdict == "fail"


def test_the_point_printed_for_example_1_is_refused():
    claim = {
        "mechanism": {"name": "upbred"},
        "contributions": [0, 5],
        "payments": [0, 0],
        "parameters": [0.5, 1.5],
    }
    instance = parse(EXAMPLE1)
    # With this model nobody gains: agent 2 is even.
    assert checked(instance, claim, "nash").verdict == "pass"
    broken = checked(instance, claim, "stationarity")
    assert broken.verdict == "fail"
    assert broken.violation == pytest.approx(0.5)
    assert broken.witness["gradient_norm"] == pytest.approx(np.hypot(0.2, 0.2))
    assert float(exact_number(broken.witness["gain"])) == pytest.approx(0.1)
    assert certificate(instance, claim).verdict == "fail"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"parameters": None}, "does not state parameters"),
        ({"parameters": [1]}, "shape"),
        ({"parameters": "x"}, "parameters"),
        ({"contributions": [-1, 5]}, "a contribution is negative"),
    ],
)
def test_what_cannot_be_read_does_not_pass(change, words):
    instance, data = claim_of("example1")
    found = certificate(instance, {**data, **change})
    assert found.verdict != "pass"
    assert words in found.condition("stationarity").detail


def test_another_model_does_not_choose_its_own_tolerance():
    """A model that misses by a million would make everything else look small."""
    instance = noisy()
    claim = {"mechanism": "upbred", "contributions": [5, 5], "parameters": [1e6, 2]}
    right = {**claim, "parameters": [0.1, 2]}
    scales = [checked(instance, data, "nash").scale for data in (claim, right)]
    assert scales[0] == scales[1]
    assert checked(instance, claim, "stationarity").verdict == "fail"


def test_rules_that_do_not_learn_are_refused():
    instance, data = claim_of("noise")
    for mechanism in ("none", "shapley", "budget-balanced"):
        with pytest.raises(UnsupportedError, match="depends on the model"):
            certificate(instance, {**data, "mechanism": {"name": mechanism}})


def test_who_loses_under_two_phases_is_found_and_named():
    instance, data = claim_of("two-phases-loser")
    found = certificate(instance, data)
    assert found.verdict == "pass"
    for condition, loss in (
        ("individual-rationality", 251 / 220),
        ("individual-rationality-alone", 0.45 + 251 / 220),
    ):
        lost = found.condition(condition)
        assert lost.verdict == "fail"
        assert lost.witness["agent"] == "1"
        assert lost.violation == pytest.approx(loss)
    for wrong in ([], ["2"], ["1", "2"], ["x"], "1"):
        worse = {**data["worse_off"], "than_staying_out": wrong}
        changed = certificate(instance, {**data, "worse_off": worse})
        assert changed.condition("stated-numbers").verdict == "fail"


# --- the price of two phases ----------------------------------------------------------------------


def test_the_price_is_that_of_the_options():
    instance, data = claim_of("two-phases-loser")
    assert data["beta"] == 0.25
    other = copy.deepcopy(data)
    for beta, verdict in (
        *((0.25, "pass"), ("auto", "pass")),  # 1.25 times 0.2
        *((0.3, "fail"), (0.2, "fail"), (0, "fail"), (-1, "not-checked"), ("x", "not-checked")),
    ):
        other["mechanism"]["options"]["beta"] = beta
        assert checked(instance, other, "rule").verdict == verdict


def test_a_price_too_low_leaves_somebody_who_would_contribute_less():
    instance, data = claim_of("two-phases-loser")
    cheap = {**data, "payments": None, "mechanism": {"name": "2p-upbred", "options": {"beta": 0.1}}}
    assert checked(instance, cheap, "nash").verdict == "fail"


def test_no_capacity_no_ample_price():
    agents = [{"name": "a", "cost": 0.1}, {"name": "b", "cost": 0.1, "capacity": 3}]
    instance = parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    claim = {"mechanism": "2p-upbred", "contributions": [3, 3], "payments": [0, 0]}
    assert "agent a has no capacity" in checked(instance, claim, "rule").detail


# --- stated numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["beta", "zeta", "tau", "beta_sufficient", "beta_least"])
@pytest.mark.parametrize("name", ["example1", "two-phases-loser"])
def test_prices_are_recomputed(name, key):
    instance, data = claim_of(name, "2p-upbred")
    wrong = {**data, key: data[key] + STEP}
    assert checked(instance, wrong, "stated-numbers").verdict == "fail"


@pytest.mark.parametrize("block", ["contributions", "projected", "parameters"])
def test_slopes_are_recomputed(block):
    instance, data = claim_of("noise", "2p-upbred")
    wrong = copy.deepcopy(data)
    wrong["gradient"][block][0] += STEP
    assert checked(instance, wrong, "stated-numbers").verdict == "fail"


def platform_game():
    """Return a run of some hundred rounds, without what platform data do alone.

    Its step sizes are proved; costs bend more than in `two-targets`, where it takes thousands.
    """
    agents = [
        {
            "name": name,
            "cost": {"family": "quadratic", "rate": 0.004, "curvature": curvature},
            "capacity": 10,
        }
        for name, curvature in (("1", 0.012), ("2", 0.008))
    ]
    accuracy = {"family": "quadratic-fit", "targets": [[0], [2]], "noise": 3}
    data = {"kind": "sharing", "agents": agents, "accuracy": accuracy, "platform_data": 10}
    instance = parse(data)
    options = {"method": "dynamics", "model_start": [1.001]}
    data = stored(solve(instance, "upbred", options=options))
    data = {key: value for key, value in data.items() if key not in ("standalone", "metrics")}
    return instance, data


CHANGES = [
    (("course", "contributions", 1, 0), STEP),
    (("course", "parameters", 0, 0), STEP),
    (("step_sizes", "contributions"), STEP),
    (("step_sizes", "parameters"), STEP),
    (("rate",), STEP),
    (("rounds",), 1),
    (("step_bounds", "constants", "L"), STEP),
    (("step_bounds", "constants", "P_model"), STEP),
    (("step_bounds", "constants", "lambda"), STEP),
    (("step_bounds", "argument", 0), STEP),
    (("step_bounds", "published", 1), STEP),
    (("step_bounds", "contraction", "rate"), STEP),
    (("course", "ending"), None),
]


@pytest.fixture(scope="module")
def run_of_rounds():
    return platform_game()


def test_a_path_is_followed_anew(run_of_rounds):
    instance, data = run_of_rounds
    assert data["status"]["termination"] == "solved"
    assert checked(instance, data, "stated-numbers").verdict == "pass"


@pytest.mark.parametrize(("path", "change"), CHANGES)
def test_other_paths_are_refused(run_of_rounds, path, change):
    instance, data = run_of_rounds
    wrong = copy.deepcopy(data)
    place = wrong
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = "singular" if change is None else place[path[-1]] + change
    assert checked(instance, wrong, "stated-numbers").verdict == "fail"


# --- units ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("money", [1e-12, 1e12])
@pytest.mark.parametrize("amount", [1e-6, 1e6])
def test_units_change_no_verdict(money, amount):
    def game(money, amount):
        agents = [
            {"name": name, "cost": c * money / amount, "capacity": 5 * amount, "value": money}
            for name, c in (("a", 0.01), ("b", 0.3))
        ]
        accuracy = {
            "family": "quadratic-fit",
            "targets": [[0], [1]],
            "noise": amount,
            "curvature": [amount],
        }
        return parse({"kind": "sharing", "agents": agents, "accuracy": accuracy})

    plain_game, other = game(1, 1), game(money, amount)
    data = stored(solve(plain_game, "upbred"))
    claim = {
        "mechanism": "upbred",
        "contributions": [x * amount for x in data["contributions"]],
        "parameters": data["parameters"],
    }
    for name in ("nash", "stationarity", "individual-rationality-alone"):
        right, scaled = (checked(*pair, name) for pair in ((plain_game, data), (other, claim)))
        assert right.verdict == scaled.verdict
    wrong = {**claim, "contributions": [x * (1 + 1e-5) for x in claim["contributions"]]}
    assert checked(other, wrong, "nash").verdict == "fail"


# --- no admissible step ---------------------------------------------------------------------------


class TestNoAdmissibleStep:
    NAME = "no-admissible-step"

    def test_the_proof_passes_and_its_numbers_are_the_matrices(self):
        instance, data = claim_of("no-admissible-step")
        found = certificate(instance, data)
        assert found.verdict == "pass"
        condition = found.condition(self.NAME)
        assert condition.proved
        witness = condition.witness
        assert witness["P_model_at_least"] == pytest.approx(2 * np.sqrt(2) * 2 * 0.05 / 100)
        assert float(exact_number(witness["lambda_model_at_most"])) == pytest.approx(2 / 30)

    @pytest.mark.parametrize("arithmetic", ["enclosure", "float"])
    def test_every_number_system(self, arithmetic):
        instance, data = claim_of("no-admissible-step")
        assert checked(instance, data, self.NAME, arithmetic).verdict == "pass"

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
        assert checked(instance, data, self.NAME).verdict == verdict

    def test_a_rule_that_has_steps_cannot_be_refuted(self):
        instance, data = claim_of("no-admissible-step")
        data["witness"]["rule"] = "auto"
        assert "published is asked for" in checked(instance, data, self.NAME).detail
        for about in (data["mechanism"], data["witness"]):
            about["options"]["step_size"] = "auto"  # projected rounds do contract here
        assert checked(instance, data, self.NAME).verdict == "fail"

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"step_size": 0.1, "model_step_size": 0.1}, "given as numbers"),
            ({"model_start": "x"}, "model_start"),
        ],
    )
    def test_options_have_to_ask_for_a_step(self, options, words):
        instance, data = claim_of("no-admissible-step")
        data["mechanism"]["options"] |= options
        assert "the proof is about" in checked(instance, data, self.NAME).detail
        data["witness"]["options"] |= options
        assert words in checked(instance, data, self.NAME).detail

    def test_options_of_rounds_are_refused_beside_no_rounds(self):
        instance, data = claim_of("no-admissible-step")
        data["mechanism"]["options"]["method"] = "direct"
        with pytest.raises(SolutionFileError, match="method: dynamics"):
            checked(instance, data, self.NAME)

    def test_step_bounds_are_those_of_the_constants(self):
        instance, data = claim_of("no-admissible-step")
        data["step_bounds"]["constants"]["P"] *= 1.01
        assert certificate(instance, data).verdict != "pass"

    def test_without_platform_data_second_derivatives_are_unbounded(self):
        instance, data = claim_of("example1", "upbred", method="dynamics")
        assert data["status"]["termination"] == "infeasible"
        assert certificate(instance, data).verdict == "pass"
        power = parse({**EXAMPLE1, "accuracy": {"family": "power"}})
        elsewhere = {key: value for key, value in data.items() if key != "instance"}
        assert certificate(power, elsewhere).verdict == "not-checked"

    def test_a_proof_beside_contributions_switches_nothing_off(self):
        instance, data = claim_of("example1", "upbred", method="dynamics")
        other = {**data, "contributions": [123, 123], "parameters": [1, 2]}
        found = certificate(instance, other)
        assert found.verdict == "fail"
        assert found.condition("nash").verdict == "fail"

    def test_it_is_not_a_proof_about_equilibria(self):
        instance, data = claim_of("no-admissible-step")
        assert checked(instance, data, "no-equilibrium").verdict == "not-checked"
        data["witness"] |= {"kind": "no-step", "mechanism": "2p-upbred", "options": {}}
        assert "about 2p-upbred" in checked(instance, data, self.NAME).detail
