"""Standard output that is closed, full or poor in characters: the right exit code, no traceback."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from tests.cli.conftest import PROGRAM, SMALL, program

SHARE = SMALL / "share.yaml"
LONG = "x" * 300


def shell(command):
    """Run a line of shell in which $mdsolve is the program; return exit code and stderr."""
    environment = {**os.environ, "mdsolve": str(PROGRAM), "share": str(SHARE)}
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=False, env=environment
    )
    return done.returncode, done.stderr


def test_signs_for_yes_and_no_stay_apart_in_every_encoding(mdsolve_json, tmp_path):
    _, data = mdsolve_json("solve", SHARE)
    data["table"]["payments"][0][0][0] = 1000
    (tmp_path / "s.json").write_text(json.dumps(data))
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    done = program("verify", SHARE, tmp_path / "s.json", env=environment)
    assert (done.returncode, done.stderr) == (1, "")
    assert "x individual-rationality" in done.stdout
    assert "+ efficiency" in done.stdout


@pytest.mark.parametrize(("command", "encoding"), [("reproduce", "latin-1"), ("list", "ascii")])
def test_no_encoding_stops_a_table(command, encoding):
    done = program(command, env={**os.environ, "PYTHONIOENCODING": encoding})
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")  # noqa: PTH110
@pytest.mark.parametrize(
    "command",
    ["solve $share", "schema", "--help", "verify $share none.json"],
)
def test_a_full_device_is_exit_four_with_the_reason(command):
    code, err = shell(f"$mdsolve {command} > /dev/full")
    assert code == (2 if "none.json" in command else 4)
    assert "Traceback" not in err
    assert (
        "none.json" in err
        if code == 2
        else err == ("mdsolve: standard output: No space left on device\n")
    )


@pytest.mark.parametrize("command", ["reproduce", "schema", "--version"])
def test_a_closed_output_is_exit_two_with_the_reason(command):
    assert shell(f"$mdsolve {command} >&-") == (
        2,
        "mdsolve: standard output: Bad file descriptor\n",
    )
    assert shell(f"$mdsolve {command} >&- 2>&-") == (2, "")


def test_an_answer_is_stored_before_it_is_printed(tmp_path):
    target = tmp_path / "s.json"
    code, _ = shell(f"$mdsolve solve $share -o {target} > /dev/full")
    assert code == 4
    assert json.loads(target.read_text())["status"]["termination"] == "solved"
    assert shell(f"$mdsolve solve $share -q -o {target} >&-") == (0, "")


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_errors_that_nobody_can_read_keep_their_exit_code(redirection):
    assert shell(f"$mdsolve validate $share {redirection}") == (0, "")
    assert shell(f"$mdsolve validate none.yaml {redirection}") == (2, "")


def test_the_keyboard_may_be_closed():
    assert shell("$mdsolve validate $share <&-") == (0, "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["solve", SHARE, "-o", f"{LONG}.json"],
        ["solve", f"{LONG}.yaml"],
        ["verify", SHARE, f"{LONG}.json"],
        ["report", f"{LONG}.json"],
        ["new", "market", "-o", f"{LONG}.yaml"],
        ["solve", SHARE, "--plot", f"{LONG}.png"],
    ],
)
def test_names_that_are_too_long_are_exit_two(mdsolve, arguments):
    code, out, err = mdsolve(*arguments)
    assert (code, out) == (2, "")
    assert "too long" in err
    assert "internal" not in err


def test_a_locked_folder_is_exit_two(mdsolve, monkeypatch):
    def locked(*arguments, **keywords):
        raise PermissionError(13, "Permission denied", "a/locked/folder")

    monkeypatch.setattr("mdsolve.instance.load", locked)
    code, _, err = mdsolve("validate", SHARE)
    assert (code, err) == (2, "mdsolve: a/locked/folder: Permission denied\n")
