"""Every path of a solution has an owner."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdsolve.certificate.claim_hash import claim_sha256
from mdsolve.certificate.keys import (
    STATED,
    USED,
    below,
    closed,
    closure,
    leaves,
)
from mdsolve.certificate.tables import read_table
from mdsolve.conditions import Condition
from mdsolve.errors import Finding

SOLUTION: dict[str, Any] = {
    "format": "mdsolve-solution/1",
    "instance": {"name": "labs", "sha256": "1", "data_sha256": "2"},
    "mechanism": {"name": "budget-balanced", "options": {"beta": "optimal"}},
    "status": {"termination": "solved", "message": "The only equilibrium."},
    "agents": ["A", "B"],
    "contributions": [1.0, 2.0],
    "payments": [0.1, -0.1],
    "metrics": {"welfare": 1.5, "data_share": None, "p_mean": {"1": 1.0, "-inf": 0.5}},
    "my_note": {"page": 7},
    "certificate": {"verdict": "pass", "conditions": [{"name": "nash"}], "vouched": ["x"]},
    "provenance": {"mdsolve": "1", "seconds": {"solve": 0.1}},
}
SEEN = ("instance.data_sha256", "format")
PASSED = {
    "rule": ["mechanism", "payments"],
    "nash": ["contributions"],
    STATED: ["metrics.welfare", "metrics.p_mean", "status.termination"],
}


def conditions(**verdicts: Any) -> list[Condition]:
    given = {name.replace("_", "-"): verdict for name, verdict in verdicts.items()}
    return [Condition(name, True, given.get(name, "pass")) for name in PASSED]


def test_all_paths_are_sorted_once() -> None:
    covered = [path for paths in PASSED.values() for path in paths]
    found = closure(SOLUTION, [*covered, "instance.data_sha256", "format", "agents"])
    assert found.uncovered == ()
    assert found.not_vouched == (
        "instance.name",
        "instance.sha256",
        "status.message",
        "my_note.page",
        "certificate",
        "provenance.mdsolve",
        "provenance.seconds.solve",
    )
    every = {path.partition(".")[0] for path, _ in leaves(SOLUTION)}
    listed = {path.partition(".")[0] for path in (*found.vouched, *found.not_vouched)}
    assert every == listed


@pytest.mark.parametrize("key", sorted(USED))
def test_a_key_in_use_is_never_left_unvouched(key: str) -> None:
    *outer, last = key.split(".")
    data: dict[str, Any] = {last: 17}
    for part in reversed(outer):
        data = {part: data}
    found = closure(data, ())
    assert (found.uncovered, found.not_vouched) == ((key,), ())
    assert closure(data, [key]).vouched == (key,)
    deeper = closure({key: {"new": 1}} if not outer else data, ())
    assert deeper.not_vouched == ()


def test_a_dot_inside_a_key_covers_nothing() -> None:
    lie = {"metrics.welfare": 17, "metrics": {"welfare": 1}, "pay\\": {"ments": 3}}
    paths = dict(leaves(lie))
    assert len(paths) == 3
    found = closure(lie, ["metrics.welfare"])
    assert found.vouched == ("metrics.welfare",)
    assert set(found.not_vouched) == {"metrics\\.welfare", "pay\\\\.ments"}
    assert below("pay\\\\.ments", frozenset({"pay\\\\"}))


def test_what_stands_in_a_file_beside_is_one_leaf() -> None:
    reference = {"file": "s.payments.npy"}
    assert dict(leaves({"payments": reference})) == {"payments": reference}
    assert set(dict(leaves({"payments": {"file": "x", "more": 1}}))) == {
        "payments.file",
        "payments.more",
    }


def test_no_nesting_exhausts_the_walk() -> None:
    data: dict[str, Any] = {"end": 1}
    for _ in range(5000):
        data = {"a": data}
    ((path, value),) = leaves(data)
    assert path.count(".") == 5000
    assert value == 1


def test_a_certificate_whose_conditions_cover_everything_passes() -> None:
    found = closed(conditions(), SOLUTION, PASSED, seen=SEEN)
    assert found.verdict == "pass"
    assert "metrics.welfare" in found.vouched
    assert found.claim_sha256 == claim_sha256(SOLUTION)


def test_one_number_that_nobody_vouches_for_leaves_the_claim_unchecked() -> None:
    wrong = SOLUTION | {"metrics": {"welfare": 1.5, "data_gain": 3}, "nash_gap": "lots"}
    found = closed(conditions(), wrong, PASSED, seen=SEEN)
    assert found.verdict == "not-checked"
    assert found.condition(STATED).detail.startswith("metrics.data_gain, nash_gap: ")
    alone = [entry for entry in conditions() if entry.name != STATED]
    bare = closed(alone, wrong, PASSED, seen=SEEN)
    assert bare.condition(STATED).verdict == "not-checked"
    assert bare.condition(STATED).claimed


def test_a_condition_that_fails_vouches_for_nothing_and_says_enough() -> None:
    found = closed(conditions(nash="fail"), SOLUTION, PASSED, seen=SEEN)
    assert found.verdict == "fail"
    assert found.condition(STATED).verdict == "pass"
    assert "contributions" not in (*found.vouched, *found.not_vouched)
    open_ = closed(conditions(stated_numbers="not-checked"), SOLUTION, PASSED)
    assert open_.verdict == "not-checked"


def test_many_missing_paths_are_counted() -> None:
    wrong = SOLUTION | {"metrics": {f"m{k}": k for k in range(9)}}
    found = closed(conditions(), wrong, PASSED, seen=SEEN)
    assert "and 4 more" in found.condition(STATED).detail


def test_the_hash_of_a_claim_sees_numbers_not_the_way_they_are_written() -> None:
    first = claim_sha256(SOLUTION)
    other = json.loads(json.dumps(SOLUTION), parse_float=Fraction)
    assert claim_sha256(other | {"certificate": None, "provenance": {}}) == first
    arrays = SOLUTION | {"contributions": np.array([1.0, 2.0]), "payments": ("1/10", "-1/10")}
    assert claim_sha256(arrays) == first
    for key, value in (
        ("payments", [0.1, -0.1000001]),
        ("payments", [[0.1], [-0.1]]),
        ("payments", [[0.1, -0.1]]),
        ("payments", [0.1, "-1/10", 0]),
        ("payments", [True, -0.1]),
        ("payments", []),
        ("payments", None),
        ("my_note", 1),
        ("my_note", {"page": 2**53 + 1}),
        ("my_note", {"page": "7 pages"}),
        ("my_note", {"paper": 7}),
        ("status", {}),
    ):
        assert claim_sha256(SOLUTION | {key: value}) != first


ROWS = st.lists(st.lists(st.floats(allow_nan=False), min_size=2, max_size=2), max_size=4)


@given(ROWS)
def test_one_table_has_one_hash(rows: list[list[float]]) -> None:
    first = claim_sha256({"table": rows})
    texts = [[repr(x) for x in row] for row in rows]
    array = np.array(rows) if rows else rows
    for other in (texts, array, tuple(map(tuple, rows)), [[x, y + 0.0] for x, y in rows]):
        assert claim_sha256({"table": other}) == first
    mixed = [[x, repr(y)] for x, y in rows]
    assert claim_sha256({"table": mixed}) == first
    if rows:
        more = [[x, y + 1.0] for x, y in rows]
        assert (claim_sha256({"table": more}) == first) == (more == rows)


def test_arrays_beside_the_file_are_part_of_the_claim(tmp_path: Path) -> None:
    inline = {"payments": [[0.1, 0.25], [1.0, -2.0]]}
    np.save(tmp_path / "p.npy", np.array(inline["payments"]))
    np.save(tmp_path / "q.npy", np.array([["1/10", "1/4"], ["1", "-2"]]))
    for name in ("p.npy", "q.npy"):
        assert claim_sha256({"payments": {"file": name}}, tmp_path) == claim_sha256(inline)
    np.save(tmp_path / "p.npy", np.zeros((2, 2)))
    assert claim_sha256({"payments": {"file": "p.npy"}}, tmp_path) != claim_sha256(inline)
    missing = {"payments": {"file": "../no.npy"}}
    assert claim_sha256(missing, tmp_path) == claim_sha256(missing)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), JSON, max_size=4), st.sets(st.text(), max_size=3))
def test_anything_is_sorted_without_an_exception(data: Any, covered: set[str]) -> None:
    found = closure(data, covered)
    assert not set(found.uncovered) & set(found.vouched)
    assert len(claim_sha256(data)) == 64
    assert not any(below(path, USED) for path in found.not_vouched if "." not in path)


@pytest.mark.parametrize(
    "raw",
    [
        np.array([1.0, np.nan]),
        np.array([np.inf, 1.0]),
        np.array([1, float("nan")], dtype=object),
        [1, float("inf")],
        [1, 10**500],
        ["1e999", 1],
        [Fraction(10) ** 390, 1],
        [None, 1],
        [True, 1],
        ["x", 1],
        [[1], 1],
        17,
        "lots",
    ],
)
def test_what_is_no_column_of_doubles_is_a_finding(raw: Any) -> None:
    findings: list[Finding] = []
    assert read_table(raw, (2,), None, "payments", findings) is None
    assert len(findings) == 1
