"""Root records: errors, statuses, tolerances, progress, solutions, public names, import rules."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import mdsolve
from mdsolve.conditions import Certificate, Condition
from mdsolve.errors import Finding, InputError, SolutionFileError
from mdsolve.progress import Monitor, StopRequested
from mdsolve.solution import (
    INLINE_ENTRIES,
    InstanceReference,
    MechanismUsed,
    Provenance,
    Solution,
    read_solution_data,
    write_atomically,
    write_solutions,
)
from mdsolve.status import Termination
from mdsolve.tolerance import Tolerances

PACKAGE = Path(mdsolve.__file__).parent


def solution(**answers):
    return Solution(
        InstanceReference("x", "00"),
        MechanismUsed("desirable", {"route": "auto"}),
        Termination.SOLVED,
        "done",
        ("a", "b"),
        answers,
        Provenance("sweep", {"solve": 0.1}),
    )


def test_every_outcome_has_a_sentence_an_exit_code_and_no_truth_value():
    for outcome in Termination:
        assert outcome.value.endswith(".")
        assert Termination.from_label(outcome.label) is outcome
        assert outcome.exit_code in (0, 3, 4, 5)
        with pytest.raises(TypeError):
            bool(outcome)


def test_findings_read_where_got_expected_fix():
    error = InputError([Finding("f: x", "1", "2", "write 2"), Finding("f: y", "3", "4")])
    assert str(error).splitlines()[:4] == [
        "f: x",
        "    got:      1",
        "    expected: 2",
        "    fix:      write 2",
    ]
    assert error.exit_code == 2


def test_tolerances_are_relative_to_large_scales_only():
    tolerances = Tolerances(verify=1e-9)
    assert tolerances.allowance(0.5) == 1e-9
    assert tolerances.allowance(100.0) == pytest.approx(1e-7)


def test_the_monitor_reports_and_stops():
    seen = []
    monitor = Monitor(seen.append, time_limit=0.0)
    with pytest.raises(StopRequested, match="time limit"):
        monitor.advance("work", 1, 2)
    assert (seen[0].label, seen[0].completion) == ("work", 0.5)


def test_the_certificate_speaks_of_claims_only():
    claimed = Condition("efficiency", True, "not-checked", detail="why")
    other = Condition("budget-balance", False, "fail")
    assert Certificate((claimed, other)).verdict == "not-checked"
    assert Certificate.from_dict(Certificate((claimed, other)).to_dict()).conditions[1] == other


def test_solutions_keep_fractions_and_move_large_arrays_out(tmp_path):
    large = np.arange(INLINE_ENTRIES + 1, dtype=float)
    found = solution(value=Fraction(1, 3), table={"payments": large, "small": np.eye(2)})
    write_solutions([found], tmp_path / "s.json")
    data = read_solution_data(tmp_path / "s.json")
    assert data["value"] == "1/3"
    assert data["table"] == {"payments": {"file": "s.table.payments.npy"}, "small": [[1, 0], [0, 1]]}
    np.testing.assert_array_equal(np.load(tmp_path / "s.table.payments.npy"), large)
    assert found.to_dict()["omitted"] == ["table.payments"]
    assert found.value == Fraction(1, 3)
    with pytest.raises(AttributeError, match="it has: table, value"):
        _ = found.nothing


def test_numbers_in_solution_files_keep_their_decimal_value(tmp_path):
    (tmp_path / "s.json").write_text('{"x": 0.1}')
    assert read_solution_data(tmp_path / "s.json")["x"] == Fraction(1, 10)


def test_a_failing_write_leaves_the_old_file(tmp_path):
    target = tmp_path / "s.json"
    target.write_text("old")

    def broken(stream):
        stream.write(b"half")
        raise OSError("disk full")

    with pytest.raises(SolutionFileError, match="disk full"):
        write_atomically(target, broken)
    assert target.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["s.json"]


def test_a_missing_folder_is_a_finding(tmp_path):
    with pytest.raises(SolutionFileError, match="folder"):
        write_solutions([solution()], tmp_path / "none" / "s.json")


def test_public_names_resolve_and_solve_stays_a_function():
    code = (
        "import mdsolve, mdsolve.cli.main, mdsolve.solver.routes, mdsolve.study.run\n"
        "names = [getattr(mdsolve, name) for name in mdsolve.__all__]\n"
        "assert callable(mdsolve.solve) and set(mdsolve.__all__) <= set(dir(mdsolve))\n"
        "print(len(names))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) == len(mdsolve.__all__)
    with pytest.raises(AttributeError):
        _ = mdsolve.nothing


def test_a_bare_import_is_light():
    code = "import sys, mdsolve; print([m for m in ('numpy', 'pydantic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_checker_shares_nothing_with_the_solvers():
    forbidden = re.compile(
        r"^\s*(?:from|import) (?:mdsolve\.(?:solver|mechanism|study|report|cli)|cvxpy|scipy|"
        r"networkx|pulp|numba|highspy)\b",
        re.MULTILINE,
    )
    files = list((PACKAGE / "certificate").glob("*.py"))
    assert len(files) > 5
    assert [file.name for file in files if forbidden.search(file.read_text())] == []


def test_nothing_is_left_unfinished():
    marks = re.compile(r"\b(?:TODO|FIXME|XXX|NotImplementedError)\b")
    assert [f.name for f in PACKAGE.rglob("*.py") if marks.search(f.read_text())] == []


def test_no_small_literals_outside_the_tolerances():
    literal = re.compile(r"[^\w.]1e-(?:[6-9]|1\d)\b")
    guilty = [
        file.name
        for file in PACKAGE.rglob("*.py")
        if file.name != "tolerance.py"
        and literal.search(re.sub(r'""".*?"""', "", file.read_text(), flags=re.DOTALL))
    ]
    assert guilty == []


def test_json_schema_is_valid_json():
    from mdsolve.instance.json_schema import json_schema

    assert json.loads(json.dumps(json_schema()))["$schema"].startswith("https://json-schema.org")
