"""The command line under every name it may be started by."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.cli.conftest import SMALL

ROOT = Path(__file__).parents[2]


def started(module, *arguments):
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("module", ["mdsolve", "mdsolve.cli.main"])
def test_a_module_is_the_program(module):
    assert started(module, "--version").stdout.startswith("mdsolve ")
    done = started(module, "validate", SMALL / "growth.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert "valid market" in done.stdout
    assert started(module, "validate", "missing.yaml").returncode == 2


def test_the_programming_library_is_one_that_payments_were_tried_with():
    with (ROOT / "pyproject.toml").open("rb") as stream:
        needed = tomllib.load(stream)["project"]["dependencies"]
    assert "pulp>=3.3.1,<4" in needed
    found = tuple(int(part) for part in re.findall(r"\d+", version("pulp"))[:3])
    assert (3, 3, 1) <= found < (4,)
