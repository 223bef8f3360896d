"""Work on several processes: same results in the same order, first error raised, limits kept."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from fractions import Fraction

import pytest

from mdsolve.errors import Finding, UsageError
from mdsolve.pieces.engine import Lost, LostPieceError, Work, results_of
from mdsolve.pieces.store import Store
from mdsolve.progress import Monitor, StopRequested
from mdsolve.study.compare import compare
from mdsolve.study.frontier import sweep


def squared(piece, monitor):
    monitor.check_time()
    return piece**2


def refused(piece, monitor):
    if piece == 1:
        raise UsageError([Finding("here", "one", "another"), Finding("there", "two", "none")])
    return piece


def watched(piece, monitor):
    monitor.check_time()
    return piece


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_in_order(jobs):
    seen = []
    monitor = Monitor(seen.append)
    found = list(results_of(squared, [3, 1, 2], jobs=jobs, monitor=monitor, label="squares"))
    assert found == [9, 1, 4]
    assert [event.done for event in seen] == [1, 2, 3]
    assert seen[-1].completion == 1


@pytest.mark.parametrize("jobs", [1, 2])
def test_errors_keep_their_findings(jobs):
    with pytest.raises(UsageError) as raised:
        list(results_of(refused, [0, 1, 2], jobs=jobs, monitor=Monitor(), label="pieces"))
    assert [finding.where for finding in raised.value.findings] == ["here", "there"]


def test_errors_travel():
    error = UsageError.single("here", "one", "another", "mend it")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is UsageError
    assert copy.findings == error.findings


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_time_limit_holds_for_all_together(jobs):
    hour = 3600.0
    spent = Monitor(None, hour, started=time.monotonic() - 2 * hour)
    with pytest.raises(StopRequested):
        list(results_of(watched, [1, 2, 3], jobs=jobs, monitor=spent, label="pieces"))
    fresh = Monitor(None, hour)
    found = list(results_of(watched, [1, 2, 3], jobs=jobs, monitor=fresh, label="pieces"))
    assert found == [1, 2, 3]


def test_sweeps_and_comparisons_do_not_depend_on_the_number_of_processes():
    import mdsolve as md

    agents = [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}]
    game = md.parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    assert compare(game, jobs=2).metrics == compare(game).metrics
    exponents = [Fraction(-1), Fraction(-9, 10)]
    assert sweep([2], exponents, "one", "pooled", jobs=2) == sweep([2], exponents, "one", "pooled")


def test_defaults_fit_the_instance():
    import mdsolve as md

    prior = {"low": 0.0004, "high": 0.001, "probability_low": 0.5}
    agents = [{"name": "A{}", "count": 2, "prior": prior}]
    accuracy = {"family": "pac", "ceiling": 0.95, "complexity": 1}
    private = md.parse({"kind": "sharing", "agents": agents, "accuracy": accuracy})
    assert list(compare(private).solutions) == ["value-shaping-private", "menu"]


def fatal(piece, monitor):
    """Kill the own process for some pieces: always for 1, and for 2 unless a file is there."""
    number, marker = piece
    if number == 1 or (number == 2 and not marker.exists()):
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_a_killed_process_takes_nobody_with_it(tmp_path):
    pieces = [(number, tmp_path / "marker") for number in range(5)]
    kept = Store(tmp_path / "pieces", "k")
    work = Work(
        fatal, pieces, "pieces", jobs=2, store=kept, settings=lambda piece: f"no {piece[0]}"
    )
    found = dict(work.completed())
    assert {number: x for number, x in found.items() if number != 1} == {0: 0, 2: 2, 3: 3, 4: 4}
    assert isinstance(found[1], Lost)
    assert "killed" in found[1].reason
    assert sorted(Store.opened(kept.path, "k", resume=True).done) == [0, 2, 3, 4]
    again = replace(work, store=Store.opened(kept.path, "k", resume=True))
    with pytest.raises(LostPieceError, match=r"piece 2 of pieces \(no 1\): .*killed") as raised:
        list(again.in_order())
    assert raised.value.exit_code == 4


def test_what_was_finished_is_not_done_again(tmp_path):
    kept = Store(tmp_path / "pieces", "k")
    first = Work(stopping, [1, 2, 0, 3], "pieces", store=kept)
    with pytest.raises(StopRequested):
        list(first.in_order())
    store = Store.opened(tmp_path / "pieces", "k", resume=True)
    assert store.done == {0: 1, 1: 4}
    done = []

    def counted(piece, monitor):
        done.append(piece)
        return piece**2

    assert list(Work(counted, [1, 2, 0, 3], "pieces", store=store).in_order()) == [1, 4, 0, 9]
    assert done == [0, 3]


def stopping(piece, monitor):
    if piece == 0:
        raise StopRequested
    return piece**2


def test_a_store_that_cannot_be_written_stops_nothing(tmp_path):
    kept = Store(tmp_path / "no" / "pieces", "k")
    assert list(Work(squared, [1, 2], "pieces", store=kept).in_order()) == [1, 4]
    assert "No such file" in kept.trouble


@pytest.mark.parametrize("content", [b"", b"something else\n", b"\x00" * 40])
def test_files_that_are_no_store(tmp_path, content):
    path = tmp_path / "pieces"
    path.write_bytes(content)
    assert Store.opened(path, "k", resume=True).done == {}


def test_processes_end_with_the_one_that_started_them(tmp_path):
    """Kill the first process while pieces are under way: the pipe they all hold is closed."""
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\n"
        "from mdsolve.pieces.engine import Work\n"
        "from tests.study.test_engine import waiting\n"
        "if __name__ == '__main__':\n"
        "    list(Work(waiting, [1, 2], 'pieces', jobs=2).in_order())\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=environment)
    assert process.stdout.readline() == b"begun\n"
    process.kill()
    process.wait()
    assert process.stdout.read().replace(b"begun\n", b"") == b""
    process.stdout.close()


def waiting(piece, monitor):
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    threading.Event().wait()
