"""Outputs: tried before the work, claimed while it lasts, written as one unit, never made worse."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from mdsolve.errors import SolutionFileError, UsageError
from mdsolve.outputs import LONGEST_NAME, claim, require_writable, write_atomically
from mdsolve.solution import INLINE_ENTRIES, InstanceReference, MechanismUsed, Provenance, Solution
from mdsolve.solution_files import load_solutions, read_solution_data
from mdsolve.solution_writing import place_for, write_solutions
from mdsolve.status import Termination

LARGE = np.arange(INLINE_ENTRIES + 1, dtype=np.float64)


def solution(termination=Termination.SOLVED, data="d", options=None, **answers):
    return Solution(
        InstanceReference("i", None, data),
        MechanismUsed("vcg", options or {}),
        termination,
        "",
        ("a",),
        {"exists": True, **answers},
        Provenance("by hand"),
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (".", "a folder"),
        ("no/s.json", "mkdir -p"),
        ("s" * (LONGEST_NAME + 1), "too long"),
        ("pipe", "a pipe or device"),
        ("loop", "Symlink loop|Too many levels"),
        ("read.json", "input file"),
        ("to-read.json", "input file"),
    ],
)
def test_what_cannot_be_written_is_said_before_the_work(tmp_path, name, words):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    source = tmp_path / "read.json"
    source.write_text("{}")
    (tmp_path / "to-read.json").symlink_to("read.json")
    with pytest.raises(UsageError, match=words):
        require_writable(tmp_path / name, source)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_locked_folders_and_files_are_refused(tmp_path):
    (tmp_path / "s.json").write_text("{}")
    (tmp_path / "s.json").chmod(0o444)
    with pytest.raises(UsageError, match="protected"):
        require_writable(tmp_path / "s.json")
    tmp_path.chmod(0o555)
    with pytest.raises(UsageError, match="denied"):
        require_writable(tmp_path / "t.json")


def test_trying_leaves_nothing_behind(tmp_path):
    require_writable(tmp_path / "s.json")
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "link").symlink_to("real")
    write_atomically(tmp_path / "link", lambda stream: stream.write(b"new"))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_second_run_is_told_who_writes_there(tmp_path):
    target = tmp_path / "s.json"
    claimed = claim(target)
    with pytest.raises(UsageError, match=f"process {os.getpid()}"):
        claim(target)
    claimed.release()
    assert list(tmp_path.iterdir()) == []
    claim(target).release()


def test_the_lock_of_a_killed_run_is_none(tmp_path):
    target = tmp_path / "s.json"
    killed = (
        "import os, pathlib, sys; from mdsolve.outputs import claim;"
        "claim(pathlib.Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", killed, str(target)], check=False)
    assert done.returncode == -9
    assert [entry.name for entry in tmp_path.iterdir()] == [".s.json.lock"]
    claim(target).release()
    assert list(tmp_path.iterdir()) == []


class Killed(BaseException):
    """Stands for the end of the program between two steps of writing."""


@pytest.mark.parametrize("fatal", range(3))
def test_arrays_and_their_document_change_together(tmp_path, monkeypatch, fatal):
    """Stop before each file that is moved into place: what is there is the old or the new whole."""
    target = tmp_path / "s.json"
    old, new = (solution(t=factor * LARGE, u=3 * factor * LARGE) for factor in (1, 2))
    write_solutions([old], target)
    moved = 0
    real = type(target).replace

    def stopping(self, place):
        nonlocal moved
        if moved == fatal:
            raise Killed
        moved += 1
        return real(self, place)

    monkeypatch.setattr(type(target), "replace", stopping)
    with pytest.raises(Killed):
        write_solutions([new], target)
    monkeypatch.undo()
    (found,) = load_solutions(target)
    assert found == old
    write_solutions([new], target)
    (found,) = load_solutions(target)
    assert found == new
    names = {entry.name for entry in tmp_path.iterdir()}
    data = read_solution_data(target)
    assert names == {"s.json", data["t"]["file"], data["u"]["file"]}


def test_the_same_answer_again_touches_no_array(tmp_path):
    target = tmp_path / "s.json"
    write_solutions([solution(t=LARGE)], target)
    write_solutions([solution(t=LARGE)], target)
    (found,) = load_solutions(target)
    assert found == solution(t=LARGE)
    assert len(list(tmp_path.iterdir())) == 2


def test_an_array_file_of_somebody_else_is_not_deleted(tmp_path):
    target = tmp_path / "s.json"
    (tmp_path / "other.npy").write_bytes(b"mine")
    target.write_text(
        '{"format": "mdsolve-solution/1", "table": {"payments": {"file": "other.npy"}}}'
    )
    write_solutions([solution()], target)
    assert (tmp_path / "other.npy").exists()


ORDER = [Termination.FAILED, Termination.INTERRUPTED, Termination.LIMIT, Termination.SOLVED]


@pytest.mark.parametrize("old", [*ORDER, Termination.INFEASIBLE])
@pytest.mark.parametrize("new", [*ORDER, Termination.INFEASIBLE])
def test_a_better_answer_stays(tmp_path, old, new):
    target = tmp_path / "s.json"
    write_solutions([solution(old)], target)
    rank = {each: min(k, 3) for k, each in enumerate([*ORDER, Termination.INFEASIBLE])}
    expected = "s.partial.json" if rank[new] < rank[old] else "s.json"
    assert place_for([solution(new)], target).name == expected


def test_only_answers_to_the_same_question_are_compared(tmp_path):
    target = tmp_path / "s.json"
    write_solutions([solution()], target)
    worse = solution(Termination.LIMIT)
    assert place_for([worse], target) != target
    assert place_for([solution(Termination.LIMIT, data="e")], target) == target
    assert place_for([solution(Termination.LIMIT, options={"beta": 1})], target) == target
    other = replace(worse, mechanism=MechanismUsed("mep", {}))
    assert place_for([other], target) == target
    target.write_text("no solution")
    assert place_for([worse], target) == target


def test_a_full_disk_keeps_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "s.json"
    write_solutions([solution(t=LARGE)], target)

    def full(stream):
        raise OSError(28, "No space left on device")

    with pytest.raises(SolutionFileError, match="No space left"):
        write_atomically(target, full)
    assert load_solutions(target)[0] == solution(t=LARGE)
    assert len(list(tmp_path.iterdir())) == 2
