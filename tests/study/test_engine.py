"""Work on several processes: same results in the same order, first error raised, limits kept."""

from __future__ import annotations

import pickle
import time
from fractions import Fraction

import pytest

from mdsolve.errors import Finding, UsageError
from mdsolve.pieces.engine import results_of
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
    assert list(compare(private).solutions) == ["value-shaping-private"]
