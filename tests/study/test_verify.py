"""Verifying from Python: who made an answer does not matter, what is missing is not invented."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
import yaml

import mdsolve as md
from mdsolve.errors import SolutionFileError, UsageError
from mdsolve.instance.starter import STARTERS

DATA = {
    "kind": "market",
    "agents": ["north", "south"],
    "types": [1, 2, 3],
    "valuation": {"family": "growth", "exponent": -1},
}
MARKET = md.parse(DATA)


@pytest.fixture(scope="module")
def payments():
    return md.solve(MARKET, "desirable").table["payments"]


def test_arrays_lists_fractions_and_solutions_are_the_same_answer(payments):
    exact = [[[Fraction(x).limit_denominator(10**6) for x in row] for row in t] for t in payments]
    for table in (
        payments,
        payments.tolist(),
        exact,
        [[[str(x) for x in r] for r in t] for t in exact],
    ):
        assert md.verify(MARKET, {"table": {"payments": table}}).verdict == "pass"
    assert md.verify(MARKET, md.solve(MARKET, "desirable")).verdict == "pass"
    assert md.verify(MARKET, {"table": {"payments": payments + 1}}).verdict == "fail"


def test_wrong_shapes_and_other_agents_are_refused(payments):
    for data, words in (
        ({"table": {"payments": payments[:1]}}, "shape"),
        ({"table": {"payments": payments.T[..., None]}}, "shape"),
        ({"agents": ["x", "y"], "table": {"payments": payments}}, "agents"),
        ({"agents": ["south", "north"], "table": {"payments": payments}}, "agents"),
        ({"table": {"payments": payments, "allocation": payments[0]}}, "table.allocation"),
        ({"mechanism": "unheard-of"}, "one of desirable"),
    ):
        with pytest.raises(SolutionFileError, match=words):
            md.verify(MARKET, data)


def test_all_problems_of_an_answer_are_reported_at_once():
    data = {"agents": [], "exists": 3, "table": {"payments": 1, "allocation": "x"}}
    with pytest.raises(SolutionFileError) as caught:
        md.verify(MARKET, data)
    assert [finding.where for finding in caught.value.findings] == [
        "solution: table.payments",
        "solution: table.allocation",
        "solution: agents",
        "solution: exists",
    ]


@pytest.mark.parametrize("data", [{}, {"table": {}}, {"exists": True}])
def test_what_is_missing_is_not_invented(data):
    certificate = md.verify(MARKET, data)
    assert certificate.verdict == "not-checked"
    assert all(c.detail for c in certificate.conditions)


@pytest.mark.parametrize(
    "witness",
    [None, 3, {}, {"profile": 3}, {"profile": {"north": 1}}, {"rows": 3}, {"rows": [3]}]
    + [
        {"profile": {"north": 1, "south": 1}, "chains": chains} for chains in (3, [], [3], [{}, {}])
    ],
)
def test_a_proof_that_is_none_proves_nothing(witness):
    certificate = md.verify(MARKET, {"exists": False, "witness": witness})
    assert certificate.verdict == "not-checked"


def test_conditions_asked_for_become_claimed(payments):
    data = {"table": {"payments": payments}}
    certificate = md.verify(MARKET, data, conditions=["budget-balance"])
    assert certificate.condition("budget-balance").claimed
    with pytest.raises(UsageError, match="did you mean 'budget-balance'"):
        md.verify(MARKET, data, conditions=["budget-balanse"])


def test_files_that_hold_no_solution_are_not_a_pass(tmp_path):
    file = tmp_path / "m.yaml"
    file.write_text(yaml.safe_dump(DATA))
    (tmp_path / "s.json").write_text(json.dumps({"solutions": []}))
    with pytest.raises(SolutionFileError, match="one solution or more"):
        md.verify_file(file, tmp_path / "s.json")


def test_each_solution_of_a_file_is_named_where_it_is_wrong(tmp_path, payments):
    file = tmp_path / "m.yaml"
    file.write_text(yaml.safe_dump(DATA))
    good = {"table": {"payments": payments.tolist()}}
    (tmp_path / "s.json").write_text(json.dumps({"solutions": [good, {"table": 3}]}))
    with pytest.raises(SolutionFileError, match=r"solutions\[1\]: table"):
        md.verify_file(file, tmp_path / "s.json")
    (tmp_path / "s.json").write_text(json.dumps({"solutions": [good, good]}))
    assert [checked.title for checked in md.verify_file(file, tmp_path / "s.json")] == [
        "payment table",
        "payment table",
    ]


def test_a_training_run_needs_its_history():
    training = md.parse(yaml.safe_load(STARTERS["training"]))
    with pytest.raises(SolutionFileError, match="history"):
        md.verify(training, {})


def test_a_sharing_solution_survives_storage_and_is_checked(tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text(STARTERS["sharing"])
    solution = md.solve(md.load(file), "none")
    solution.to_json(tmp_path / "a.json")
    (checked,) = md.verify_file(file, tmp_path / "a.json")
    assert checked.certificate.verdict == solution.certificate.verdict == "pass"
    data = json.loads((tmp_path / "a.json").read_text())
    data["contributions"] = (np.array(data["contributions"]) + 1).tolist()
    (tmp_path / "a.json").write_text(json.dumps(data))
    (checked,) = md.verify_file(file, tmp_path / "a.json")
    assert checked.certificate.verdict == "fail"
