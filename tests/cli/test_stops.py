"""Time limits and Ctrl-C: exit 4, the best result so far, never a traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest

from mdsolve.cli.common import PROGRESS_VARIABLE
from tests.cli.conftest import PROGRAM, SMALL
from tests.conftest import INSTANCES

GENERAL = INSTANCES / "bench" / "general-3x60.yaml"


def test_a_time_limit_is_exit_four_with_a_solution(mdsolve, mdsolve_json, tmp_path):
    code, out, _ = mdsolve("solve", GENERAL, "--time-limit", "0")
    assert code == 4
    assert "limit" in out
    target = tmp_path / "s.json"
    code, data = mdsolve_json("solve", GENERAL, "--time-limit", "0", "-o", target)
    assert (code, data["status"]["termination"]) == (4, "limit")
    assert "table" not in data
    assert json.loads(target.read_text()) == data


def test_a_check_that_ran_out_of_time_is_exit_four(mdsolve, tmp_path):
    target = tmp_path / "s.json"
    assert mdsolve("solve", SMALL / "growth.yaml", "-o", target)[0] == 0
    code, _, err = mdsolve("verify", SMALL / "growth.yaml", target, "--time-limit", "0")
    assert code == 4, err


@pytest.mark.parametrize(
    ("home", "arguments"),
    [
        ("mdsolve.study.verify.verify_file", ["verify", SMALL / "growth.yaml", "s.json"]),
        ("mdsolve.study.check.check_instance", ["check", SMALL / "growth.yaml"]),
        ("mdsolve.study.catalogue.catalogue", ["list"]),
        ("mdsolve.instance.load", ["validate", SMALL / "growth.yaml"]),
    ],
)
def test_ctrl_c_is_exit_four_in_every_command(mdsolve, monkeypatch, home, arguments):
    def interrupted(*arguments, **keywords):
        raise KeyboardInterrupt

    monkeypatch.setattr(home, interrupted)
    code, out, err = mdsolve(*arguments)
    assert (code, out) == (4, "")
    assert err == "mdsolve: interrupted before there was a result\n"


def test_ctrl_c_in_a_long_run_keeps_what_there_is():
    # A line of progress per exponent: far more than a pipe holds, so that the run cannot end
    # before somebody reads them.
    process = subprocess.Popen(
        [PROGRAM, "frontier", "--agents", "2", "--exponent=-1:-0.67:0.00001", "--json"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, PROGRESS_VARIABLE: "lines"},
        preexec_fn=heeding_interrupts,  # noqa: PLW1509 - no threads here
    )
    try:
        wait_for_progress(process.stderr)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    finally:
        process.kill()
    assert process.returncode == 4, err
    assert "Traceback" not in err
    assert len(json.loads(out)) > 0


def heeding_interrupts():
    """Undo that shells let what they start in the background ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def wait_for_progress(stream):
    """Return once the program has told that a piece of its work is done."""
    said = ""
    for line in stream:
        said += line
        if line.startswith("progress: "):
            return
    pytest.fail(f"the run ended before it could be interrupted: {said}")
