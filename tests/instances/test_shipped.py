"""Every shipped instance loads, solves, is certified, meets its known answers, and round-trips."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import scipy.optimize

from mdsolve.instance import load
from mdsolve.solution import Solution
from mdsolve.solution_writing import write_solutions
from mdsolve.status import Termination
from mdsolve.study import check
from mdsolve.study.problem import problem_of
from mdsolve.study.solve import solve
from mdsolve.study.verify import verify_file
from tests.conftest import INSTANCES
from tests.oracles import PlainMarket

FILES = sorted(
    file for file in INSTANCES.rglob("*.yaml") if "kind: training" not in file.read_text()
)
"""All but those that are trained, see `tests/learn`."""

LIGHT = [file for file in FILES if file.parent.name != "bench" or file.stem == "general-3x60"]
NO_ANSWER = {
    "chen2020-fixed-market-7",
    "chen2020-section7-2-one-60",
    "chen2020-section7-2-zero-4",
    "doshi2025-no-admissible-step",
    "murhekar2023-theorem-a2",
    "two-banks-fintech",
}


SOLVED: dict[tuple[str, str, str], Solution] = {}
"""By what a file says, the mechanism and its options: each is solved once in this module."""


def solved(instance, mechanism=None, *, options=None, monitor=None):
    """Return what `solve` returns, from memory where the same was solved before."""
    problem = problem_of(instance, mechanism, options)
    key = (instance.sha256, problem.rule.name, repr(sorted(problem.options.items())))
    if key not in SOLVED:
        SOLVED[key] = solve(instance, mechanism, options=options)
    return SOLVED[key]


def name_of(file: Path) -> str:
    return str(file.relative_to(INSTANCES))


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_it_loads_and_names_its_mechanism(file):
    instance = load(file)
    assert instance.name
    assert instance.mechanism is not None


@pytest.mark.parametrize("file", LIGHT, ids=name_of)
def test_it_solves_with_a_passing_certificate_and_survives_storage(file, tmp_path):
    solution = solved(load(file))
    expected = load(file).name in NO_ANSWER
    assert (solution.termination is Termination.INFEASIBLE) == expected
    assert solution.certificate.verdict == "pass"
    target = tmp_path / "solution.json"
    write_solutions([solution], target)
    (checked,) = verify_file(file, target)
    assert checked.certificate.verdict == "pass"
    assert checked.certificate.remarks == ()


@pytest.mark.parametrize(
    "file", [file for file in LIGHT if load(file).expected is not None], ids=name_of
)
def test_known_answers_are_met(file, monkeypatch):
    monkeypatch.setattr(check, "solve", solved)
    report = check.check_instance(file)
    assert report.agrees, [row for row in report.comparisons if not row.agrees]


def test_every_story_is_explained():
    for file in (INSTANCES / "cases").glob("*.yaml"):
        head = file.read_text().splitlines()[:8]
        assert all(line.startswith("#") for line in head), file.name
        assert "Units" in file.read_text(), file.name


def test_every_shipped_table_of_values_is_what_its_script_writes(tmp_path, monkeypatch):
    script = INSTANCES.parent / "scripts" / "make_case_tables.py"
    spec = importlib.util.spec_from_file_location("make_case_tables", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for folder in ("cases", "small"):
        (tmp_path / folder).mkdir()
    monkeypatch.setattr(module, "INSTANCES", tmp_path)
    module.main()
    written = sorted(tmp_path.rglob("*.npz"))
    assert written
    for file in written:
        shipped = INSTANCES / file.relative_to(tmp_path)
        with np.load(file) as mine, np.load(shipped) as theirs:
            assert set(mine) == set(theirs)
            assert all(np.array_equal(mine[key], theirs[key]) for key in mine)


def hospitals() -> PlainMarket:
    """Return the demo instance from its story, written down a second time."""
    matrix = [[400, 40, 20], [60, 250, 20], [60, 40, 120]]

    def value(agent, q):
        return 600 * sum(q) ** -0.4 * q[agent] + sum(
            w * x for w, x in zip(matrix[agent], q, strict=True)
        )

    types = [
        [0.4, 0.8, 1.2, 1.6, 2.0, 2.4],
        [0.2, 0.4, 0.6, 0.8, 1.0, 1.2],
        [0.1, 0.2, 0.4, 0.6],
    ]
    return PlainMarket(types, lambda t: np.tanh(t / 2), value)


def test_the_demo_has_even_gains_by_an_independent_linear_program():
    plain = hospitals()
    cells = [(i, t) for i in range(3) for t in plain.profiles()]
    number = {cell: k for k, cell in enumerate(cells)}
    rows, bounds = [], []

    def row(terms, spread=0.0):
        line = np.zeros(len(cells) + 1)
        for cell, sign in terms:
            line[number[cell]] += sign
        line[-1] = spread
        return line

    limit = {(i, t): plain.report_value(i, t, t[i]) - plain.outside_value(i, t) for i, t in cells}
    for i, t in cells:
        rows.append(row([((i, t), 1)]))
        bounds.append(limit[i, t])
        for r in plain.types[i]:
            if r < t[i]:
                lie = tuple(r if j == i else x for j, x in enumerate(t))
                rows.append(row([((i, t), 1), ((i, lie), -1)]))
                bounds.append(plain.report_value(i, t, t[i]) - plain.report_value(i, t, r))
        for j in range(3):
            if j != i:
                rows.append(row([((i, t), 1), ((j, t), -1)], -1.0))
                bounds.append(limit[i, t] - limit[j, t])
    equal = [row([((i, t), 1) for i in range(3)]) for t in plain.profiles()]
    cost = np.zeros(len(cells) + 1)
    cost[-1] = 1
    found = scipy.optimize.linprog(
        cost,
        np.array(rows),
        bounds,
        A_eq=np.array(equal),
        b_eq=np.zeros(len(equal)),
        bounds=[(None, None)] * len(cells) + [(0, None)],
    )
    solution = solved(load(INSTANCES / "cases" / "three-hospitals.yaml"))
    assert solution.least_spread == pytest.approx(found.fun, abs=1e-6)
    gains = np.array(solution.utilities) - np.array(solution.outside_values)
    shown = limit[0, (2.4, 0.8, 0.2)] + limit[1, (2.4, 0.8, 0.2)] + limit[2, (2.4, 0.8, 0.2)]
    assert gains.sum() == pytest.approx(shown, abs=1e-6)
