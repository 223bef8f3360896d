"""Known answers: numbers within their tolerance, exactly where asked, everything else equal."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.errors import InstanceError
from mdsolve.study.check import answer, check_instance, compare, distance

DATA = {
    "kind": "market",
    "agents": ["north", "south"],
    "types": [1, 2, 3],
    "valuation": {"family": "growth", "exponent": "-1/2"},
}
EXACT = Fraction(0)


@pytest.mark.parametrize(
    ("expected", "found", "tolerance", "result"),
    [
        ("1/3", Fraction(1, 3), EXACT, (0.0, True)),
        ("1/3", 1 / 3, EXACT, (pytest.approx(0, abs=1e-15), False)),
        (["1/3"], [Fraction(1, 3), 2], EXACT, (None, False)),
        ([1, 2], np.array([1, 2.5]), Fraction(1, 10), (0.5, False)),
        ([1, 2], (1, 2), EXACT, (0.0, True)),
        ({"a": 1}, {"a": 1.5, "b": 2}, Fraction(1, 10), (0.5, False)),
        ({"a": 1}, {"b": 2}, EXACT, (None, False)),
        ({"a": 1}, [1], EXACT, (None, False)),
        ([1], 1, EXACT, (None, False)),
        (True, True, EXACT, (None, True)),
        (True, 1, EXACT, (None, False)),
        (True, None, EXACT, (None, False)),
        (None, None, EXACT, (None, True)),
        (None, 0, EXACT, (None, False)),
        ("infinite", "infinite", EXACT, (None, True)),
        ("infinite", 5, EXACT, (None, False)),
        ([True, "x"], [True, "x"], EXACT, (None, True)),
        (100, 100.5, Fraction(1, 100), (0.5, True)),
        (0, 0.5, Fraction(1, 100), (0.5, False)),
    ],
)
def test_distance(expected, found, tolerance, result):
    assert distance(expected, found, tolerance) == result


@given(st.fractions(), st.fractions(0, 1))
def test_a_number_agrees_with_itself_and_not_beyond_the_tolerance(value, tolerance):
    allowed = tolerance * max(1, abs(value))
    assert distance(value, value, EXACT)[1]
    assert distance(value, value + allowed, tolerance)[1]
    assert not distance(value, value + allowed + Fraction(1, 10**9), tolerance)[1]


def test_answers_under_their_names():
    solution = md.solve(md.parse(DATA), "desirable")
    assert answer(solution, "termination") == "solved"
    assert answer(solution, "conditions")["efficiency"] == "pass"
    assert answer(solution, "exists") is True
    assert answer(solution, "nothing") is None


def test_every_expected_key_is_compared():
    solution = md.solve(md.parse(DATA), "desirable")
    known = {"mechanism": "desirable", "note": "x", "exists": False, "nothing": 1}
    rows = compare(solution, {**known, "conditions": {"efficiency": "pass"}})
    assert [(row.key, row.agrees) for row in rows] == [
        ("exists", False),
        ("nothing", False),
        ("conditions", True),
    ]


def test_a_file_is_solved_under_each_mechanism_with_its_options(tmp_path):
    results = [
        {"mechanism": "free", "payments": [0, 0]},
        {"mechanism": "desirable", "options": {"route": "monotone"}, "exists": True},
    ]
    file = tmp_path / "m.yaml"
    data = {**DATA, "profile": [1, 2], "expected": {"source": "here", "results": results}}
    file.write_text(yaml.safe_dump(data))
    report = check_instance(file)
    assert (report.agrees, report.source) == (True, "here")
    assert [row.mechanism for row in report.comparisons] == ["free", "desirable"]
    assert report.to_dict()["results"][0]["found"] == [0, 0]


@pytest.mark.parametrize("results", [[], [{}], [{"mechanism": "free", "tolerance": 0}]])
def test_a_check_without_answers_is_refused(tmp_path, results):
    file = tmp_path / "m.yaml"
    file.write_text(yaml.safe_dump({**DATA, "expected": {"results": results}}))
    with pytest.raises(InstanceError, match="expected"):
        check_instance(file)
