"""Simulated dynamics as solutions: what is claimed, how runs end, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
import scipy.optimize

import mdsolve as md
from mdsolve.errors import UnsupportedError, UsageError
from mdsolve.progress import Monitor, StopRequested

PLAIN = {
    "kind": "sharing",
    "name": "two-labs",
    "agents": [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}],
    "accuracy": {"family": "power"},
}
CURVED = {
    "kind": "sharing",
    "agents": [
        {"name": "A", "cost": {"family": "quadratic", "rate": 0.05, "curvature": 0.3}},
        {"name": "B", "cost": {"family": "quadratic", "rate": 0.1, "curvature": 0.4}},
    ],
    "accuracy": {"family": "power"},
}
RULES = [
    ("none", {}),
    ("budget-balanced", {"beta": "full"}),
    ("contribution-transfer", {"beta": 0.05}),
    ("shapley", {}),
]


@pytest.fixture
def game():
    return md.parse(PLAIN)


@pytest.mark.parametrize(("rule", "options"), RULES)
def test_rest_is_the_equilibrium_that_solve_computes(game, rule, options):
    simulated = md.simulate(game, rule, options=options, step_size=1, steps=5000)
    solved = md.solve(game, rule, options=options)
    assert simulated.termination is md.Termination.SOLVED
    assert simulated.exit_code == 0
    assert simulated.certificate.condition("nash").claimed
    np.testing.assert_allclose(simulated.contributions, solved.contributions, atol=1e-8)
    np.testing.assert_allclose(simulated.payments, solved.payments, atol=1e-8)
    assert simulated.mechanism == solved.mechanism
    if solved.equilibria == "unique":
        assert simulated.dynamics["distance"] < 1e-8


@pytest.mark.parametrize(("rule", "options"), RULES)
def test_an_unfinished_run_is_a_limit_with_its_regret(game, rule, options):
    found = md.simulate(game, rule, options=options, step_size=0.1, steps=3)
    assert found.termination is md.Termination.LIMIT
    assert found.exit_code == 4
    nash = found.certificate.condition("nash")
    assert (nash.claimed, nash.verdict) == (True, "fail")
    assert found.regret == nash.violation > 0.01
    assert f"{found.regret:.6g}" in found.message
    again = md.verify(game, found.to_dict())
    assert (again.verdict == "pass", again.condition("nash").verdict) == (False, "fail")


def test_regret_is_the_largest_gain_of_any_agent():
    """Golden-section searches on utilities written out; the first agent gains least."""
    at = np.array([2.2, 0.8])
    costs = np.array([0.1, 0.4])
    agents = [{"name": name, "cost": float(cost)} for name, cost in zip("AB", costs, strict=True)]
    found = md.simulate(
        md.parse({**PLAIN, "agents": agents}), "none", step_size=1e-12, steps=1, start=at
    )
    gains = []
    for k in range(2):

        def loss(own, k=k):
            total = at.sum() - at[k] + own
            return -(1 - 1 / (1 + total) - costs[k] * own)

        best = scipy.optimize.minimize_scalar(loss, bounds=(0, 50), options={"xatol": 1e-10})
        gains.append(loss(at[k]) - best.fun)
    assert gains[0] < gains[1]
    assert found.regret == pytest.approx(max(gains), abs=1e-7)
    assert found.certificate.condition("nash").witness["agent"] == "B"


def test_regret_under_shapley_against_shares_from_the_definition(game):
    found = md.simulate(game, "shapley", step_size=0.2, steps=4)
    costs, at = np.array([0.1, 0.25]), found.contributions

    def utility(k, own):
        other = at[1 - k]
        alone, both = 2 * (1 - 1 / (1 + own)), 2 * (1 - 1 / (1 + own + other))
        return 0.5 * alone + 0.5 * (both - 2 * (1 - 1 / (1 + other))) - costs[k] * own

    gains = []
    for k in range(2):
        best = scipy.optimize.minimize_scalar(
            lambda own, k=k: -utility(k, own), bounds=(0, 50), options={"xatol": 1e-10}
        )
        gains.append(-best.fun - utility(k, at[k]))
    assert found.regret == pytest.approx(max(gains), abs=1e-8)


@pytest.mark.parametrize(("rule", "options"), [*RULES, ("welfare", {})])
def test_every_sharing_solution_states_its_regret(game, rule, options):
    found = md.solve(game, rule, options=options)
    assert found.regret == found.certificate.condition("nash").violation
    if rule != "welfare":
        assert found.regret < 1e-9


def test_the_proved_step_and_what_it_promises():
    found = md.simulate(md.parse(CURVED), "none", steps=200).dynamics
    n, strength, largest = 2, found["lambda"], found["L"]
    assert found["step_size"] == pytest.approx(strength / (n * largest) ** 2)
    assert found["rate"] ** 2 == pytest.approx(1 - (strength / (n * largest)) ** 2)
    fall = np.log(found["trajectory"]["gradient_norm"][0] / found["gradient_target"])
    bound = 2 * (n * largest / strength) ** 2 * fall
    assert found["steps_bound"] == pytest.approx(bound, abs=1.0)
    drawn = md.simulate(md.parse(CURVED), "none", steps=200, agents_per_step=1).dynamics
    assert drawn["steps_bound"] == pytest.approx(2 * bound, abs=1.0)
    course = found["trajectory"]
    assert np.all(course["distance"] <= course["distance"][0] * found["rate"] ** course["steps"])


def test_the_agents_rest_within_the_proved_number_of_steps():
    capped = {"step_size": "auto", "steps": 200_000, "cap": 1}
    found = md.simulate(md.parse(CURVED), "none", **capped).dynamics
    assert found["rested"]
    assert 0 < found["steps"] <= found["steps_bound"]


def test_a_step_that_is_too_large_is_named(game):
    found = md.simulate(game, "shapley", step_size=10)
    assert found.dynamics["cycle_length"] == 2
    assert "loop of 2 steps" in found.message
    assert found.exit_code == 4


def test_a_cap_holds_and_is_said_to(game):
    found = md.simulate(game, "shapley", step_size=1, cap=2, start="capacity")
    assert found.contributions.max() == 2
    assert "the cap holds them" in found.message
    assert found.dynamics["rest_point"][0] == pytest.approx(2)
    assert found.dynamics["equilibrium"][0] == pytest.approx(2.9983929801)
    assert found.dynamics["trajectory"]["distance"][-1] < 1e-8


def test_seeds_and_all_agents(game):
    def run(**more):
        return md.simulate(game, "shapley", step_size=0.5, steps=40, **more)

    np.testing.assert_array_equal(
        run(agents_per_step=1, seed=5).contributions, run(agents_per_step=1, seed=5).contributions
    )
    np.testing.assert_array_equal(run().contributions, run(agents_per_step=2, seed=9).contributions)
    assert run(agents_per_step=1).provenance.seed == 0


@pytest.mark.parametrize("start", [[3.0, 1.0], "3,1", np.array([3, 1]), ("3", "1")])
def test_ways_to_give_a_start(game, start):
    found = md.simulate(game, "none", step_size=1, steps=1, start=start)
    assert found.dynamics["trajectory"]["contributions"][0].tolist() == [3, 1]
    assert found.dynamics["start"].tolist() == [3, 1]


def test_all_bad_options_are_reported_at_once(game):
    with pytest.raises(UsageError) as caught:
        md.simulate(
            game, "none", step_size=-1, steps=0, agents_per_step=3, start=[1, 2, 3], cap="nan"
        )
    places = [finding.where for finding in caught.value.findings]
    assert places == ["--step-size", "--steps", "--agents-per-step", "--cap", "--start"]


@pytest.mark.parametrize(
    ("start", "words"),
    [
        ("capacity", "none of"),
        ([-1, 0], "-1 for A"),
        ("a,b", "a,b"),
        ([np.inf, 0], "inf"),
        ("9", "9 for"),
    ],
)
def test_impossible_starts(start, words):
    agents = [{"name": "A", "cost": 0.1, "capacity": 5}, {"name": "B", "cost": 0.25}]
    with pytest.raises(UsageError, match=words):
        md.simulate(md.parse({**PLAIN, "agents": agents}), "none", step_size=1, start=start)


def test_auto_is_refused_with_the_reason(game):
    with pytest.raises(UnsupportedError, match="not proved strongly concave"):
        md.simulate(game, "none")


@pytest.mark.parametrize("rule", ["welfare"])
def test_rules_without_dynamics_are_refused(game, rule):
    with pytest.raises(UnsupportedError, match="contribution-transfer"):
        md.simulate(game, rule, step_size=1)


def test_other_kinds_and_budgets_are_refused():
    market = md.parse(
        {
            "kind": "market",
            "agents": ["a", "b"],
            "types": [1, 2],
            "valuation": {"family": "growth", "exponent": -0.5},
        }
    )
    with pytest.raises(UnsupportedError, match="sharing"):
        md.simulate(market, "desirable")
    agents = [{"name": name, "cost": 0.1, "budget": 3} for name in "AB"]
    with pytest.raises(UnsupportedError, match="budgets"):
        md.simulate(md.parse({**PLAIN, "agents": agents}), "none", step_size=1)


def test_a_time_limit_keeps_contributions_and_the_check(game):
    def run_out(event):
        if event.label == "steps" and event.done == 5:
            raise StopRequested("the time limit of 1 s was reached")

    found = md.simulate(game, "none", step_size=1e-7, steps=10**8, monitor=Monitor(run_out))
    assert found.termination is md.Termination.LIMIT
    assert "time limit" in found.message
    assert found.regret > 0
    assert found.contributions.max() > 0


def test_ctrl_c_is_an_interruption(game):
    def interrupt(event):
        if event.label == "steps" and event.done == 5:
            raise KeyboardInterrupt

    found = md.simulate(game, "none", step_size=0.01, monitor=Monitor(listener=interrupt))
    assert found.termination is md.Termination.INTERRUPTED
    assert (found.exit_code, found.dynamics["steps"]) == (4, 5)


def test_the_solution_is_plain_data_and_round_trips(game, tmp_path):
    found = md.simulate(game, "budget-balanced", step_size=1, steps=30, agents_per_step=1)
    found.to_json(tmp_path / "s.json")
    data = json.loads((tmp_path / "s.json").read_text())
    assert data["dynamics"]["agents_per_step"] == 1
    assert len(data["dynamics"]["trajectory"]["contributions"]) == 31
    assert data["beta"] == pytest.approx(found.beta)
    checked = md.verify(game, data)
    assert checked.condition("nash").violation == pytest.approx(found.regret)


def test_a_perturbed_rest_point_is_rejected(game):
    found = md.simulate(game, "shapley", step_size=1)
    moved = found.contributions * (1 + 1e-6)
    payments = {"contributions": moved.tolist(), "mechanism": "shapley"}
    assert md.verify(game, payments).condition("nash").verdict == "fail"


def test_rest_of_slopes_need_not_be_an_equilibrium():
    """Below its threshold a clipped accuracy has no slope, but a jump over it may pay."""
    agents = [{"name": "A", "cost": 1e-4}]
    clipped = {"family": "threshold-power", "value": 1, "threshold": 100, "exponent": 1}
    spec = md.parse({"kind": "sharing", "agents": agents, "accuracy": clipped})
    found = md.simulate(spec, "none", step_size=1)
    assert found.dynamics["rested"]
    assert found.contributions[0] == 0
    assert "a larger change pays" in found.message
    best = 1000.0
    assert found.regret == pytest.approx(1 - 100 / best - 1e-4 * best)


def test_a_check_that_was_interrupted_leaves_a_solution(game, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("mdsolve.study.certify.check_of", interrupted)
    found = md.simulate(game, "none", step_size=1)
    assert found.termination is md.Termination.INTERRUPTED
    assert found.message == "It was not checked: interrupted by the user."
