"""The installed program, once per command: exit code, stdout, stderr, nothing else."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.cli.conftest import PROGRAM, SMALL, program

COMMANDS = {
    "solve": (["solve", SMALL / "growth.yaml", "--json"], 0),
    "frontier": (["frontier", "--agents", "2", "--exponent", "-0.8", "--json"], 0),
    "validate": (["validate", SMALL / "growth.yaml", "--json"], 0),
    "schema": (["schema"], 0),
    "reproduce": (["reproduce", "--json"], 0),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_stdout_is_one_json_document_and_stderr_is_empty(command):
    arguments, code = COMMANDS[command]
    done = program(*arguments)
    assert done.returncode == code, done.stderr
    assert json.loads(done.stdout)
    assert done.stderr == ""


def test_new_solve_and_verify_from_the_shell(tmp_path):
    file, answer = tmp_path / "m.yaml", tmp_path / "s.json"
    assert program("new", "market", "-o", file).returncode == 0
    solved = program("solve", file, "-o", answer, "--quiet")
    assert (solved.returncode, solved.stdout, solved.stderr) == (0, "", "")
    checked = program("verify", file, answer, "--json")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert json.loads(checked.stdout)["verdict"] == "pass"


def test_version_help_and_no_arguments():
    assert program("--version").stdout.startswith("mdsolve ")
    assert program("-h").stdout == program("--help").stdout
    bare = program()
    assert "Commands:" in bare.stdout + bare.stderr
    assert bare.returncode in (0, 2)


def test_a_closed_pipe_ends_without_a_complaint():
    command = f"{PROGRAM} list | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_the_terminal_may_be_ascii(tmp_path):
    file = tmp_path / "m.yaml"
    file.write_text(
        "kind: market\nname: Zürich\nagents: [Ä, β]\ntypes: [1, 2]\n"
        "valuation: {family: share}\nmechanism: free\n",
        encoding="utf-8",
    )
    environment = {"PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "ascii:replace", "LC_ALL": "C"}
    done = program("solve", file, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Z?rich" in done.stdout
