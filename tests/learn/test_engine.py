"""The engine: stacked clients against a plain loop and against torch's own optimiser."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mdsolve.errors import UnsupportedError
from mdsolve.learn import engine as module
from mdsolve.learn.engine import device_named, reproducible
from tests.learn.runs import federation
from tests.learn.test_models import as_module

SIX = {"cost": [0.001] * 6}
UNEVEN = np.array([3.0, 0.0, 5.5, 1.25, 2.0, 4.0])
MODELS = {
    "linear": {"family": "linear"},
    "quadratic": {"family": "quadratic"},
    "mlp": {"family": "mlp", "hidden": [16]},
    "cnn": {"family": "cnn"},
}


def made(name, **changes):
    data = {"source": "breast_cancer"} if name == "quadratic" else {"source": "digits"}
    rate = {"learning_rate": 0.01} if name == "quadratic" else {}
    return federation(data=data, agents=SIX, model=MODELS[name], protocol=rate, **changes)


def both_ways(group, theta, contributions):
    schedule = group.holdings.schedule(np.arange(6), contributions, 0)
    return (
        group.engine.train_stacked(theta, schedule),
        group.engine.train_in_turn(theta, schedule),
        schedule,
    )


@pytest.mark.parametrize("name", MODELS)
def test_stacked_clients_get_the_numbers_of_the_loop(name):
    group = made(name)
    stacked, looped, _ = both_ways(group, group.start(), UNEVEN)
    assert stacked.dtype == torch.float32
    torch.testing.assert_close(stacked, looped, rtol=0, atol=1e-6)
    torch.testing.assert_close(stacked[1], group.start(), rtol=0, atol=0)
    assert not torch.equal(stacked[0], group.start())


def test_chunks_change_nothing(monkeypatch):
    group = made("mlp")
    stacked, _, schedule = both_ways(group, group.start(), UNEVEN)
    monkeypatch.setattr(module, "CHUNK_BYTES", 1)
    again = group.engine.train_stacked(group.start(), schedule)
    torch.testing.assert_close(stacked, again, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["linear", "mlp", "cnn"])
def test_a_client_does_what_torchs_sgd_does(name):
    spec = {**MODELS[name], "precision": "float64"}
    group = federation(agents=SIX, model=spec)
    theta = group.start()
    stacked, _, schedule = both_ways(group, theta, UNEVEN)
    client = 2
    network = as_module(group.engine.model, theta)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    labels = group.split.train.labels
    for step in range(schedule.steps[client]):
        rows = schedule.rows[client, step]
        share = min(1.0, UNEVEN[client] - step)
        inputs = torch.from_numpy(group.split.train.inputs[rows]).double()
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(inputs), torch.from_numpy(labels[rows]))
        (share * loss).backward()
        optimiser.step()
    known = [
        parameter.T.reshape(-1) if parameter.dim() == 2 else parameter.reshape(-1)
        for parameter in network.parameters()
    ]
    torch.testing.assert_close(stacked[client], torch.cat(known), rtol=0, atol=1e-12)


def test_the_order_and_company_of_clients_does_not_matter():
    group = made("mlp")
    order = np.array([4, 2, 0, 5, 3, 1])
    straight = group.train(group.start(), UNEVEN, 3)
    shuffled = group.train(group.start(), UNEVEN[order], 3, order)
    torch.testing.assert_close(shuffled, straight[torch.from_numpy(order)], rtol=0, atol=1e-7)
    alone = group.train(group.start(), UNEVEN[2:3], 3, np.array([2]))
    torch.testing.assert_close(alone[0], straight[2], rtol=0, atol=1e-6)


def test_the_same_call_gives_the_same_bits():
    group = made("cnn")
    with reproducible():
        first = group.train(group.start(), UNEVEN, 1)
        assert torch.equal(first, group.train(group.start(), UNEVEN, 1))
        assert torch.get_num_threads() == 1
        assert torch.are_deterministic_algorithms_enabled()


def test_settings_of_torch_are_put_back():
    torch.set_num_threads(2)
    try:
        with pytest.raises(ValueError, match="stop"), reproducible():
            raise ValueError("stop")
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)
    assert not torch.are_deterministic_algorithms_enabled()


@given(seed=st.integers(0, 999), coalitions=st.integers(1, 6))
def test_coalition_models_are_weighted_averages(seed, coalitions):
    random = np.random.default_rng(seed)
    group = GROUP
    theta = torch.from_numpy(random.normal(size=group.engine.model.size))
    local = torch.from_numpy(random.normal(size=(6, group.engine.model.size)))
    weights = random.random((coalitions, 6))
    weights /= weights.sum(axis=1, keepdims=True)
    found = group.combine(theta, local, np.vstack([weights, np.zeros(6)]))
    np.testing.assert_allclose(found[:-1].numpy(), weights @ local.numpy(), atol=1e-12)
    assert torch.equal(found[-1], theta)


GROUP = federation(agents=SIX, model={"family": "linear", "precision": "float64"})


def test_models_move_continuously_with_contributions():
    for unit in ("batches", "samples"):
        group = federation(
            agents=SIX, model={"family": "linear", "precision": "float64"}, protocol={"unit": unit}
        )
        here = np.full(6, 2.0)
        below, at, above = (
            group.train(group.start(), here + width, 0) for width in (-1e-7, 0, 1e-7)
        )
        assert 0 < (above - at).abs().max() < 1e-6
        assert 0 < (at - below).abs().max() < 1e-6


def test_unknown_devices_are_refused(monkeypatch):
    with pytest.raises(UnsupportedError, match="cpu or cuda"):
        device_named("tpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UnsupportedError, match="not there"):
        device_named("cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", MODELS)
def test_cuda_agrees_with_the_processor(name):
    from mdsolve.learn.federation import build_federation
    from tests.learn.runs import instance

    spec = {"family": MODELS[name]["family"], "precision": "float64"}
    given_run = instance(agents=SIX, model=spec)
    here, there = build_federation(given_run, "cpu"), build_federation(given_run, "cuda")
    known = here.train(here.start(), UNEVEN, 0)
    found = there.train(there.start(), UNEVEN, 0)
    torch.testing.assert_close(found.cpu(), known, rtol=0, atol=1e-9)
