"""Programs killed in the middle of a run: every protocol goes on bit for bit."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
import yaml

from mdsolve.instance import load
from mdsolve.learn.checkpoint import Checkpoint, fingerprint
from mdsolve.learn.federation import build_federation
from mdsolve.learn.history import COLUMNS
from mdsolve.learn.protocols.registry import PROTOCOLS
from tests.learn.runs import BASE, run

KEYS = {"fedavg": {}, "fedbr-shap": {"step_size": 200, "payoff": "loss", "stage": 4}}
MOVES = {"step_size": 200, "payoff": "loss"}

NURSERY = """
import os, signal, sys
from pathlib import Path

import numpy
import sklearn.datasets  # loaded once, for all children
from mdsolve.instance import load
from mdsolve.learn import driver
from mdsolve.progress import Monitor
from mdsolve.study.train import train

driver.SECONDS_BETWEEN_CHECKPOINTS = 0.0
checked, savez = driver._require_finite, numpy.savez
rounds = 0

def hold():
    os.write(told, b"here")
    signal.pause()

class Between(Monitor):
    def advance(self, label, done, total):
        if place == "between two rounds" and done == 3:
            hold()

def computed(*arguments):
    global rounds
    rounds += 1
    if place == "before a round is kept" and rounds == 3:
        hold()
    checked(*arguments)

def half_written(stream, **arrays):
    if place == "while a round is being kept" and rounds == 3:
        stream.write(b"PK")
        stream.flush()
        hold()
    savez(stream, **arrays)

driver._require_finite, numpy.savez = computed, half_written
PLACES = ("between two rounds", "before a round is kept", "while a round is being kept")
for count, name in enumerate(sys.argv[1:]):
    place = PLACES[count % len(PLACES)]
    heard, told = os.pipe()
    child = os.fork()
    if child == 0:
        train(load(f"{name}.yaml"), checkpoint=Path(f"{name}.npz"), monitor=Between())
        os._exit(0)
    os.close(told)
    assert os.read(heard, 4) == b"here", name
    os.kill(child, signal.SIGKILL)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Return a folder with the instance of every protocol and what its killed run left behind.

    One program loads torch and forks a child per protocol, which really dies of SIGKILL.
    """
    folder = tmp_path_factory.mktemp("killed")
    for name in PROTOCOLS:
        protocol = {"name": name, "rounds": 10, "batch_size": 16, **KEYS.get(name, MOVES)}
        data = {"format": "mdsolve/1", **BASE, "protocol": protocol}
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(data))
    subprocess.run([sys.executable, "-c", NURSERY, *PROTOCOLS], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_killed_program_goes_on_bit_for_bit(killed, name):
    instance = load(killed / f"{name}.yaml")
    data = build_federation(instance).split.sha256
    store = Checkpoint(killed / f"{name}.npz", fingerprint(instance, data, "cpu"))
    resumed = run(instance, checkpoint=store, resume=True)
    assert resumed.resumed_at in (2, 3)
    whole = run(instance)
    assert torch.equal(resumed.state.theta, whole.state.theta)
    for column in COLUMNS:
        np.testing.assert_array_equal(resumed.history.column(column), whole.history.column(column))
    assert resumed.conclusion == whole.conclusion
    mine = resumed.protocol.findings(resumed.federation, resumed.state, resumed.history)
    theirs = whole.protocol.findings(whole.federation, whole.state, whole.history)
    np.testing.assert_equal(mine, theirs)
