"""Solutions: written whole or not at all, read back exactly, refused when they are none."""

from __future__ import annotations

import dataclasses
import json
import os
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mdsolve as md
from mdsolve.conditions import Certificate, Condition
from mdsolve.errors import SolutionFileError
from mdsolve.outputs import write_atomically
from mdsolve.solution import (
    INLINE_ENTRIES,
    InstanceReference,
    MechanismUsed,
    Provenance,
    Solution,
    plain,
)
from mdsolve.solution_files import SOLUTION_SIZE_LIMIT, read_solution_data
from mdsolve.solution_writing import write_solutions
from mdsolve.status import Termination


def solution(mechanism="desirable", termination=Termination.SOLVED, certificate=None, **answers):
    return Solution(
        InstanceReference("x", "00"),
        MechanismUsed(mechanism, {"route": "auto"}),
        termination,
        "done",
        ("a", "b"),
        answers,
        Provenance("sweep", {"solve": 0.1}),
        certificate,
    )


LARGE = np.arange(INLINE_ENTRIES + 1, dtype=float)


def test_the_file_has_the_keys_of_the_contract(tmp_path):
    solution(value=1).to_json(tmp_path / "s.json")
    data = read_solution_data(tmp_path / "s.json")
    assert list(data) == [
        *("format", "instance", "mechanism", "status", "agents", "value"),
        *("certificate", "provenance"),
    ]
    assert data["format"] == "mdsolve-solution/1"
    assert data["status"] == {"termination": "solved", "message": "done"}
    assert data["provenance"]["mdsolve"] == md.solution.version("mdsolve")
    assert data["certificate"] is None


def test_fractions_are_strings_and_large_arrays_files(tmp_path):
    found = solution(value=Fraction(1, 3), table={"payments": LARGE, "small": np.eye(2)})
    found.to_json(tmp_path / "s.json")
    data = read_solution_data(tmp_path / "s.json")
    assert data["value"] == "1/3"
    assert data["table"] == {
        "payments": {"file": "s.table.payments.npy"},
        "small": [[1, 0], [0, 1]],
    }
    np.testing.assert_array_equal(np.load(tmp_path / "s.table.payments.npy"), LARGE)
    assert "omitted" not in data


def test_large_arrays_under_the_same_name_do_not_overwrite_each_other(tmp_path):
    found = solution(contributions=LARGE, standalone={"contributions": -LARGE})
    found.to_json(tmp_path / "s.json")
    data = read_solution_data(tmp_path / "s.json")
    first = np.load(tmp_path / data["contributions"]["file"])
    second = np.load(tmp_path / data["standalone"]["contributions"]["file"])
    np.testing.assert_array_equal(first, -second)


def test_on_stdout_large_arrays_are_omitted_by_name():
    data = solution(table={"payments": LARGE}, whole=LARGE[:-1]).to_dict()
    assert data["omitted"] == ["table.payments"]
    assert data["table"] == {"payments": None}
    assert len(data["whole"]) == INLINE_ENTRIES


def test_exact_arrays_are_stored_as_text_never_pickled(tmp_path):
    exact = np.full(INLINE_ENTRIES + 1, Fraction(1, 3), dtype=object)
    solution(table={"payments": exact}).to_json(tmp_path / "s.json")
    stored = np.load(tmp_path / "s.table.payments.npy", allow_pickle=False)
    assert set(stored.tolist()) == {"1/3"}


def test_several_solutions_share_a_file(tmp_path):
    write_solutions([solution("vcg", t=LARGE), solution("mep", t=2 * LARGE)], tmp_path / "s.json")
    first, second = read_solution_data(tmp_path / "s.json")["solutions"]
    assert (first["t"]["file"], second["t"]["file"]) == ("s.vcg.t.npy", "s.mep.t.npy")


PLAIN = st.recursive(
    st.one_of(
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.fractions(),
        st.booleans(),
        st.none(),
        st.text(max_size=5),
        st.floats(-5, 5).map(np.float64),
        st.integers(0, 9).map(np.int64),
        st.lists(st.floats(-1, 1), max_size=3).map(np.array),
    ),
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
)


@given(PLAIN)
def test_any_answer_becomes_json_and_stays_what_it_is(value):
    stored = plain(value)
    assert json.loads(json.dumps(stored)) == stored
    assert plain(stored) == stored


def test_a_solution_is_frozen_and_names_its_answers():
    found = solution(value=Fraction(1, 3), exists=True)
    assert found.value == Fraction(1, 3)
    with pytest.raises(AttributeError, match="it has: exists, value"):
        _ = found.nothing
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.message = "x"
    assert not hasattr(found, "_private")


@pytest.mark.parametrize(
    ("termination", "verdict", "code"),
    [
        (Termination.SOLVED, "pass", 0),
        (Termination.SOLVED, "fail", 1),
        (Termination.INFEASIBLE, "pass", 3),
        (Termination.LIMIT, "not-checked", 4),
        (Termination.FAILED, "fail", 5),
    ],
)
def test_exit_codes(termination, verdict, code):
    certificate = Certificate((Condition("efficiency", True, verdict),))
    found = solution(termination=termination).with_certificate(certificate, 0.5)
    assert found.exit_code == code
    assert found.provenance.seconds == {"solve": 0.1, "verify": 0.5}


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failing_write_leaves_the_old_file(tmp_path, failure):
    target = tmp_path / "s.json"
    target.write_text("old")

    def broken(stream):
        stream.write(b"half")
        raise failure

    with pytest.raises((SolutionFileError, KeyboardInterrupt), match=r"No space left|^$"):
        write_atomically(target, broken)
    assert target.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["s.json"]


def test_a_solution_that_json_cannot_hold_leaves_the_old_file(tmp_path):
    target = tmp_path / "s.json"
    target.write_text("old")
    with pytest.raises(ValueError, match="JSON"):
        solution(value=float("nan")).to_json(target)
    assert target.read_text() == "old"


def test_where_nothing_can_be_written_it_is_a_finding(tmp_path):
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "file").write_text("")
    for target in ("none/s.json", "folder.json", "file/s.json", "x" * 300):
        with pytest.raises(SolutionFileError, match="a folder that exists"):
            solution().to_json(tmp_path / target)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder.json"]


def test_new_files_have_ordinary_permissions(tmp_path):
    before = os.umask(0o022)
    try:
        solution().to_json(tmp_path / "s.json")
    finally:
        os.umask(before)
    assert (tmp_path / "s.json").stat().st_mode & 0o777 == 0o644


def test_numbers_in_solution_files_keep_their_decimal_value(tmp_path):
    (tmp_path / "s.json").write_text('{"x": 0.1, "y": 1e-3, "z": 0e999, "i": 3}')
    data = read_solution_data(tmp_path / "s.json")
    assert data == {"x": Fraction(1, 10), "y": Fraction(1, 1000), "z": 0, "i": 3}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "valid JSON"),
        (b"{", "valid JSON"),
        (b"[1]", "a JSON object"),
        (b"3", "a JSON object"),
        (b"\xff\xfe", "not UTF-8"),
        (b"\x89PNG\r\n", "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"x": NaN}', "NaN"),
        (b'{"x": -Infinity}', "Infinity"),
        (b'{"x": 1e999}', "1e999"),
        (b'{"x": 1e99999999999999999999999}', "outside the range"),
        (b'{"x": ' + b"9" * 5000 + b"}", "digits"),
        (b'{"x": 1, "x": 2}', "'x' twice"),
        (b'{"format": "mdsolve-solution/2"}', "mdsolve-solution/2"),
        (b'{"format": 3}', "the format '3'"),
    ],
)
def test_what_is_no_solution_is_a_finding(tmp_path, content, words):
    (tmp_path / "s.json").write_bytes(content)
    with pytest.raises(SolutionFileError, match=words) as caught:
        read_solution_data(tmp_path / "s.json")
    assert caught.value.findings[0].where == str(tmp_path / "s.json")


def test_what_is_no_file_is_a_finding(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "endless").symlink_to("/dev/zero")
    with (tmp_path / "huge").open("wb") as stream:
        stream.truncate(SOLUTION_SIZE_LIMIT + 1)
    for name, words in {
        "none": "No such file",
        ".": "a folder",
        "pipe": "a pipe",
        "endless": "a pipe or device",
        "huge": "put large tables into .npy files",
    }.items():
        with pytest.raises(SolutionFileError, match=words):
            read_solution_data(tmp_path / name)


def test_transfers_are_money_received_in_every_kind_of_game():
    shared = solution("shapley", payments=np.array([2.0, -2.0]))
    table = np.array([[1.0, -1.0], [0.0, 0.5]])
    market = solution(table={"payments": np.stack([table, 2 * table])})
    one_profile = solution(table={"payments": table}, payments=[Fraction(1, 2), Fraction(0)])
    assert shared.transfers.tolist() == [2.0, -2.0]
    assert np.array_equal(market.transfers, -np.stack([table, 2 * table]))
    assert one_profile.transfers.tolist() == [-0.5, 0.0]
    assert solution(contributions=[1.0]).transfers is None
