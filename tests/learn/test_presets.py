"""Presets against the papers' pseudo-code, written once more without torch or the package."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from mdsolve.errors import InstanceError
from mdsolve.instance import parse
from mdsolve.learn.federation import build_federation
from mdsolve.learn.protocols.registry import protocol_of
from mdsolve.status import Termination
from mdsolve.study.train import train
from mdsolve.study.verify import verify
from tests.learn import paper_runs

ROUNDS = 20
COSTS = [0.0002, 0.0004, 0.0009]


def made(preset, name, folder, **changes):
    """Return a run on 120 made-up examples of five features and three classes."""
    random = np.random.default_rng(3)
    inputs = random.normal(size=(120, 5))
    labels = (inputs @ random.normal(size=(5, 3)) + random.normal(size=(120, 3))).argmax(axis=1)
    np.savez(folder / "points.npz", inputs=inputs, labels=labels)
    tree = {
        "format": "mdsolve/1",
        "kind": "training",
        "preset": preset,
        "data": {"source": "npz:points.npz"},
        "model": {"family": "linear", "precision": "float64"},
        "agents": {"cost": COSTS, **changes.pop("agents", {})},
        "protocol": {"name": name, "rounds": ROUNDS, **changes},
        "seed": 4,
    }
    return parse(tree, folder)


def examples_of(federation):
    train_part, held = federation.split.train, federation.split.holdout
    own = [
        (train_part.inputs[rows].astype(float), train_part.labels[rows])
        for rows in federation.holdings.rows
    ]
    return paper_runs.Examples(
        own,
        (held.inputs.astype(float), held.labels),
        federation.examiner.weights.numpy(),
        len(train_part.classes),
    )


def compare(instance, redone):
    """Run round by round, and compare contributions and models with those of `redone`."""
    federation, protocol = build_federation(instance), protocol_of(instance)
    trail = redone(examples_of(federation), federation)
    state = protocol.start(federation)
    assert len(trail) >= ROUNDS
    for number, (contributions, theta) in enumerate(trail):
        np.testing.assert_allclose(state.contributions, contributions, atol=1e-6, rtol=0)
        state, _ = protocol.step(federation, state)
        ours = state.theta.numpy().reshape(-1)
        np.testing.assert_allclose(ours, theta.reshape(-1), atol=1e-6, rtol=0, err_msg=str(number))
    assert protocol.finished(state)
    return trail


@pytest.mark.parametrize("payoff", ["accuracy", "loss"])
@pytest.mark.parametrize("moves_every", [1, 3])
def test_fedbr_bg_is_the_algorithm_of_murhekar_2023(tmp_path, payoff, moves_every):
    instance = made(
        "murhekar2023",
        "fedbr-bg",
        tmp_path,
        payoff=payoff,
        rounds_per_move=moves_every,
        beta=0.4,
        step_size=800,
        start=[5, 9, 12],
        difference=4,
    )

    def redone(data, federation):
        measured = {"accuracy": lambda d, w: d.accuracies(w), "loss": lambda d, w: -d.losses(w)}
        return paper_runs.fedbr_bg(
            data,
            np.array(COSTS),
            0.4,
            federation.capacities,
            np.array([5, 9, 12]),
            alpha=0.1,
            delta=800,
            width=4,
            rounds_per_move=moves_every,
            rounds=ROUNDS,
            payoff=measured[payoff],
        )

    trail = compare(instance, redone)
    assert np.ptp([s for s, _ in trail], axis=0).max() > 1  # agents did move


def test_amounts_count_once_in_the_step_of_murhekar_2023(tmp_path):
    """Whatever the batch size, one round is a step along the mean gradient over all samples."""
    instance = made("murhekar2023", "fedavg", tmp_path, batch_size=400, start=[5, 9, 12.5])
    federation = build_federation(instance)
    data = examples_of(federation)
    protocol = protocol_of(instance)
    after, _ = protocol.step(federation, protocol.start(federation))
    total = sum(s * data.gradient(data.start(), i, s) for i, s in enumerate([5, 9, 12.5]))
    expected = -0.1 * total / 26.5
    np.testing.assert_allclose(after.theta.numpy(), expected.reshape(-1), atol=1e-12)


def test_upbred_is_the_algorithm_of_doshi_2025(tmp_path):
    changes = {"step_size": 2000, "difference": 0.5, "learning_rate": 0.01}
    instance = made("doshi2025", "upbred", tmp_path, **changes)

    def redone(data, federation):
        caps = federation.capacities
        return paper_runs.upbred(data, np.array(COSTS), caps, 0.01, 2000, 0.5, ROUNDS)

    trail = compare(instance, redone)
    jumps = np.abs(np.diff([s for s, _ in trail], axis=0))
    assert (jumps >= 0.5).any()
    assert (jumps < 0.5).any()  # both kinds of quotients occurred


def test_two_phases_are_the_algorithm_of_doshi_2025(tmp_path):
    changes = {"step_size": 500, "beta": 0.005, "difference": 1}
    instance = made("doshi2025", "2p-upbred", tmp_path, **changes)

    def redone(data, federation):
        caps = federation.capacities
        return paper_runs.two_phases(data, np.array(COSTS), 0.005, caps, 0.001, 500, 1, ROUNDS)

    trail = compare(instance, redone)
    assert len(trail) > ROUNDS + 2


@pytest.mark.parametrize("averaged", [None, 2])
def test_fedbr_shap_is_the_algorithm_of_murhekar_2025(tmp_path, averaged):
    changes = {} if averaged is None else {"agents_per_average": averaged}
    instance = made(
        "murhekar2025",
        "fedbr-shap",
        tmp_path,
        batch_size=30,  # all own examples, so that their order does not matter
        agents={"capacity": [3, 3, 3], "value": [1, 1, 1]},
        **changes,
    )
    protocol = protocol_of(instance)

    def redone(data, federation):
        assert all(len(labels) == 30 for _, labels in data.own)

        def drawn(number):
            chosen = protocol._drawn(federation, averaged, 2, number)
            return np.flatnonzero(chosen)

        return paper_runs.fedbr_shap(
            data, np.array(COSTS), np.full(3, 3.0), 0.1, 10, 0.5, 5, ROUNDS, drawn
        )

    trail = compare(instance, redone)
    assert np.ptp([s for s, _ in trail], axis=0).max() > 0.5


@pytest.mark.parametrize(
    ("preset", "name"),
    [("murhekar2023", "fedbr-bg"), ("doshi2025", "2p-upbred"), ("murhekar2025", "fedbr-shap")],
)
def test_books_of_presets_are_consistent(tmp_path, preset, name):
    made_up = made(preset, name, tmp_path, rounds=3)
    solution = train(made_up)
    assert solution.termination is Termination.SOLVED, solution.message
    assert verify(made_up, solution).verdict == "pass"


def test_what_is_written_wins_over_the_preset(tmp_path):
    instance = made("doshi2025", "2p-upbred", tmp_path, beta=3, optimizer="sgd")
    spec = instance.protocol
    assert (spec.beta, spec.optimizer, spec.learning_rate) == (3, "sgd", Fraction(1, 1000))
    assert (spec.work, spec.payoff, spec.unit) == ("gradient", "loss", "samples")


def test_a_preset_names_its_protocols(tmp_path):
    with pytest.raises(InstanceError) as caught:
        made("murhekar2023", "upbred", tmp_path)
    (finding,) = caught.value.findings
    assert "fedavg, fedbr, fedbr-bg" in finding.expected


def test_the_network_of_doshi_2025_has_the_printed_parameters():
    from mdsolve.instance.presets import CIFAR_NETWORK
    from mdsolve.instance.training import LayerSpec
    from mdsolve.learn.networks import network_shapes

    def size(layers, shape):
        read = tuple(LayerSpec.model_validate(layer) for layer in layers)
        return sum(int(np.prod(each)) for each in network_shapes(read, shape, 10))

    assert size(CIFAR_NETWORK, (3, 32, 32)) == 1_250_858
    femnist = [
        {"convolution": 32, "kernel": 5},
        {"pool": 2},
        {"convolution": 64, "kernel": 5},
        {"pool": 2},
        {"dense": 2048},
    ]
    assert size(femnist, (1, 28, 28)) == 6_497_162


@pytest.mark.parametrize("averaged", [None, 1])
def test_who_is_averaged_decides_what_is_promised(tmp_path, averaged):
    changes = {} if averaged is None else {"agents_per_average": averaged}
    instance = made(
        "murhekar2025", "fedbr-shap", tmp_path, rounds=2, stage_shares="summed", **changes
    )
    solution = train(instance)
    assert solution.certificate.verdict == "pass"
    balance = solution.certificate.condition("budget-balance")
    assert (balance.verdict == "pass") is (averaged is None)
