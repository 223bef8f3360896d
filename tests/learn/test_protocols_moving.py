"""FedBR, FedBR-BG and UPBReD: what they learn, which way contributions move, what is paid."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mdsolve.errors import InstanceError
from mdsolve.learn.protocols.estimates import Estimator, contributions_together
from mdsolve.learn.protocols.registry import protocol_of
from mdsolve.learn.protocols.slopes import Beside, payoff_slopes, train_pairs
from mdsolve.learn.protocols.transfers import transfers
from tests.learn.runs import federation, instance, run

COSTS = [0.001, 0.003, 0.006]
MOVING = ("fedbr", "fedbr-bg", "upbred")


def moving(name, costs=COSTS, **keys):
    protocol = {"name": name, "payoff": "loss", "step_size": 200, "rounds": 12, **keys}
    return instance(agents={"cost": costs}, protocol=protocol)


@pytest.mark.parametrize("name", MOVING)
def test_digits_are_learned_while_agents_move(name):
    done = run(moving(name))
    assert done.history.last.accuracies.min() > 0.8
    brought = done.history.column("contributions")
    assert (brought >= 0).all()
    assert (brought <= done.federation.capacities).all()
    assert len({row.tobytes() for row in brought}) == 12


@pytest.mark.parametrize("name", MOVING)
def test_who_pays_more_per_batch_brings_less(name):
    base = run(moving(name)).history.last.contributions
    assert base[0] > base[1] > base[2]
    for agent in range(3):
        costs = list(COSTS)
        costs[agent] *= 4
        # With a fixed share beta, so that the others' costs enter only through the model.
        keys = {"beta": 0.5} if name == "fedbr-bg" else {}
        dearer = run(moving(name, costs, **keys)).history.last.contributions
        same = run(moving(name, **keys)).history.last.contributions
        assert dearer[agent] < same[agent]


def test_free_data_end_at_the_capacities_and_dear_data_at_nothing():
    for name in MOVING:
        keys = {"beta": "full"} if name == "fedbr-bg" else {}
        free = run(moving(name, [0, 0, 0], step_size=3000, rounds=6, **keys))
        assert free.history.last.contributions == pytest.approx(free.federation.capacities)
        dear = run(moving(name, [9, 9, 9], **keys))
        assert not dear.history.last.contributions.any()


def test_shared_costs_bring_more_data():
    alone, shared = run(moving("fedbr")), run(moving("fedbr-bg", beta="full"))
    assert shared.history.last.contributions.sum() > alone.history.last.contributions.sum() + 1
    assert (shared.history.last.contributions >= alone.history.last.contributions).all()


def test_a_move_is_a_step_along_slope_less_cost():
    made = moving("fedbr", start=[3, 5, 2], rounds=2)
    group = federation(agents={"cost": COSTS}, protocol={"payoff": "loss"})
    here = np.array([3.0, 5.0, 2.0])
    slopes, after, _ = payoff_slopes(
        group, group.start(), train_pairs(group, group.start(), here, 0, Beside(1.0))
    )
    done = run(made)
    expected = np.clip(here + 200 * (slopes - np.array(COSTS)), 0, group.capacities)
    np.testing.assert_allclose(done.history.last.contributions, expected, atol=1e-9)
    first = run(moving("fedbr", start=[3, 5, 2], rounds=1))
    torch.testing.assert_close(first.state.theta, after, rtol=0, atol=1e-7)


def test_agents_rest_between_moves():
    brought = run(moving("fedbr", rounds=7, rounds_per_move=3)).history.column("contributions")
    changed = [bool((a != b).any()) for a, b in pairwise(brought)]
    assert changed == [False, False, True, False, False, True]


@pytest.mark.parametrize("unit", ["batches", "samples"])
def test_everybody_starts_with_one_batch(unit):
    keys = {"unit": unit, "rounds": 1, "step_size": 1, "learning_rate": 0.01}
    first = run(moving("fedbr", **keys)).history.records[0].contributions
    np.testing.assert_array_equal(first, [1 if unit == "batches" else 16] * 3)
    half = run(moving("upbred", **keys))
    np.testing.assert_array_equal(
        half.history.records[0].contributions, half.federation.capacities / 2
    )


@pytest.mark.parametrize(("beta", "rate"), [("full", 2 / 3), (0.25, 0.25), (None, None)])
def test_payments_are_shared_costs_and_cancel_exactly(beta, rate):
    done = run(moving("fedbr-bg", **({} if beta is None else {"beta": beta})))
    found = done.protocol.findings(done.federation, done.state, done.history)["beta"]
    if rate is None:  # [M23] (6): C b^2 - (A n (n - 2) + C) b + A (n - 1)^2 = 0, in fractions
        costs = [Fraction(str(cost)) for cost in COSTS]
        least, total, b = 1 / sum(1 / cost for cost in costs), sum(costs), Fraction(found)
        residual = total * b**2 - (least * 3 + total) * b + least * 4
        assert abs(residual) < total * Fraction(1, 10**14)
        assert found < 2 / 3
    else:
        assert found == pytest.approx(rate)
    for record in done.history.records:
        assert sum(Fraction(paid) for paid in record.payments.tolist()) == 0
        spent = np.array(COSTS) * record.contributions
        for i in range(3):
            others = (spent.sum() - spent[i]) / 2
            assert record.payments[i] == pytest.approx(found * (spent[i] - others), abs=1e-14)


def test_a_single_agent_is_not_paid():
    for name in ("fedbr-bg", "2p-upbred"):
        done = run(moving(name, [0.001], rounds=2))
        assert not done.history.column("payments").any()
        assert done.protocol.findings(done.federation, done.state, done.history)["beta"] == 0


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=12), st.floats(0, 10))
def test_transfers_cancel_whatever_the_amounts(amounts, rate):
    x = np.array(amounts)
    paid = transfers(rate, x)
    assert sum(Fraction(entry) for entry in paid.tolist()) == 0
    if len(x) > 1:
        mean = x.mean()
        known = rate * (x - mean) * len(x) / (len(x) - 1)
        np.testing.assert_allclose(paid, known, atol=1e-13 * (1 + rate * x.sum()))


def test_the_slope_in_the_total_by_training_twice():
    group = federation(
        agents={"cost": COSTS, "value": [1, 2, 3]},
        model={"family": "linear", "precision": "float64"},
        protocol={"payoff": "loss"},
    )
    theta, here = group.start(), np.array([3.0, 6.0, 0.0])
    state = protocol_of(moving("fedbr")).start(group)
    found = Estimator("total", Beside(1.5))(group, type(state)(theta=theta, contributions=here), 2)

    def payoff(contributions):
        local = group.train(theta, contributions, 2)
        return group.payoffs(group.evaluate(local.mean(dim=0)[None]))[0]

    known = np.array([1, 2, 3]) * (payoff(here + 0.5) - payoff(here)) / 1.5
    np.testing.assert_allclose(found.slopes, known, atol=1e-10)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.5, 50)), min_size=1, max_size=6))
def test_contributions_together_move_the_total_within_capacities(agents):
    caps = np.array([cap for _, cap in agents])
    here = np.array([share for share, _ in agents]) * caps
    width = min(1.0, float(caps.min()))
    moved = contributions_together(here, caps, Beside(width))
    change = (moved - here).sum()
    assert (moved >= 0).all()
    assert (moved <= caps).all()
    assert abs(change) <= width * (1 + 1e-12)
    assert abs(change) >= width / 2 * (1 - 1e-9) / len(agents)


def test_the_printed_update_of_upbred_divides_a_gain_by_a_move():
    group = federation(agents={"cost": COSTS}, protocol={"payoff": "loss"})
    protocol = protocol_of(moving("upbred", estimate="rounds"))
    state = protocol.start(group)
    state = type(state)(
        theta=state.theta,
        contributions=np.array([6.0, 4.0, 5.0]),
        memory={"previous": np.array([4.0, 4.5, 9.0])},
    )
    found = protocol.estimator(group, state, 3)
    own = Estimator("own", Beside(1.0))(group, state, 3)
    local = group.train(state.theta, state.contributions, 3)
    before = group.evaluate(state.theta[None]).losses[0]
    after = np.diagonal(group.evaluate(local).losses)
    assert found.slopes[0] == pytest.approx(-(after[0] - before[0]) / 2)  # (10), moved by 2
    assert found.slopes[1] == own.slopes[1]  # moved by half a batch: the fallback
    assert found.slopes[2] == pytest.approx(-(after[2] - before[2]) / -4)
    assert found.slopes[2] < 0 < own.slopes[2]  # a gain looks like a loss to who brings less
    assert torch.equal(found.theta, own.theta)


def test_the_first_round_of_the_printed_update_has_nothing_to_divide_by():
    printed, own = (run(moving("upbred", rounds=2, estimate=kind)) for kind in ("rounds", "own"))
    np.testing.assert_array_equal(
        printed.history.last.contributions, own.history.last.contributions
    )


def test_options_elsewhere_are_refused():
    for keys, words in (
        ({"name": "fedbr", "estimate": "rounds"}, "one of own, total"),
        ({"name": "upbred", "estimate": "total"}, "one of own, rounds"),
        ({"name": "fedbr-bg", "beta": 1}, "below 1"),
        ({"name": "2p-upbred", "beta": "optimal"}, "money per unit of contribution"),
        ({"name": "fedbr", "beta": 0.5}, "beta with fedbr-bg, 2p-upbred only"),
        ({"name": "upbred", "rounds_per_move": 2}, "rounds_per_move with fedbr, fedbr-bg only"),
        ({"name": "fedbr-shap", "agents_per_move": 4}, "at most the 3 agents"),
        (
            {"name": "fedbr-shap", "permutations": 4, "coalitions": "exact"},
            "with sampled ones only",
        ),
    ):
        with pytest.raises(InstanceError, match=words):
            instance(protocol=keys)
    with pytest.raises(InstanceError, match="optimal, with a cost of 0"):
        moving("fedbr-bg", [0, 1, 1])


def test_settings_name_the_options_in_force():
    settings = protocol_of(moving("fedbr-bg")).settings()
    assert (settings["estimate"], settings["rounds_per_move"]) == ("own", 1)
    assert (settings["beta"], settings["difference"]) == ("optimal", 1.0)


@pytest.mark.parametrize("name", [*MOVING, "fedbr-shap", "2p-upbred"])
def test_divergence_is_reported_with_its_round(name):
    made = instance(
        data={"source": "breast_cancer"},
        model={"family": "quadratic"},
        agents={"cost": [0.001, 0.001]},
        protocol={"name": name, "learning_rate": 1, "rounds": 8, "start": [5, 5]},
    )
    with pytest.raises(InstanceError, match=r"diverges in round \d+"):
        run(made)
