"""2P-UPBReD: full contributions within the promised moves, transfers, who loses by taking part."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

from mdsolve.learn.protocols.registry import protocol_of
from mdsolve.status import Termination
from mdsolve.study.train import train
from tests.learn.runs import federation, instance, run

COSTS = [0.001, 0.003, 0.006]


def paid(costs=COSTS, **keys):
    protocol = {"name": "2p-upbred", "payoff": "loss", "step_size": 300, "rounds": 10, **keys}
    return instance(agents={"cost": costs}, protocol=protocol)


def findings(done):
    return done.protocol.findings(done.federation, done.state, done.history)


@pytest.mark.parametrize("start", [[0, 0, 0], [28, 1, 14], None])
def test_all_data_are_brought_within_the_promised_moves(start):
    done = run(paid(**({} if start is None else {"start": start})))
    found = findings(done)
    np.testing.assert_array_equal(done.history.last.contributions, done.federation.capacities)
    assert found["held_back"] == []
    assert 0 < found["moves"] <= found["promised_moves"] < 100
    assert done.conclusion.termination is Termination.SOLVED
    assert "settled" in done.conclusion.message
    assert done.history.last.accuracies.min() > 0.85


def test_the_bound_of_theorem_2():
    done = run(paid(start=[0, 0, 0]))
    found, group = findings(done), done.federation
    assert found["beta"] == pytest.approx(0.012)  # twice the largest cost
    margin = found["beta"] - max(COSTS) - found["steepest_fall"]
    assert found["promised_moves"] == int(np.ceil(group.capacities.max() / (300 * margin)))
    slow = findings(run(paid(start=[0, 0, 0], beta=0.007)))
    assert slow["promised_moves"] > found["promised_moves"]


def test_learning_is_federated_averaging_at_the_capacities():
    two = run(paid(rounds=3))
    plain = run(instance(agents={"cost": COSTS}, protocol={"rounds": 3, "payoff": "loss"}))
    torch.testing.assert_close(two.state.theta, plain.state.theta, rtol=0, atol=0)


def test_a_small_beta_leaves_data_at_home_and_says_so():
    costs = [0.001, 0.05, 0.06]
    done = run(paid(costs, beta=0.001))
    found = findings(done)
    assert "agent-3" in found["held_back"]
    assert "agent-1" not in found["held_back"]
    assert found["promised_moves"] is None
    assert "beta is too small" in done.conclusion.message
    assert done.conclusion.termination is Termination.SOLVED


def test_dearer_data_come_slower():
    start = [5, 5, 5]
    base = run(paid(start=start, beta=0.012, negotiation_rounds=1, rounds=1))
    dear = run(paid([0.001, 0.003, 0.011], start=start, beta=0.012, negotiation_rounds=1, rounds=1))
    assert base.history.last.contributions[2] > dear.history.last.contributions[2] > 5
    np.testing.assert_array_equal(
        base.history.last.contributions[:2], dear.history.last.contributions[:2]
    )
    assert base.conclusion.termination is Termination.LIMIT
    assert "had not settled after 1 rounds" in base.conclusion.message


def test_payments_follow_contributions_and_cancel_exactly():
    done = run(paid(start=[28, 1, 14], beta=0.05))
    for record in done.history.records:
        s = record.contributions
        assert sum(Fraction(entry) for entry in record.payments.tolist()) == 0
        for i in range(3):
            known = 0.05 * (s[i] - (s.sum() - s[i]) / 2)
            assert record.payments[i] == pytest.approx(known, abs=1e-14)
    assert np.abs(done.history.records[0].payments).max() > 1


def test_the_printed_update_reaches_the_capacities_too():
    done = run(paid(estimate="rounds"))
    np.testing.assert_array_equal(done.history.last.contributions, done.federation.capacities)


def test_balanced_payments_can_make_an_agent_worse_off_than_alone():
    """[D25] promises balance, not rationality: who has little data pays for those who have much."""
    made = instance(
        agents={"cost": [0.02, 0.02, 0.02], "capacity": [2, 28, 28]},
        protocol={"name": "2p-upbred", "rounds": 6, "step_size": 300, "payoff": "loss"},
    )
    solution = train(made, alone=True)
    assert solution.certificate.verdict == "pass"
    outside = solution.certificate.condition("individual-rationality")
    alone = solution.certificate.condition("individual-rationality-alone")
    assert alone.verdict == "fail"
    assert not alone.claimed
    assert alone.witness["agent"] == "agent-1"
    assert "agent-1" in alone.detail
    assert solution.utilities[0] < solution.standalone["utilities"][0]
    assert outside.verdict == ("fail" if solution.utilities.min() < 0 else "pass")
    assert solution.payments[0] < 0 < solution.payments[1]


def test_settings_name_the_options_in_force():
    assert protocol_of(paid()).settings()["beta"] == "2 times the largest cost"
    assert protocol_of(paid(beta=3)).settings()["beta"] == 3.0
    assert federation(agents={"cost": [1]}).agents == 1
