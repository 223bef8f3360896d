"""`mdsolve verify`: round trips, foreign answers, further conditions, bad solution files."""

from __future__ import annotations

import json
import os
import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.errors import InputError
from tests.cli.conftest import PAPER, SMALL

GROWTH = SMALL / "growth.yaml"


@pytest.fixture
def solved(mdsolve, tmp_path):
    """Return a solution file of the small growing market."""
    target = tmp_path / "s.json"
    assert mdsolve("solve", GROWTH, "-o", target, "--quiet")[0] == 0
    return target


def test_a_round_trip_passes_and_a_changed_payment_fails(mdsolve, mdsolve_json, tmp_path):
    file, target = SMALL / "share.yaml", tmp_path / "s.json"
    assert mdsolve("solve", file, "-o", target)[0] == 0
    for arithmetic in ("float", "enclosure", "exact"):
        code, data = mdsolve_json("verify", file, target, "--arithmetic", arithmetic)
        assert (code, data["verdict"]) == (0, "pass")
    data = json.loads(target.read_text())
    data["table"]["payments"][0][0][0] = "1000000001/1000000000"
    target.write_text(json.dumps(data))
    code, data = mdsolve_json("verify", file, target, "--arithmetic", "exact")
    assert code == 1
    failed = {c["name"]: c for c in data["conditions"] if c["verdict"] == "fail"}
    assert failed["individual-rationality"]["witness"]


def test_a_proof_that_none_exists_is_checked(mdsolve, mdsolve_json, tmp_path):
    file, target = PAPER / "fixed-market-7.yaml", tmp_path / "s.json"
    assert mdsolve("solve", file, "-o", target)[0] == 3
    code, data = mdsolve_json("verify", file, target)
    assert (code, [c["name"] for c in data["conditions"]]) == (
        0,
        ["no-mechanism", "stated-numbers"],
    )
    stored = json.loads(target.read_text())
    stored["witness"]["chains"] = stored["witness"]["chains"][:1]
    target.write_text(json.dumps(stored))
    assert mdsolve("verify", file, target)[0] == 4


def test_a_foreign_solution_needs_nothing_but_a_table(mdsolve_json, tmp_path):
    target = tmp_path / "foreign.json"
    for payments, code in ((10, 1), (-10, 1)):
        table = {"payments": np.full((2, 3, 3), payments).tolist()}
        target.write_text(json.dumps({"format": "mdsolve-solution/1", "table": table}))
        found, data = mdsolve_json("verify", GROWTH, target)
        assert found == code
        assert {c["name"] for c in data["conditions"] if c["claimed"]} == {
            "individual-rationality",
            "incentive-compatibility",
            "efficiency",
            "feasibility",
            "weak-budget-balance",
        }


def test_a_foreign_table_may_lie_in_a_file_beside_it(mdsolve, solved, tmp_path):
    data = json.loads(solved.read_text())
    payments = np.array(data["table"]["payments"], dtype=float)
    np.save(tmp_path / "p.npy", payments)
    np.savez(tmp_path / "p.npz", payments=payments)
    for table in ({"file": "p.npy"}, {"file": "p.npz"}, {"file": "p.npz", "key": "payments"}):
        solved.write_text(json.dumps({"table": {"payments": table}}))
        assert mdsolve("verify", GROWTH, solved)[0] == 0
    np.save(tmp_path / "p.npy", payments + 1)
    solved.write_text(json.dumps({"table": {"payments": {"file": "p.npy"}}}))
    assert mdsolve("verify", GROWTH, solved)[0] == 1


def test_several_solutions_get_a_certificate_each(mdsolve, mdsolve_json, tmp_path):
    target = tmp_path / "s.json"
    mdsolve("solve", GROWTH, "-m", "free", "-m", "vcg", "-o", target)
    code, data = mdsolve_json("verify", GROWTH, target)
    assert (code, len(data["certificates"])) == (0, 2)
    _, out, _ = mdsolve("verify", GROWTH, target)
    assert "Certificate of free" in out
    assert "Certificate of vcg" in out


def test_a_further_condition_can_be_demanded(mdsolve, solved):
    assert mdsolve("verify", GROWTH, solved)[0] == 0
    assert mdsolve("verify", GROWTH, solved, "--condition", "budget-balance")[0] == 1
    code, _, err = mdsolve("verify", GROWTH, solved, "--condition", "budget-balanc")
    assert code == 2
    assert "did you mean 'budget-balance'" in err


def test_a_loose_tolerance_forgives(mdsolve, solved):
    data = json.loads(solved.read_text())
    payments = np.array(data["table"]["payments"], dtype=float) + 1e-6
    solved.write_text(json.dumps({"table": {"payments": payments.tolist()}}))
    assert mdsolve("verify", GROWTH, solved)[0] == 1
    assert mdsolve("verify", GROWTH, solved, "--tolerance", "1e-4")[0] == 0


def test_what_could_not_be_checked_is_not_a_pass(mdsolve, tmp_path):
    (tmp_path / "s.json").write_text("{}")
    assert mdsolve("verify", GROWTH, tmp_path / "s.json")[0] == 4


def test_the_same_data_may_be_written_otherwise(mdsolve, solved, tmp_path):
    copy = tmp_path / "g.yaml"
    copy.write_text(GROWTH.read_text() + "\n# changed\n")
    assert mdsolve("verify", copy, solved)[::2] == (0, "")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "JSON"),
        ("[1]", "object"),
        ("[" * 100_000, "nested"),
        ('{"solutions": []}', "one solution or more"),
        ('{"solutions": {}}', "one solution or more"),
        ('{"solutions": [3]}', "one solution or more"),
        ('{"format": "mdsolve-solution/0"}', "mdsolve-solution/1"),
        ('{"table": 3}', "a mapping with payments"),
        ('{"table": {"payments": [[1, 2], [3]]}}', "ragged"),
        ('{"table": {"payments": [[[1]]]}}', "shape"),
        ('{"table": {"payments": [[[{}]]]}}', "number"),
        ('{"table": {"payments": NaN}}', "NaN"),
        ('{"table": {"payments": "x"}}', "table.payments"),
        ('{"table": {"payments": true}}', "true or false"),
        ('{"table": {"payments": {}}}', "usable file name"),
        ('{"table": {"payments": {"file": "../p.npy"}}}', "outside"),
        ('{"table": {"payments": {"file": "/etc/passwd"}}}', "outside"),
        ('{"table": {"payments": {"file": "none.npy"}}}', "does not exist"),
        ('{"table": {"payments": {"file": "bad.json"}}}', "not a NumPy array file"),
        ('{"table": {"payments": {"file": "a\\u0000b"}}}', "table.payments"),
        ('{"agents": ["x"], "table": {}}', "agents"),
        ('{"agents": 3, "table": {}}', "agents"),
        ('{"exists": "no"}', "true or false"),
        ('{"mechanism": {"name": "desirable", "options": []}}', "options"),
        ('{"mechanism": {"name": "desirable", "options": [1]}}', "options"),
        ('{"mechanism": {"name": "desirable", "options": {"rout": 1}}}', "did you mean 'route'"),
        ('{"mechanism": {"name": "desirable", "options": {"side": 3}}}', "a list of words"),
        ('{"mechanism": {"name": "desirable", "options": {"side": ["cop=1"]}}}', "cap"),
    ],
)
def test_bad_solution_files_are_exit_two(mdsolve, tmp_path, content, words):
    target = tmp_path / "bad.json"
    target.write_text(content)
    code, out, err = mdsolve("verify", GROWTH, target)
    assert (code, out) == (2, "")
    assert re.search(words, err), err


def test_missing_and_strange_solution_files_are_exit_two(mdsolve, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in ("none.json", ".", "pipe"):
        assert mdsolve("verify", GROWTH, tmp_path / name)[0] == 2


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(-2, 2)
    | st.sampled_from(["1/3", "stay out", "north", "south", "desirable", "free", "x", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *(
                        "payments",
                        "allocation",
                        "file",
                        "key",
                        "name",
                        "options",
                        "side",
                        "profile",
                    ),
                    *("chains", "steps", "agent", "type", "report", "rows", "multiplier", "kind"),
                    "bound",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
MARKET = md.parse(
    {
        "kind": "market",
        "agents": ["north", "south"],
        "types": [1, 2],
        "valuation": {"family": "growth", "exponent": -1},
    }
)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(["table", "agents", "mechanism", "exists", "witness", "instance", "side"]),
        JUNK,
        max_size=4,
    )
)
def test_any_junk_is_checked_or_refused(data):
    try:
        certificate = md.verify(MARKET, data)
    except InputError as error:
        assert error.findings  # noqa: PT017
    else:
        assert certificate.verdict in ("pass", "fail", "not-checked")
