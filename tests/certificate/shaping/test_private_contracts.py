"""The checker of private contracts: right answers pass, each way of being wrong is caught."""

from __future__ import annotations

import numpy as np
import pytest

from mdsolve.errors import UnsupportedError
from mdsolve.instance import load, parse
from mdsolve.solution_files import write_solutions
from mdsolve.study.solve import solve
from mdsolve.study.verify import verify, verify_file

NAME = "value-shaping-private"
BELIEFS = ("bayes", "mean-field", "ex-post")
INSIDE = {"low": 0.0075, "high": 0.045, "probability_low": 0.12}
CORNER = {"low": 0.02, "high": 0.05, "probability_low": 0.4}
POOLING = {"low": 0.02, "high": 0.05, "probability_low": 0.3}


def instance(prior, count=2, **accuracy):
    return parse(
        {
            "kind": "sharing",
            "agents": [{"name": "A{}", "count": count, "prior": prior}],
            "accuracy": accuracy or {"family": "power"},
        }
    )


def claimed(solution, **changes):
    """Return a solution as plain data with some entries replaced."""
    return {"mechanism": vars(solution.mechanism), **solution.answers, **changes}


def moved(solution, point, column, by):
    curves = solution.curves.copy()
    curves[0, point, column] += by
    return claimed(solution, curves=curves)


@pytest.mark.parametrize("prior", [INSIDE, CORNER, POOLING])
@pytest.mark.parametrize("beliefs", BELIEFS)
def test_right_answers_pass_and_survive_storage(prior, beliefs, tmp_path):
    file = tmp_path / "game.yaml"
    file.write_text(
        "format: mdsolve/1\nkind: sharing\nname: game\n"
        f"agents: [{{name: 'A{{}}', count: 2, prior: {prior}}}, {{name: B, prior: {CORNER}}}]\n"
        "accuracy: {family: power}\n"
    )
    game = parse(
        {
            "kind": "sharing",
            "agents": [
                {"name": "A{}", "count": 2, "prior": prior},
                {"name": "B", "prior": CORNER},
            ],
            "accuracy": {"family": "power"},
        }
    )
    solution = solve(game, NAME, options={"beliefs": beliefs})
    assert solution.certificate.verdict == "pass"
    write_solutions([solution], tmp_path / "solution.json")
    (checked,) = verify_file(file, tmp_path / "solution.json")
    assert checked.certificate.verdict == "pass"
    assert checked.certificate.condition("nash").verdict == "pass"


def test_many_agents_store_their_curves_beside_the_solution(tmp_path):
    file = tmp_path / "game.yaml"
    file.write_text(
        "format: mdsolve/1\nkind: sharing\nname: game\n"
        "agents: [{name: 'A{}', count: 10000, "
        "prior: {low: 0.1, high: 0.2, probability_low: 0.55}}]\n"
        "accuracy: {family: pac, ceiling: 0.95, complexity: 10}\n"
        f"mechanism: {NAME}\n"
    )
    solution = solve(load(file))
    write_solutions([solution], tmp_path / "solution.json")
    assert (tmp_path / "solution.curves.npy").exists()
    (checked,) = verify_file(file, tmp_path / "solution.json")
    assert checked.certificate.verdict == "pass"


def test_a_curve_above_the_full_model_by_a_billionth_is_rejected():
    solution = solve(instance(CORNER), NAME)
    game = instance(CORNER)
    assert verify(game, moved(solution, 2, 1, 1e-9)).condition("curve-feasibility").verdict == (
        "fail"
    )
    below = verify(game, moved(solution, 2, 1, -1e-12)).condition("curve-feasibility")
    assert below.verdict == "pass"


def test_a_contract_for_high_costs_that_low_costs_would_take_is_rejected():
    game = instance(INSIDE)
    solution = solve(game, NAME)
    found = verify(game, moved(solution, 1, 1, 1e-8)).condition("incentive-compatibility")
    assert found.verdict == "fail"
    assert found.witness["type"] == "low"
    assert found.witness["deviation"] == "C"


def test_a_slope_below_the_cost_is_rejected():
    game = instance(CORNER)
    solution = solve(game, NAME)
    (own, high, _) = solution.curves[0]
    flatter = own[1] + 0.999 * 0.05 * (high[0] - own[0]) - high[1]
    certificate = verify(game, moved(solution, 1, 1, flatter))
    found = certificate.condition("incentive-compatibility")
    assert found.verdict == "fail"
    assert found.witness["type"] == "high"
    assert certificate.condition("individual-rationality-alone").verdict == "fail"


def test_contracts_out_of_order_or_beyond_the_capacity_are_rejected():
    game = instance(CORNER)
    solution = solve(game, NAME)
    swapped = solution.curves[:, [0, 2, 1]]
    certificate = verify(game, claimed(solution, curves=swapped))
    assert certificate.condition("curve-feasibility").verdict == "fail"


@pytest.mark.parametrize("by", [-1e-6, 1e-6])
@pytest.mark.parametrize("key", ["contributions", "low", "high", "accuracies"])
def test_numbers_that_the_curves_do_not_bear_out_are_rejected(key, by):
    game = instance(INSIDE)
    solution = solve(game, NAME)
    wrong = np.array(solution.answers[key]).copy()
    wrong[0] += by
    assert verify(game, claimed(solution, **{key: wrong})).condition("nash").verdict == "fail"


def test_contracts_that_collect_less_are_named_with_what_is_possible():
    game = instance(POOLING)
    printed = solve(game, NAME, options={"rule": "published"})
    found = printed.certificate.condition("data-maximality")
    assert found.verdict == "fail"
    assert not found.claimed
    assert found.witness["possible"] > found.witness["expected"] + 0.01
    assert printed.certificate.verdict == "pass"


@pytest.mark.parametrize("key", ["low", "high", "curves"])
def test_what_is_missing_is_not_invented(key):
    game = instance(CORNER)
    solution = solve(game, NAME)
    certificate = verify(game, claimed(solution, **{key: None}))
    found = certificate.condition("data-maximality")
    assert found.verdict == "not-checked"
    assert key in found.detail
    wrong_shape = verify(game, claimed(solution, **{key: [1.0]}))
    assert wrong_shape.condition("nash").verdict == "not-checked"


def test_other_arithmetics_are_refused_by_name():
    game = instance(CORNER)
    solution = solve(game, NAME)
    with pytest.raises(UnsupportedError, match="private costs"):
        verify(game, solution, arithmetic="enclosure")


def test_profiles_are_checked_one_by_one():
    game = instance(CORNER)
    solution = solve(game, NAME, options={"beliefs": "ex-post"})
    profiles = dict(solution.profiles)
    curves = profiles["curves"].copy()
    curves[1, 0, 0, 2, 1] += 1e-8
    wrong = verify(game, claimed(solution, profiles={**profiles, "curves": curves}))
    found = wrong.condition("curve-feasibility")
    assert found.verdict == "fail"
    assert found.witness["profile"] == "low costs per class: [1]"
    for spoilt in (
        {**profiles, "low_types": profiles["low_types"][::-1]},
        {**profiles, "classes": np.array([0, 2])},
        {key: profiles[key] for key in ("classes", "low_types")},
        None,
    ):
        refused = verify(game, claimed(solution, profiles=spoilt)).condition("nash")
        assert refused.verdict == "not-checked"


def test_classes_of_different_agents_are_refused():
    game = parse(
        {
            "kind": "sharing",
            "agents": [{"name": "A", "prior": CORNER}, {"name": "B", "prior": INSIDE}],
            "accuracy": {"family": "power"},
        }
    )
    same = solve(instance(CORNER), NAME, options={"beliefs": "ex-post"})
    found = verify(game, claimed(same, agents=["A", "B"])).condition("nash")
    assert found.verdict == "not-checked"
    assert "differ" in found.detail
