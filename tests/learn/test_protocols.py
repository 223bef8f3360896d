"""Protocols: what they learn, which way contributions move, slopes by a second method."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from mdsolve.errors import InstanceError
from mdsolve.learn.protocols.registry import protocol_of
from mdsolve.learn.protocols.slopes import (
    Beside,
    average_weights,
    payoff_slopes,
    projected,
    shifted_contributions,
    train_pairs,
)
from mdsolve.status import Termination
from tests.learn.runs import federation, instance, run

STRATEGIC = {"name": "fedavg-strategic", "step_size": 300, "payoff": "loss", "rounds": 2}


def strategic(costs, **keys):
    return instance(agents={"cost": costs}, protocol={**STRATEGIC, **keys})


@pytest.mark.parametrize(
    ("model", "rounds", "accuracy"),
    [
        ({"family": "linear"}, 15, 0.88),
        ({"family": "mlp", "hidden": [32]}, 15, 0.9),
        ({"family": "cnn"}, 6, 0.85),
    ],
)
def test_digits_are_learned(model, rounds, accuracy):
    done = run(instance(model=model, protocol={"rounds": rounds}))
    assert done.history.last.accuracies.min() > accuracy
    assert done.conclusion.termination is Termination.SOLVED
    assert len(done.history) == rounds
    assert done.history.column("losses").mean(axis=1)[-1] < 1


def test_only_the_quadratic_model_learns_the_quadratic_rule():
    def accuracy(family, rate):
        made = instance(
            data={"source": "synthetic-quadratic"},
            model={"family": family},
            protocol={"rounds": 20, "learning_rate": rate},
        )
        return run(made).history.last.accuracies.mean()

    assert accuracy("quadratic", 0.01) > 0.85
    assert accuracy("linear", 0.01) < 0.65


def test_fedavg_brings_everything_unless_told_otherwise():
    made = instance(protocol={"rounds": 1})
    done = run(made)
    np.testing.assert_array_equal(done.history.last.contributions, done.federation.capacities)
    fixed = run(instance(protocol={"rounds": 2, "start": [1, 0, 2.5]}))
    np.testing.assert_array_equal(fixed.history.column("contributions"), [[1, 0, 2.5]] * 2)
    assert not fixed.history.column("payments").any()


def test_a_round_of_fedavg_is_the_average_of_local_models():
    for aggregation, weights in (("mean", [1 / 3] * 3), ("weighted", [0.5, 0.125, 0.375])):
        start = [4, 1, 3]
        group = federation(protocol={"aggregation": aggregation})
        done = run(instance(protocol={"aggregation": aggregation, "rounds": 1, "start": start}))
        local = [
            group.train(group.start(), np.array([float(s)]), 0, np.array([i]))[0]
            for i, s in enumerate(start)
        ]
        known = sum(w * model for w, model in zip(weights, local, strict=True))
        torch.testing.assert_close(done.state.theta, known, rtol=0, atol=1e-6)


def test_nothing_brought_leaves_the_model():
    for aggregation in ("mean", "weighted"):
        keys = {"aggregation": aggregation, "start": [0, 0, 0], "rounds": 1}
        done = run(instance(protocol=keys))
        assert torch.equal(done.state.theta, done.federation.start())


def test_contributions_fall_with_costs():
    done = run(strategic([0.001, 0.003, 0.006]))
    brought = done.history.last.contributions
    assert brought[0] > brought[1] > brought[2] > 0
    dearer = run(strategic([0.001, 0.006, 0.006])).history.last.contributions
    assert dearer[1] < brought[1]
    assert "settled" in done.conclusion.message


def test_free_data_is_brought_in_full_and_dear_data_not_at_all():
    free = run(strategic([0, 0, 0]))
    np.testing.assert_array_equal(free.history.last.contributions, free.federation.capacities)
    dear = run(strategic([9, 9, 9]))
    assert not dear.history.last.contributions.any()


def test_where_agents_settle_slopes_are_zero_or_point_outward():
    made = strategic([0.001, 0.003, 0.006], settled=1e-5)
    done = run(made)
    group, s = done.federation, done.history.last.contributions
    slopes, _, _ = payoff_slopes(
        group, group.start(), train_pairs(group, group.start(), s, 0, Beside(1.0))
    )
    g = projected(slopes - group.costs, s, group.capacities)
    assert np.abs(g).max() <= 1e-5
    choosing = [r for r in done.history.records if r.phase == "choosing"]
    assert len({r.losses.tobytes() for r in choosing}) == 1  # the model stays as it is


def test_the_printed_rule_stops_while_slopes_are_negative():
    start = [27, 27, 27]
    keys = {"start": start, "unit": "batches"}
    costs = [0.05, 0.05, 0.05]
    printed = run(strategic(costs, stopping="published", **keys))
    np.testing.assert_array_equal(printed.history.last.contributions, start)
    both = run(strategic(costs, **keys))
    assert (both.history.last.contributions < 20).all()


def test_agents_that_do_not_settle_are_reported():
    done = run(strategic([0.001, 0.003, 0.006], negotiation_rounds=2))
    assert done.conclusion.termination is Termination.LIMIT
    assert "had not settled after 2 rounds" in done.conclusion.message
    assert [r.phase for r in done.history.records] == ["choosing"] * 2 + ["learning"] * 2


def test_settings_name_every_default():
    settings = protocol_of(strategic([1, 1, 1])).settings()
    assert settings["difference"] == 1.0
    assert settings["stopping"] == "settled"
    assert settings["learning_rate"] == 0.1
    assert settings["negotiation_rounds"] == 100


@pytest.mark.parametrize("aggregation", ["mean", "weighted"])
@pytest.mark.parametrize("payoff", ["accuracy", "loss"])
def test_slopes_by_training_one_agent_at_a_time(aggregation, payoff):
    values = {"cost": [0, 0, 0], "value": [1, 2, 0.5]}
    group = federation(
        agents=values,
        model={"family": "linear", "precision": "float64"},
        protocol={"aggregation": aggregation, "payoff": payoff},
    )
    theta, s, width = group.start(), np.array([3.0, 27.5, 0.0]), 1.5
    group = replace(group, capacities=np.array([28.0, 28.0, 28.0]))
    pairs = train_pairs(group, theta, s, 4, Beside(width))
    slopes, after, evaluation = payoff_slopes(group, theta, pairs)

    def outcome(contributions):
        local = group.train(theta, contributions, 4)
        shares = contributions / contributions.sum()
        weights = shares if aggregation == "weighted" else np.full(3, 1 / 3)
        model = torch.from_numpy(weights) @ local
        return model, group.payoffs(group.evaluate(model[None]))[0]

    model, base = outcome(s)
    torch.testing.assert_close(after, model, rtol=0, atol=1e-12)
    np.testing.assert_allclose(group.payoffs(evaluation)[0], base, atol=1e-12)
    for i, moved in enumerate([4.5, 26.0, 1.5]):
        assert pairs.shifted[i] == moved
        there = s.copy()
        there[i] = moved
        known = group.values[i] * (outcome(there)[1][i] - base[i]) / (moved - s[i])
        assert slopes[i] == pytest.approx(known, abs=1e-10)


def test_weights_of_pairs_sum_to_one_and_swap_one_model():
    group = federation(protocol={"aggregation": "weighted"})
    pairs = train_pairs(group, group.start(), np.array([1.0, 2.0, 0.0]), 0, Beside(1.0))
    weights = average_weights(group, pairs)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    np.testing.assert_allclose(weights[3], [1 / 4, 2 / 4, 0, 0, 0, 1 / 4])


def test_shifts_stay_within_capacities():
    shifted = shifted_contributions(
        np.array([0, 0.3, 9.5, 10]), np.array([0.4, 0.4, 10, 10]), Beside(1)
    )
    np.testing.assert_allclose(shifted, [0.2, 0.1, 8.5, 9])


def test_starts_and_capacities_beyond_the_data_are_refused():
    with pytest.raises(InstanceError, match=r"start\[1\]"):
        federation(protocol={"start": [1, 50, 1]})
    with pytest.raises(InstanceError, match=r"capacity\[0\]"):
        federation(
            agents={"cost": [1, 1, 1], "capacity": [900, 10, 10]}, protocol={"unit": "samples"}
        )
