"""How commands are called: in this process for speed, or as the installed program."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mdsolve.cli import main
from tests.conftest import INSTANCES

PROGRAM = Path(sys.executable).with_name("mdsolve")
SMALL = INSTANCES / "small"
CASES = INSTANCES / "cases"
PAPER = INSTANCES / "papers" / "chen2020"


@pytest.fixture
def mdsolve(monkeypatch, capsys):
    """Return a function that runs a command in this process: (exit code, stdout, stderr)."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["mdsolve", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main.run()
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return stop.value.code or 0, captured.out, captured.err

    return call


@pytest.fixture
def mdsolve_json(mdsolve):
    """Return a function that runs a command with --json: (exit code, the one document)."""

    def call(*arguments):
        code, out, _ = mdsolve(*arguments, "--json")
        assert out.endswith("\n")
        return code, json.loads(out)

    return call


def program(*arguments, **options):
    """Run the installed program; return what subprocess says."""
    return subprocess.run(
        [PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
