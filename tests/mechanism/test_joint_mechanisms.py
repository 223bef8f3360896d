"""`upbred` and `2p-upbred`: options, endings, and ordinary games without a model."""

from __future__ import annotations

import numpy as np
import pytest

from mdsolve.errors import UnsupportedError, UsageError
from mdsolve.instance import load, parse
from mdsolve.study.payments_at import payments_at
from mdsolve.study.solve import solve
from tests.conftest import INSTANCES
from tests.solver.joint.joint_games import EXAMPLE1

FOLDER = INSTANCES / "papers" / "doshi2025"
POWER = {
    "kind": "sharing",
    "agents": [
        {"name": "1", "cost": 0.05, "capacity": 1},
        {"name": "2", "cost": 0.2, "capacity": 9},
    ],
    "accuracy": {"family": "power"},
}


def run(data, mechanism, **options):
    return solve(parse(data), mechanism, options=options)


def test_without_a_model_upbred_ends_like_none():
    found, none = run(POWER, "upbred"), run(POWER, "none")
    np.testing.assert_allclose(found.contributions, none.contributions)
    np.testing.assert_allclose(found.contributions, [1, np.sqrt(5) - 2])
    moved = run(POWER, "upbred", method="dynamics", step_size=0.5)
    np.testing.assert_allclose(moved.contributions, none.contributions, atol=1e-9)
    assert "parameters" not in found.answers
    claimed = {c.name for c in found.certificate.conditions if c.claimed}
    assert {"nash", "budget-balance"} <= claimed


def test_without_a_model_two_phases_pays_like_contribution_transfer():
    found = run(POWER, "2p-upbred", beta=0.25)
    other = run(POWER, "contribution-transfer", beta=0.25)
    np.testing.assert_allclose(found.contributions, other.contributions)
    np.testing.assert_allclose(found.payments, other.payments)
    assert found.utilities[0] == pytest.approx(-251 / 220)
    assert found.standalone["utilities"][0] == pytest.approx(0.45)
    at = payments_at(parse(POWER), "2p-upbred", "1,3", options={"beta": 0.25})
    np.testing.assert_allclose(at["payments"], [-0.5, 0.5])


def test_auto_is_a_quarter_above_zeta_and_tau():
    found = run(POWER, "2p-upbred")
    assert found.beta == pytest.approx(0.25)
    assert found.beta_least == pytest.approx(0.2 - 1 / 121)
    assert found.equilibria == "unique"


def test_a_price_between_the_least_and_zeta_is_an_equilibrium_all_the_same():
    found = run(POWER, "2p-upbred", beta=0.195)
    assert found.contributions.tolist() == [1, 9]
    assert found.equilibria == [10.0]
    assert found.certificate.verdict == "pass"
    with pytest.raises(UsageError, match=r"above zeta \+ tau = 0.2, or at least 0.191736"):
        run(POWER, "2p-upbred", beta=0.19)
    with pytest.raises(UsageError, match="0 or more"):
        run(POWER, "2p-upbred", beta=-1)


def test_two_phases_by_rounds():
    found = run(EXAMPLE1, "2p-upbred", method="dynamics", step_size=2, model_start=[5, 5])
    one, two = found.phase_one, found.phase_two
    assert one["rounds"] <= one["bound"] == 125  # (5 - 2.5) / (2 * (0.05 - 0.04))
    assert two["rounds"] == two["bound"] == 1  # nu = M: one step of 2 / (M + nu) is exact
    slow = run(EXAMPLE1, "2p-upbred", method="dynamics", model_step_size=1.0)
    assert slow.phase_two["rate"] == pytest.approx(1 - 2 / 10)
    assert 10 < slow.phase_two["rounds"] <= slow.phase_two["bound"]
    with_model = run(EXAMPLE1, "2p-upbred", method="dynamics", beta=0.02)
    assert with_model.termination.label == "limit"
    assert "with the one learned somebody gains" in with_model.message
    wild = run(EXAMPLE1, "2p-upbred", method="dynamics", model_step_size=100.0)
    assert wild.termination.label == "limit"
    assert wild.phase_two["rate"] is None


def test_rounds_without_projection_leave_the_box_and_say_so():
    given = {"method": "dynamics", "step_size": 0.25, "model_step_size": 0.25}
    start = {"start": "capacity", "model_start": [0.5, 1.5]}
    found = run(EXAMPLE1, "upbred", **given, **start, projection="none", steps=2000)
    assert found.exit_code == 4
    assert "which they cannot contribute" in found.message
    assert found.course["left_box_at"] == 502
    assert max(found.last_contributions) < 0
    early = run(EXAMPLE1, "upbred", **given, **start, projection="none", steps=520)
    assert early.contributions[0] < 0 < early.contributions[1]
    assert early.certificate.condition("feasibility").verdict == "fail"


def test_no_data_and_no_model_has_no_answer():
    found = run(
        EXAMPLE1,
        "upbred",
        method="dynamics",
        step_size=40,
        model_step_size=1e-3,
        model_start=[0.99, 2],
    )
    assert found.exit_code == 4
    assert "without bound" in found.message
    assert "contributions" not in found.answers


def test_too_few_rounds_are_a_limit():
    found = run(
        EXAMPLE1, "upbred", method="dynamics", step_size=0.25, model_step_size=0.25, steps=10
    )
    assert found.exit_code == 4
    assert "had not come to rest" in found.message
    assert found.regret > 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"step_size": 1}, "option of method: dynamics"),
        ({"projection": "none"}, "option of method: dynamics"),
        ({"method": "dynamics", "step_size": 0, "model_step_size": 1}, "positive"),
        ({"method": "dynamics", "step_size": 1, "model_step_size": -1}, "positive"),
        ({"method": "dynamics", "step_size": 1, "model_step_size": 1, "steps": 0.0}, "positive"),
        ({"method": "dynamics", "step_size": 1, "model_step_size": 1, "start": [1, 2, 3]}, "or 2"),
        ({"method": "dynamics", "step_size": 1, "model_step_size": 1, "start": [6, 1]}, "to 5"),
        ({"method": "dynamics", "step_size": 1, "model_step_size": 1, "model_start": [1]}, "2 num"),
        ({"method": "dynamics", "start": "x,y"}, "numbers separated by commas"),
        ({"method": "newton"}, "one of direct, dynamics"),
    ],
)
def test_options_that_do_not_fit(options, words):
    with pytest.raises(UsageError, match=words):
        run(EXAMPLE1, "upbred", **options)


def test_ordinary_games_have_no_model_to_start_from_and_need_a_proved_step():
    with pytest.raises(UsageError, match="depends on no model"):
        run(POWER, "upbred", method="dynamics", step_size=1, model_start=[1])
    with pytest.raises(UnsupportedError, match="not proved strongly concave"):
        run(POWER, "upbred", method="dynamics")
    bent = [
        {**agent, "cost": {"family": "quadratic", "rate": 0.05, "curvature": 1.0}}
        for agent in POWER["agents"]
    ]
    data = {**POWER, "agents": bent}
    moved, direct = run(data, "upbred", method="dynamics"), run(data, "upbred")
    assert moved.rate < 1
    np.testing.assert_allclose(moved.contributions, direct.contributions, atol=1e-8)


def test_capacities_are_needed_where_everybody_is_to_give_all():
    data = {
        **POWER,
        "agents": [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.2, "capacity": 1}],
    }
    with pytest.raises(UnsupportedError, match="agent A"):
        run(data, "2p-upbred")
    with pytest.raises(UsageError, match="without end"):
        run(data, "upbred", method="dynamics", step_size=1)


@pytest.mark.parametrize(
    "mechanism", ["none", "shapley", "budget-balanced", "value-shaping", "welfare"]
)
def test_rules_that_learn_no_model_refuse_the_family(mechanism):
    with pytest.raises(UnsupportedError, match="use upbred or 2p-upbred"):
        run(EXAMPLE1, mechanism)
    with pytest.raises(UnsupportedError, match="use upbred or 2p-upbred"):
        payments_at(parse(EXAMPLE1), mechanism, "1,1")


def test_a_single_agent_is_paid_nothing():
    data = {
        "kind": "sharing",
        "agents": [{"name": "A", "cost": 0.01, "capacity": 5}],
        "accuracy": {"family": "quadratic-fit", "target": [1], "noise": 1},
    }
    found = run(data, "2p-upbred")
    assert found.contributions.tolist() == [5]
    assert found.payments.tolist() == [0]


def test_data_gain_compares_with_the_equilibrium_without_payments():
    instance = load(FOLDER / "noise.yaml")
    assert solve(instance, "2p-upbred").metrics["data_gain"] == pytest.approx(2)
    assert solve(instance, "upbred").metrics["data_gain"] == pytest.approx(1)


def test_data_that_are_worth_nothing_and_cost_nothing_leave_a_continuum():
    agents = [{"name": "A", "cost": 0, "capacity": 3}, {"name": "B", "cost": 0.02}]
    found = run({**EXAMPLE1, "agents": agents}, "upbred")
    assert found.certificate.verdict == "pass"
    tied = [{**agent, "cost": 0.02} for agent in agents]
    noisy = {**EXAMPLE1, "agents": tied, "accuracy": {**EXAMPLE1["accuracy"], "noise": 1}}
    assert run(noisy, "upbred").equilibria == "continuum"


def test_budgets_limit_what_an_agent_has_alone():
    agents = [
        {"name": "A", "cost": 0.04, "capacity": 8, "budget": 0.1},
        {"name": "B", "cost": 0.01, "capacity": 2, "budget": 9},
    ]
    accuracy = {"family": "quadratic-fit", "target": [1], "noise": 1}
    found = run({"kind": "sharing", "agents": agents, "accuracy": accuracy}, "2p-upbred")
    assert found.standalone["utilities"][0] == pytest.approx(0.1 + 1 - 1 / 2.5 - 0.1)
    alone = found.certificate.condition("individual-rationality-alone")
    assert (alone.verdict == "fail") == bool(found.worse_off["than_alone"])
