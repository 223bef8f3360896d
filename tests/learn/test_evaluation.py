"""Accuracies and losses per agent, recomputed example by example."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mdsolve.errors import InstanceError
from mdsolve.learn import evaluation as module
from mdsolve.learn.partition import rotated
from tests.learn.runs import federation

SKEWED = {
    "partition": {"scheme": "dirichlet", "alpha": 0.7},
    "model": {"family": "linear", "precision": "float64"},
}


def models_of(group, count):
    random = np.random.default_rng(2)
    return torch.from_numpy(random.normal(size=(count, group.engine.model.size)))


def by_hand(group, model, agent, images):
    """Return accuracy and loss of one model for one agent, one example at a time."""
    weight, bias = (layer.numpy() for layer in group.engine.model.layers(model))
    own = group.split.train.labels[group.holdings.rows[agent]]
    held_out = group.split.holdout.labels
    accuracy = loss = total = 0.0
    for image, label in zip(images, held_out, strict=True):
        share = np.mean(own == label) / np.sum(held_out == label)
        scores = image.reshape(-1).astype(float) @ weight + bias
        accuracy += share * (np.argmax(scores) == label)
        loss += share * (np.log(np.exp(scores - scores.max()).sum()) + scores.max() - scores[label])
        total += share
    return accuracy / total, loss / total


def test_every_agent_cares_for_his_own_mix_of_classes():
    group = federation(**SKEWED)
    models = models_of(group, 2)
    found = group.evaluate(models)
    assert found.accuracies.shape == (2, 3)
    for number, model in enumerate(models):
        for agent in range(3):
            known = by_hand(group, model, agent, group.split.holdout.inputs)
            assert found.accuracies[number, agent] == pytest.approx(known[0], abs=1e-12)
            assert found.losses[number, agent] == pytest.approx(known[1], abs=1e-10)
    assert np.ptp(found.accuracies[0]) > 0.001


def test_groups_are_examined_on_turned_images():
    group = federation(
        partition={"scheme": "rotate", "angles": [90, 30], "agents_per_group": 2},
        agents={"cost": [1] * 4},
        model={"family": "linear", "precision": "float64"},
    )
    (model,) = models_of(group, 1)
    found = group.evaluate(model[None])
    for agent, angle in enumerate([90, 90, 30, 30]):
        images = rotated(group.split.holdout.inputs, angle)
        known = by_hand(group, model, agent, images)
        assert found.accuracies[0, agent] == pytest.approx(known[0], abs=1e-12)
        assert found.losses[0, agent] == pytest.approx(known[1], abs=1e-6)


def test_chunks_change_nothing(monkeypatch):
    group = federation(**SKEWED)
    models = models_of(group, 5)
    whole = group.evaluate(models)
    monkeypatch.setattr(module, "CHUNK_BYTES", 1)
    again = group.evaluate(models)
    np.testing.assert_allclose(whole.accuracies, again.accuracies, rtol=1e-12)
    np.testing.assert_allclose(whole.losses, again.losses, rtol=1e-12)


def test_loss_payoffs_are_zero_for_a_model_that_guesses():
    group = federation(protocol={"payoff": "loss"})
    found = group.evaluate(group.start()[None])
    np.testing.assert_allclose(group.payoffs(found), 0, atol=1e-6)


def test_utilities_are_value_times_payoff_less_cost_plus_payment():
    group = federation(agents={"cost": [0.1, 0.2, 0.4], "value": [1, 2, 3]})
    found = group.utilities(np.array([0.5, 0.6, 0.7]), np.array([1.0, 2, 3]), np.array([0, 1, -1]))
    np.testing.assert_allclose(found, [0.4, 1.8, -0.1])


def test_an_agent_whose_classes_are_not_held_out_is_refused(tmp_path):
    rows = [f"{k},{label},{agent}" for agent in "ab" for k, label in enumerate("uuvvxxyy" * 3)]
    rows = [row for row in rows if not (row.endswith("a") and row.split(",")[1] in "xy")]
    rows = [row for row in rows if not (row.endswith("b") and row.split(",")[1] in "uv")]
    (tmp_path / "t.csv").write_text("\n".join(["x,label,agent", *rows]))
    with pytest.raises(InstanceError, match=r"none of the classes|holds"):
        federation(
            folder=tmp_path,
            data={"source": "csv:t.csv", "holdout": 0.04},
            partition={"scheme": "by-file"},
            agents={"cost": [1, 1]},
        )
