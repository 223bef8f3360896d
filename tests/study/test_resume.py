"""Long commands go on where they were: what is finished is not done again, and nothing differs."""

from __future__ import annotations

import sys
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import mdsolve as md
from mdsolve.progress import Monitor, StopRequested
from mdsolve.solver.market.growth_frontier import Frontier, frontier
from mdsolve.status import Termination
from mdsolve.study.check import check_files
from mdsolve.study.compare import compare
from mdsolve.study.draws import with_bands
from mdsolve.study.fit import fit_curves
from mdsolve.study.frontier import sweep
from mdsolve.study.kept_solutions import is_final, solution_from_plain, solution_to_plain
from tests.conftest import INSTANCES

EXPONENTS = [Fraction(-k, 100) for k in range(100, 90, -1)]
NAMES = ["none", "shapley", "value-shaping", "welfare"]
FILES = [INSTANCES / "small" / f"{name}.yaml" for name in ("share", "sum", "linear")]
EXAMPLE = INSTANCES / "papers" / "murhekar2025" / "example4.yaml"


class StopAfter(Monitor):
    """Stops the work after so many events of a label: by Ctrl-C, or as a time limit does."""

    def __init__(self, label, events, stop):
        super().__init__()
        self.label, self.left, self.stop = label, events, stop

    def advance(self, label, done, total):
        super().advance(label, done, total)
        if label == self.label:
            self.left -= 1
            if self.left == 0:
                raise self.stop


def counting(monkeypatch, module, name):
    """Return a list that grows with every call of a function of a module."""
    home, calls = sys.modules[module], []
    real = getattr(home, name)

    def counted(*arguments, **keywords):
        calls.append(arguments)
        return real(*arguments, **keywords)

    monkeypatch.setattr(home, name, counted)
    return calls


@pytest.fixture(scope="module")
def fitted():
    return fit_curves(INSTANCES / "cases" / "learning-curves.csv", costs=0.0003).instance


STOPS = pytest.mark.parametrize("stop", [KeyboardInterrupt, StopRequested])


@STOPS
@pytest.mark.parametrize("events", [1, 4, 9])
def test_frontier(monkeypatch, cache, stop, events):
    whole = sweep([2], EXPONENTS, "one", "pooled")
    partial, termination = sweep(
        [2], EXPONENTS, "one", "pooled", monitor=StopAfter("sweep", events, stop)
    )
    assert partial == whole[0][:events]
    assert termination.exit_code == 4
    assert len(list(cache.rglob("*.pieces"))) == 1
    calls = counting(monkeypatch, "mdsolve.study.frontier", "single_frontier")
    assert sweep([2], EXPONENTS, "one", "pooled", resume=True) == whole
    assert len(calls) == len(EXPONENTS) - events
    assert not list(cache.rglob("*.pieces"))


def test_a_frontier_travels_whole():
    for exponent in ("-0.9", "-0.6"):
        found = frontier(2, Fraction(exponent))
        assert Frontier.from_plain(found.to_plain()) == found


@STOPS
def test_compare(monkeypatch, cache, stop):
    game = md.load(EXAMPLE)
    whole = compare(game, NAMES)
    partial = compare(game, NAMES, monitor=StopAfter("mechanisms", 2, stop))
    assert list(partial.solutions) == NAMES[:2]
    assert partial.missing == tuple(NAMES[2:])
    calls = counting(monkeypatch, "mdsolve.study.compare", "solve")
    again = compare(game, NAMES, resume=True)
    assert [name for _, name in calls] == NAMES[2:]
    assert again.solutions == whole.solutions
    assert again.metrics == whole.metrics
    assert again.refused == whole.refused
    assert not again.missing
    assert not list(cache.rglob("*.pieces"))


@STOPS
def test_check(monkeypatch, cache, stop):
    whole = [report.to_dict() for report in check_files(FILES)]
    partial = check_files(FILES, monitor=StopAfter("files", 2, stop))
    assert [report.to_dict() for report in partial] == whole[:2]
    calls = counting(monkeypatch, "mdsolve.study.check", "check_instance")
    again = check_files(FILES, resume=True)
    assert len(calls) <= 1
    assert [report.to_dict() for report in again] == whole
    assert not list(cache.rglob("*.pieces"))


@STOPS
@pytest.mark.parametrize("beside", [False, True])
def test_draws(monkeypatch, cache, tmp_path, fitted, stop, beside):
    output = tmp_path / "s.json" if beside else None
    solution = md.solve(fitted, "none")
    whole = with_bands(fitted, solution, 6, seed=3)
    partial = with_bands(
        fitted, solution, 6, seed=3, output=output, monitor=StopAfter("draws", 4, stop)
    )
    assert partial.bands["draws"] == 4
    assert partial.exit_code == 4
    calls = counting(monkeypatch, "mdsolve.study.draws", "drawn_instance")
    again = with_bands(fitted, solution, 6, seed=3, output=output, resume=True)
    assert len(calls) == 2
    assert again == whole
    assert not list(cache.rglob("*.pieces"))
    assert not list(tmp_path.iterdir())


def test_an_interrupted_mechanism_ends_the_comparison(monkeypatch):
    """Ctrl-C inside of a solver becomes a solution without an answer, which is no piece of work."""
    game = md.load(EXAMPLE)
    real = md.solve

    def interrupted(instance, name, **keywords):
        found = real(instance, name, **keywords)
        late = name == "shapley"
        return replace(found, termination=Termination.INTERRUPTED) if late else found

    monkeypatch.setattr(sys.modules["mdsolve.study.compare"], "solve", interrupted)
    partial = compare(game, NAMES)
    assert list(partial.solutions) == ["none"]
    assert partial.missing == tuple(NAMES[1:])


def test_solutions_come_back_from_the_store_as_they_were():
    for file in (EXAMPLE, INSTANCES / "small" / "growth.yaml", INSTANCES / "small" / "table.yaml"):
        instance = md.load(file)
        for name, solution in compare(instance).solutions.items():
            again = solution_from_plain(solution_to_plain(solution))
            assert again == solution, name
            assert again.to_dict() == solution.to_dict(), name
            assert is_final(again) == is_final(solution)
    table = md.solve(md.load(INSTANCES / "small" / "growth.yaml"), "desirable").table
    assert np.asarray(table["payments"]).ndim == 3
