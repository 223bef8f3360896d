"""Start-up: looking at help or at a file imports nothing that only solving needs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.cli.conftest import SMALL

HEAVY = {"cvxpy", "scipy", "numba", "networkx", "torch", "pulp", "highspy", "matplotlib"}
PROBE = """
import atexit, json, os, sys
sys.stdout = open(os.devnull, "w")
atexit.register(lambda: os.write(1, json.dumps(sorted(sys.modules)).encode()))
sys.argv = ["mdsolve", *{arguments!r}]
from mdsolve.cli.main import run
run()
"""


def modules_after(*arguments):
    code = PROBE.format(arguments=[str(argument) for argument in arguments])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["--version"]])
def test_help_imports_neither_numerics_nor_schemas(arguments):
    assert modules_after(*arguments) & (HEAVY | {"numpy", "pydantic", "rich", "yaml"}) == set()


def test_help_of_a_command_is_light():
    assert modules_after("solve", "--help") & (HEAVY | {"numpy", "rich", "yaml"}) == set()


@pytest.mark.parametrize(
    "arguments", [["validate", SMALL / "growth.yaml"], ["new", "market"], ["schema"]]
)
def test_files_and_schemas_need_no_solver(arguments):
    assert modules_after(*arguments) & (HEAVY | {"rich"}) == set()


def test_the_list_of_mechanisms_needs_no_solver():
    assert modules_after("list") & HEAVY == set()


def test_small_answers_and_their_certificates_import_nothing_heavy(tmp_path):
    answer = tmp_path / "answer.json"
    assert modules_after("solve", SMALL / "share.yaml", "-o", answer) & HEAVY == set()
    assert modules_after("verify", SMALL / "share.yaml", answer) & HEAVY == set()
