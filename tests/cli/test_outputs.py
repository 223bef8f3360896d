"""Outputs and signals at the command line: nothing good is lost, nothing is found out too late."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from mdsolve.cli.start import heed_signals, stop
from mdsolve.outputs import claim
from tests.cli.conftest import CASES, SMALL

GROWTH = SMALL / "growth.yaml"


def test_a_worse_answer_goes_beside_a_better_one(mdsolve, tmp_path):
    target = tmp_path / "s.json"
    assert mdsolve("solve", GROWTH, "-o", target)[0] == 0
    good = target.read_bytes()
    code, _, err = mdsolve("solve", GROWTH, "-o", target, "--time-limit", "0")
    assert code == 4
    assert "better answer" in err
    assert f"wrote {tmp_path / 's.partial.json'}" in err
    assert target.read_bytes() == good
    partial = json.loads((tmp_path / "s.partial.json").read_text())
    assert partial["status"]["termination"] == "limit"
    assert mdsolve("solve", GROWTH, "-o", target)[0] == 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["s.json"]
    assert mdsolve("solve", GROWTH, "-m", "free", "-o", target)[0] in (0, 1)
    assert json.loads(target.read_text())["mechanism"]["name"] == "free"


@pytest.mark.parametrize(
    "arguments",
    [
        ("solve", GROWTH, "-o"),
        ("payments", GROWTH, "-o"),
        ("solve", GROWTH, "--plot"),
        ("sweep", CASES / "four-hospitals.yaml", "--vary", "cost.rate=1,2", "-m", "none", "-o"),
    ],
)
def test_outputs_are_tried_and_claimed_before_the_work(mdsolve, tmp_path, arguments):
    ending = ".csv" if arguments[0] == "sweep" else ".png" if "--plot" in arguments else ".json"
    target = tmp_path / f"out{ending}"
    held = claim(target)
    code, out, err = mdsolve(*arguments, target)
    held.release()
    assert (code, out) == (2, "")
    assert f"process {os.getpid()}" in err
    os.mkfifo(target)
    code, out, err = mdsolve(*arguments, target)
    assert (code, out) == (2, "")
    assert "a pipe or device" in err
    assert target.is_fifo()


def test_what_was_claimed_is_let_go_however_a_command_ends(mdsolve, tmp_path):
    target = tmp_path / "s.json"
    for arguments in ((GROWTH, "-m", "nonsense"), (GROWTH,), (tmp_path / "no.yaml",)):
        mdsolve("solve", *arguments, "-o", target)
        claim(target).release()


AT_IMPORT = """
import os, signal, sys
from mdsolve.cli import start

class Stopped:
    def find_spec(self, name, *rest):
        if name == "mdsolve.cli.main":
            os.kill(os.getpid(), int(sys.argv[1]))
        return None

sys.meta_path.insert(0, Stopped())
start.run()
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signals_are_heeded_before_anything_is_imported(name):
    import signal

    done = subprocess.run(
        [sys.executable, "-c", AT_IMPORT, str(int(getattr(signal, name)))],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: [signal.signal(x, signal.SIG_DFL) for x in (1, 2, 15)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "mdsolve: interrupted before there was a result\n"


def test_signals_that_are_ignored_stay_ignored():
    import signal

    before = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGTERM)}
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        heed_signals()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is stop
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.signal(signal.SIGINT, signal.default_int_handler)
