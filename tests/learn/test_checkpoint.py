"""Stopping and resuming: the same bits as without a stop, and only where it is the same run."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch

from mdsolve.errors import InstanceError, UsageError
from mdsolve.instance.protocols import SPECS
from mdsolve.instance.protocols.base import TwoPhasesSpec
from mdsolve.learn import driver
from mdsolve.learn.checkpoint import Checkpoint, fingerprint
from mdsolve.learn.history import COLUMNS
from mdsolve.learn.protocols.registry import PROTOCOLS
from mdsolve.progress import Monitor, StopRequested
from mdsolve.status import Termination
from tests.learn.runs import instance, run

CHOOSING = {"step_size": 300, "payoff": "loss", "negotiation_rounds": 3}


class StopAfter(Monitor):
    """Stops a run after some rounds, as a time limit or Ctrl-C would."""

    def __init__(self, rounds, error):
        super().__init__()
        self.left, self.error = rounds, error

    def advance(self, label, done, total):
        self.left -= 1
        if self.left == 0:
            raise self.error


@cache
def five_rounds(name):
    """Return an instance under a protocol, stops of which fall into every phase, and its run."""
    keys = CHOOSING if issubclass(SPECS[name], TwoPhasesSpec) else {}
    made = instance(
        model={"family": "mlp", "hidden": [8]}, protocol={"name": name, "rounds": 5, **keys}
    )
    return made, run(made)


def assert_same(one, other):
    assert torch.equal(one.state.theta, other.state.theta)
    assert [r.phase for r in one.history.records] == [r.phase for r in other.history.records]
    for name in COLUMNS:
        np.testing.assert_array_equal(one.history.column(name), other.history.column(name))


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("stop_after", [1, 2, 4])
def test_a_stopped_run_goes_on_bit_for_bit(tmp_path, name, stop_after):
    made, whole = five_rounds(name)
    store = Checkpoint(tmp_path / "c.npz", "key")
    error = StopRequested("the time limit") if stop_after % 2 else KeyboardInterrupt()
    first = run(made, checkpoint=store, monitor=StopAfter(stop_after, error))
    expected = Termination.LIMIT if stop_after % 2 else Termination.INTERRUPTED
    assert first.conclusion.termination is expected
    assert len(first.history) == stop_after < len(whole.history)
    resumed = run(made, checkpoint=store, resume=True)
    assert resumed.resumed_at == stop_after
    assert_same(resumed, whole)
    assert resumed.conclusion == whole.conclusion


def test_a_stop_after_the_last_round_is_no_stop(tmp_path):
    made = instance()
    stopped = run(made, monitor=StopAfter(3, StopRequested("late")))
    assert stopped.conclusion.termination is Termination.SOLVED


def test_long_runs_are_kept_while_they_run(tmp_path, monkeypatch):
    monkeypatch.setattr(driver, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    store = Checkpoint(tmp_path / "c.npz", "key")
    whole = run(instance(), checkpoint=store)
    state, history = store.load(torch.device("cpu"), whole.state)
    assert torch.equal(state.theta, whole.state.theta)
    assert len(history) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["c.npz"]


def test_other_runs_and_damaged_files_are_refused(tmp_path):
    path = tmp_path / "c.npz"
    state = run(instance()).state
    with pytest.raises(UsageError, match="no unfinished run"):
        Checkpoint(path, "key").load(torch.device("cpu"), state)
    run(instance(), checkpoint=Checkpoint(path, "key"), monitor=StopAfter(1, KeyboardInterrupt()))
    with pytest.raises(UsageError, match="a run of another instance"):
        Checkpoint(path, "other").load(torch.device("cpu"), state)
    whole = path.read_bytes()
    for damaged in (whole[:-40], b"nonsense", b""):
        path.write_bytes(damaged)
        with pytest.raises(UsageError, match="damaged"):
            Checkpoint(path, "key").load(torch.device("cpu"), state)
    np.savez(path, theta=np.ones(3))
    with pytest.raises(UsageError, match="damaged"):
        Checkpoint(path, "key").load(torch.device("cpu"), state)


BENT = {
    "a model of another size": ("theta", lambda x: x[:-1]),
    "a model in other numbers": ("theta", lambda x: x.astype(np.int64)),
    "another number of agents": ("contributions", lambda x: x[:-1]),
    "contributions that are text": ("contributions", lambda x: x.astype(str)),
    "contributions that are none": ("contributions", lambda x: x * np.nan),
    "a history that is too short": ("history.losses", lambda x: x[:0]),
    "a history of other agents": ("history.losses", lambda x: x[:, :-1]),
    "a phase that is none": ("rest", lambda x: x.replace("learning", "resting")),
    "no count of rounds": ("rest", lambda x: x.replace('"learned": 1', '"learned": null')),
    "rounds that are text": ("rest", lambda x: x.replace('"learned": 1', '"learned": "1"')),
    "no phases": ("rest", lambda x: x.replace('"phases"', '"faces"')),
    "no key": ("rest", lambda x: x.replace('"key"', '"lock"')),
    "a list": ("rest", lambda x: "[1]"),
    "no JSON": ("rest", lambda x: "{"),
}


@pytest.mark.parametrize("bent", BENT)
def test_well_formed_but_wrong_checkpoints_are_refused(tmp_path, bent):
    path = tmp_path / "c.npz"
    stopped = run(
        instance(), checkpoint=Checkpoint(path, "key"), monitor=StopAfter(1, KeyboardInterrupt())
    )
    key, bend = BENT[bent]
    with np.load(path) as archive:
        arrays = dict(archive)
    old = str(arrays[key]) if key == "rest" else arrays[key]
    new = bend(old)
    assert not np.array_equal(new, old)
    np.savez(path, **{**arrays, key: np.array(new)})
    with pytest.raises(UsageError, match="damaged"):
        Checkpoint(path, "key").load(torch.device("cpu"), stopped.state)


def test_the_fingerprint_speaks_of_everything_that_matters():
    made = instance()
    base = fingerprint(made, "data", "cpu")
    assert fingerprint(instance(), "data", "cpu") == base
    assert fingerprint(made.model_copy(update={"title": "new"}), "data", "cpu") == base
    others = [
        fingerprint(made, "other", "cpu"),
        fingerprint(made, "data", "cuda"),
        fingerprint(made.model_copy(update={"seed": 1}), "data", "cpu"),
        fingerprint(instance(protocol={"rounds": 4}), "data", "cpu"),
        fingerprint(instance(agents={"cost": [1, 2, 3]}), "data", "cpu"),
    ]
    assert len({base, *others}) == 6


def test_divergence_is_reported_with_its_round():
    made = instance(
        data={"source": "breast_cancer"},
        model={"family": "quadratic"},
        protocol={"learning_rate": 1, "rounds": 10},
    )
    with pytest.raises(InstanceError, match=r"diverges in round \d+") as caught:
        run(made)
    assert "learning_rate: 0.1" in str(caught.value)
