"""Programs killed in the middle of a run: every protocol goes on bit for bit."""

from __future__ import annotations

import subprocess
import sys
import time

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

EAGER = """
import sys, time
from pathlib import Path
from mdsolve.instance import load
from mdsolve.learn import driver
from mdsolve.progress import Monitor
from mdsolve.study.train import train

class Slow(Monitor):
    def advance(self, label, done, total):
        time.sleep(0.1)

driver.SECONDS_BETWEEN_CHECKPOINTS = 0.0
name = sys.argv[1]
train(load(f"{name}.yaml"), checkpoint=Path(f"{name}.npz"), monitor=Slow())
"""


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_killed_program_goes_on_bit_for_bit(tmp_path, name):
    protocol = {"name": name, "rounds": 10, "batch_size": 16, **KEYS.get(name, MOVES)}
    file = tmp_path / f"{name}.yaml"
    file.write_text(yaml.safe_dump({"format": "mdsolve/1", **BASE, "protocol": protocol}))
    program = subprocess.Popen([sys.executable, "-c", EAGER, name], cwd=tmp_path)
    kept = tmp_path / f"{name}.npz"
    while not kept.exists() and program.poll() is None:
        time.sleep(0.002)
    program.kill()
    program.wait()
    instance = load(file)
    store = Checkpoint(kept, fingerprint(instance, build_federation(instance).split.sha256, "cpu"))
    resumed = run(instance, checkpoint=store, resume=True)
    assert 0 < resumed.resumed_at < len(resumed.history)
    whole = run(instance)
    assert torch.equal(resumed.state.theta, whole.state.theta)
    for column in COLUMNS:
        np.testing.assert_array_equal(resumed.history.column(column), whole.history.column(column))
    assert resumed.conclusion == whole.conclusion
    mine = resumed.protocol.findings(resumed.federation, resumed.state, resumed.history)
    theirs = whole.protocol.findings(whole.federation, whole.state, whole.history)
    np.testing.assert_equal(mine, theirs)
