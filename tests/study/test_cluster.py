"""The same table from a dask scheduler with two workers, one of them killed in the middle."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys

import pytest

import mdsolve as md
from mdsolve.errors import UsageError
from mdsolve.pieces.cluster import require_dask
from tests.campaigns.kills import CASES

needs_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="the extra 'cluster' is not installed"
)
SWEEP = ("sweep", f"{CASES}/four-hospitals.yaml", "--vary", "platform_data=0:9:10", "-m", "none")


@pytest.fixture
def environment(tmp_path):
    """Return the surroundings of all processes: they find each other in one folder."""
    paths = os.pathsep.join(path for path in sys.path if path)
    return {
        **os.environ,
        "PYTHONPATH": paths,
        "MDSOLVE_PROGRESS": "lines",
        "XDG_CACHE_HOME": str(tmp_path),
    }


def begun(module, words, environment, sign):
    """Start a process of dask; return it once it says that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.{module}", *words],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    said = ""
    for line in process.stderr:
        said += line
        if sign in line:
            return process, line.split()[-1]
    pytest.fail(f"{module} did not start: {said}")


@pytest.fixture
def cluster(environment):
    """Yield the address of a scheduler and its two workers, as processes."""
    local = ("--no-dashboard", "--host", "127.0.0.1")
    scheduler, address = begun(
        "dask_scheduler", (*local, "--port", "0"), environment, "Scheduler at:"
    )
    processes = [scheduler]
    try:
        for _ in range(2):
            words = (address, "--nthreads", "1", "--no-nanny", *local)
            processes.append(begun("dask_worker", words, environment, "Registered to:")[0])
        yield address, processes[1:]
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()
            process.stderr.close()


@needs_dask
def test_a_killed_worker_changes_nothing_in_the_table(cluster, environment, tmp_path):
    address, workers = cluster
    process = subprocess.Popen(
        [sys.executable, "-m", "mdsolve", *SWEEP, "--json", "--cluster", address],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    with process:
        for line in process.stderr:
            if line.startswith("progress: points 3/"):
                workers[0].kill()
                break
        out, err = process.communicate()
    assert process.returncode == 0, err
    game = md.load(CASES / "four-hospitals.yaml")
    here = md.sweep(game, ["platform_data=0:9:10"], "none")
    assert json.loads(out) == json.loads(json.dumps(here.to_dict()))


@needs_dask
def test_a_scheduler_that_does_not_answer_is_bad_input():
    game = md.load(CASES / "four-hospitals.yaml")
    with pytest.raises(UsageError, match="cluster"):
        md.sweep(game, ["platform_data=0,1"], "none", cluster="nonsense://x")


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match="pip install"):
        require_dask()
