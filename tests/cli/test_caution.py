"""Input that looks like a slip: a warning everywhere, a question only where somebody can answer."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import pytest

from mdsolve.cli import caution
from mdsolve.errors import Finding
from tests.cli.conftest import SMALL
from tests.conftest import INSTANCES

SHARE = SMALL / "share.yaml"
EXAMPLE = INSTANCES / "papers" / "murhekar2025" / "example4.yaml"
SLIP = Finding("share.yaml:7: accuracy.ceiling", "94", "at most 1", "0.94, if percent were meant")
COMMANDS = {
    "solve": ["solve", SHARE, "-q"],
    "payments": ["payments", SHARE, "-q"],
    "payments at": ["payments", EXAMPLE, "-m", "shapley", "--at", "3,1", "-q"],
    "compare": ["compare", SHARE, "-m", "free", "-q"],
    "fit": ["fit", INSTANCES / "cases" / "learning-curves.csv", "-q"],
    "validate": ["validate", SHARE],
    "verify": ["verify", SHARE, "s.json", "-q"],
}
ASKING = [name for name in COMMANDS if name not in ("fit", "validate")]


@pytest.fixture
def suspicious(monkeypatch, mdsolve, tmp_path):
    """Return the runner of commands for which every instance looks like a slip."""
    monkeypatch.chdir(tmp_path)
    assert mdsolve("solve", SHARE, "-q", "-o", "s.json")[0] == 0
    monkeypatch.setattr("mdsolve.instance.suspicions.suspicions", lambda instance: (SLIP,))
    return mdsolve


@pytest.fixture
def terminal(monkeypatch):
    """Return a function that pretends a terminal and gives an answer to every question."""
    asked = []

    def answers(answer):
        def agreed(question):
            asked.append(question)
            return answer

        monkeypatch.setattr(caution, "_on_a_terminal", lambda: True)
        monkeypatch.setattr(caution, "_agreed", agreed)
        return asked

    return answers


@pytest.mark.parametrize("command", COMMANDS)
def test_a_slip_is_warned_of_and_nobody_is_asked_without_a_terminal(suspicious, command):
    code, _, err = suspicious(*COMMANDS[command])
    assert code == 0
    assert "warning: share.yaml:7: accuracy.ceiling" in err
    assert "0.94, if percent were meant" in err
    assert "Go on" not in err


@pytest.mark.parametrize("command", ASKING)
def test_on_a_terminal_no_is_exit_four_and_yes_goes_on(suspicious, terminal, command):
    asked = terminal(False)
    code, out, err = suspicious(*COMMANDS[command])
    assert (code, out) == (4, "")
    assert "stopped before anything was done; --yes goes on without asking" in err
    assert suspicious(*COMMANDS[command], "--yes")[0] == 0
    assert asked == ["Go on all the same?"]
    terminal(True)
    assert suspicious(*COMMANDS[command])[0] == 0


def test_validation_lists_warnings_as_data(suspicious):
    _, out, _ = suspicious("validate", SHARE, "--json")
    (report,) = json.loads(out)
    assert report["warnings"] == [vars(SLIP)]
    assert report["valid"] is True


def test_many_warnings_are_counted(monkeypatch, capsys):
    from mdsolve.instance import load

    many = tuple(Finding(f"f: {k}", "1", "2") for k in range(30))
    monkeypatch.setattr("mdsolve.instance.suspicions.suspicions", lambda instance: many)
    caution.warn(load(SHARE))
    err = capsys.readouterr().err
    assert err.count("got:") == 20
    assert err.endswith("warning: and 10 more\n")


def test_nothing_suspicious_asks_nothing(mdsolve, terminal):
    asked = terminal(False)
    assert mdsolve("solve", SHARE, "-q") == (0, "", "")
    assert asked == []


PROBE = """
from mdsolve.cli import caution
from mdsolve.cli.main import run
from mdsolve.instance import suspicions
from mdsolve.errors import Finding
suspicions.suspicions = lambda instance: (Finding("f: x", "94", "1"),)
import sys
sys.argv = ["mdsolve", "payments", {file!r}, "-q"]
run()
"""


@pytest.mark.parametrize(("answer", "code"), [(b"n\n", 4), (b"y\n", 0)])
def test_a_real_terminal_is_asked_on_stderr(answer, code):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", PROBE.format(file=str(SHARE))]
    process = subprocess.Popen(command, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE)
    os.close(theirs)
    said = b""
    while b"[y/N]" not in said:
        said += os.read(ours, 1000)
    os.write(ours, answer)
    out, _ = process.communicate()
    os.close(ours)
    assert (process.returncode, out) == (code, b"")
    assert b"warning: f: x" in said
