"""Claims as they come: foreign files, fractions, arrays beside the file, malformed ones."""

from __future__ import annotations

import io
import zipfile
from fractions import Fraction

import numpy as np
import pytest

import mdsolve as md
from mdsolve.certificate.market_claim import market_claim
from mdsolve.errors import SolutionFileError
from tests.certificate.market.markets import certified, market


@pytest.fixture
def instance():
    return market([1, "4/3"], {"family": "share"}, ("a", "b"))


RIGHT = [[["0", "1/14"], ["-1/14", "0"]], [["0", "-1/14"], ["1/14", "0"]]]


def test_fraction_strings_are_exact(instance):
    claim = market_claim({"table": {"payments": RIGHT}}, instance, None, "x")
    assert claim.payments[0, 0, 1] == Fraction(1, 14)
    assert claim.payments.dtype == object


@pytest.mark.parametrize(
    ("tenth", "revenue"), [(0.1, "1/5"), (np.float64(0.1), "3602879701896397/18014398509481984")]
)
def test_decimals_count_as_written_and_doubles_of_arrays_as_they_are(instance, tenth, revenue):
    array = np.full((2, 2, 2), tenth)
    payments = array if isinstance(tenth, np.float64) else array.tolist()
    condition = certified(
        instance, payments, arithmetic="exact", conditions=("weak-budget-balance",)
    ).condition("weak-budget-balance")
    assert Fraction(condition.witness["revenue"]) == Fraction(revenue)


@pytest.mark.parametrize("kind", ["npy", "npz", "text"])
def test_tables_beside_the_file(instance, tmp_path, kind):
    table = np.arange(8, dtype=float).reshape(2, 2, 2)
    name = f"p.{'npz' if kind == 'npz' else 'npy'}"
    if kind == "npz":
        np.savez(tmp_path / name, payments=table)
    elif kind == "npy":
        np.save(tmp_path / name, table)
    else:
        np.save(tmp_path / name, table.astype(int).astype(str))
    claim = market_claim({"table": {"payments": {"file": name}}}, instance, tmp_path, "x")
    assert np.array_equal(claim.payments.astype(float), table)


def archive_without_payments():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("other.npy", b"")
    return buffer.getvalue()


def pickled():
    buffer = io.BytesIO()
    np.save(buffer, np.array([[[{}] * 2] * 2] * 2, dtype=object), allow_pickle=True)
    return buffer.getvalue()


def not_finite():
    buffer = io.BytesIO()
    np.save(buffer, np.full((2, 2, 2), np.nan))
    return buffer.getvalue()


def truncated():
    buffer = io.BytesIO()
    np.save(buffer, np.zeros((2, 2, 2)))
    return buffer.getvalue()[:-9]


@pytest.mark.parametrize(
    ("payments", "words"),
    [
        ([[0, 0], [0, 0]], "shape"),
        ([[[0, 0], [0]], [[0, 0], [0, 0]]], "ragged"),
        ([[["x", 0], [0, 0]], [[0, 0], [0, 0]]], "not a finite number"),
        ([[[None, 0], [0, 0]], [[0, 0], [0, 0]]], "None"),
        ([[[True, 0], [0, 0]], [[0, 0], [0, 0]]], "not a number"),
        ([[["1/0", 0], [0, 0]], [[0, 0], [0, 0]]], "denominator 0"),
        ("everything", "everything"),
        ({"file": "../p.npy"}, "outside"),
        ({"file": "/etc/passwd"}, "outside"),
        ({"file": "absent.npy"}, "does not exist"),
        ({"file": "empty.npz"}, "no array"),
        ({"file": "text.npz"}, "not an .npz"),
        ({"file": "pickled.npy"}, "type object"),
        ({"file": "nan.npy"}, "not a finite number"),
        ({"file": "cut.npy"}, "truncated"),
        ({"file": "wide.npy"}, "shape"),
        ({}, "usable file name"),
    ],
)
def test_malformed_tables_are_refused_in_words(instance, tmp_path, payments, words):
    (tmp_path / "empty.npz").write_bytes(archive_without_payments())
    (tmp_path / "text.npz").write_text("no archive")
    (tmp_path / "pickled.npy").write_bytes(pickled())
    (tmp_path / "nan.npy").write_bytes(not_finite())
    (tmp_path / "cut.npy").write_bytes(truncated())
    np.save(tmp_path / "wide.npy", np.zeros((2, 2, 3)))
    with pytest.raises(SolutionFileError, match=r"table\.payments") as caught:
        market_claim({"table": {"payments": payments}}, instance, tmp_path, "x")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        {"table": [1, 2]},
        {"agents": ["b", "a"]},
        {"exists": "no"},
        {"mechanism": 3},
        {"mechanism": {"name": "desirable", "options": [1]}},
        {"mechanism": {"name": "desirable", "options": {"side": ["cap=x"]}}},
        {"mechanism": {"name": "desirable", "options": {"side": ["spread=-1"]}}},
        {"mechanism": {"name": "desirable", "options": {"side": ["cap=1", "cap=2"]}}},
        {"mechanism": {"name": "desirable", "options": {"side": ["hat=1"]}}},
        {"mechanism": {"name": "desirable", "options": {"side": 3}}},
    ],
)
def test_other_malformed_parts_are_refused(instance, data):
    with pytest.raises(SolutionFileError):
        market_claim(data, instance, None, "x")


@pytest.mark.parametrize(
    "mechanism",
    [
        {"name": "auction"},
        {"name": "vcg", "options": {"beta": 1}},
        {"name": "vcg", "options": {"arithmetic": "rational"}},
        {"name": "desirable", "options": {"objective": "beauty"}},
    ],
)
def test_unknown_mechanisms_and_options_are_refused_not_ignored(instance, mechanism):
    with pytest.raises(SolutionFileError, match="mechanism"):
        certified(instance, RIGHT, conditions=(), mechanism=mechanism)


@pytest.mark.parametrize("arithmetic", ["float", "exact", "auto"])
def test_it_does_not_matter_what_payments_were_computed_in(instance, arithmetic):
    named = {"name": "desirable", "options": {"arithmetic": arithmetic}}
    assert certified(instance, RIGHT, conditions=(), mechanism=named).verdict == "pass"


@pytest.mark.parametrize(
    "witness",
    [
        {"profile": {"a": 1, "b": 1}, "chains": "ab"},
        {"profile": [1, 1], "chains": []},
        {"profile": {"a": "x", "b": 1}, "chains": []},
        {"profile": {"a": 1, "b": 1}, "chains": [{"agent": "c", "reports": [1]}]},
        {"profile": {"a": 1, "b": 1}, "chains": [{"agent": "a", "reports": 1}]},
        {"profile": {"a": 1, "b": 1}, "chains": [{"agent": ["a"], "reports": [1]}]},
        {"rows": []},
        {"rows": "all"},
        {"rows": [3]},
        {"rows": [{"kind": "rationality"}]},
        {"rows": [{"kind": "rationality", "agent": "a", "profile": {"a": 1, "b": 1}}]},
        {"rows": [{"kind": "revenue", "agent": "z", "profile": {"a": 1, "b": 1}}]},
        {"rows": [{"kind": ["x"], "agent": "a", "profile": {"a": 1, "b": 1}, "multiplier": 1}]},
        {
            "rows": [
                {
                    "kind": "incentive",
                    "agent": "a",
                    "profile": {"a": 1, "b": 1},
                    "report": "4/3",
                    "multiplier": 1,
                }
            ]
        },
        {"kind": "box-tree", "tree": []},
        {"kind": "miracle"},
        "because",
    ],
)
def test_malformed_proofs_are_not_checked_and_never_crash(instance, witness):
    certificate = certified(instance, conditions=(), exists=False, witness=witness)
    condition = certificate.condition("no-mechanism")
    assert condition.verdict == "not-checked"
    assert "no usable proof" in condition.detail
    assert certificate.verdict != "pass"


@pytest.mark.parametrize(
    ("option", "other"), [("arithmetic", "exact"), ("route", 17), ("objective", "spread")]
)
def test_a_proof_is_about_the_options_of_the_solution(option, other):
    none = market(list(range(1, 17)), {"family": "growth", "exponent": "-0.9"}, ("a", "b"))
    data = md.solve(none, "desirable").to_dict()
    assert md.verify(none, data).verdict == "pass"
    about = data["witness"]
    assert about["options"][option] != other
    wrong = data | {"witness": about | {"options": about["options"] | {option: other}}}
    certificate = md.verify(none, wrong)
    assert certificate.verdict != "pass"
    assert f"it is about {option}" in certificate.condition("no-mechanism").detail
