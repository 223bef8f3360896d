"""Claims as they come: foreign files, fractions, arrays beside the file, malformed ones."""

from __future__ import annotations

import io
import zipfile
from fractions import Fraction

import numpy as np
import pytest
from mdsolve.certificate.market.check import verify_market
from mdsolve.certificate.market.claim import claim_from

from mdsolve.errors import SolutionFileError
from mdsolve.game.build import market_game
from mdsolve.instance import parse


@pytest.fixture
def market():
    return market_game(
        parse(
            {
                "kind": "market",
                "agents": ["a", "b"],
                "types": [1, "4/3"],
                "valuation": {"family": "share"},
            }
        )
    )


RIGHT = [[["0", "1/21"], ["-1/21", "0"]], [["0", "-1/21"], ["1/21", "0"]]]


def test_fraction_strings_are_exact(market):
    claim = claim_from({"table": {"payments": RIGHT}}, market, None, "x")
    assert claim.payments[0, 0, 1] == Fraction(1, 21)
    assert claim.payments.dtype == object


def test_decimals_count_as_written(market):
    claim = claim_from({"table": {"payments": np.full((2, 2, 2), 0.1)}}, market, None, "x")
    condition = verify_market(
        market, claim, arithmetic="exact", conditions=("weak-budget-balance",), claimed=()
    ).condition("weak-budget-balance")
    assert condition.witness["revenue"] == "1/5"


@pytest.mark.parametrize("kind", ["npy", "npz", "text"])
def test_tables_beside_the_file(market, tmp_path, kind):
    table = np.arange(8, dtype=float).reshape(2, 2, 2)
    name = f"p.{'npz' if kind == 'npz' else 'npy'}"
    if kind == "npz":
        np.savez(tmp_path / name, payments=table)
    elif kind == "npy":
        np.save(tmp_path / name, table)
    else:
        np.save(tmp_path / name, table.astype(int).astype(str))
    claim = claim_from({"table": {"payments": {"file": name}}}, market, tmp_path, "x")
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
def test_malformed_tables_are_refused_in_words(market, tmp_path, payments, words):
    (tmp_path / "empty.npz").write_bytes(archive_without_payments())
    (tmp_path / "text.npz").write_text("no archive")
    (tmp_path / "pickled.npy").write_bytes(pickled())
    (tmp_path / "nan.npy").write_bytes(not_finite())
    (tmp_path / "cut.npy").write_bytes(truncated())
    np.save(tmp_path / "wide.npy", np.zeros((2, 2, 3)))
    with pytest.raises(SolutionFileError, match=r"table\.payments") as caught:
        claim_from({"table": {"payments": payments}}, market, tmp_path, "x")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        {"table": [1, 2]},
        {"agents": ["b", "a"]},
        {"mechanism": {"name": "desirable", "options": {"side": ["cap=x"]}}},
        {"mechanism": {"name": "desirable", "options": {"side": 3}}},
    ],
)
def test_other_malformed_parts_are_refused(market, data):
    with pytest.raises(SolutionFileError):
        claim_from(data, market, None, "x")


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
    ],
)
def test_malformed_proofs_are_not_checked_and_never_crash(market, witness):
    claim = claim_from({"exists": False, "witness": witness}, market, None, "x")
    certificate = verify_market(market, claim, conditions=(), claimed=("no-mechanism",))
    condition = certificate.condition("no-mechanism")
    assert condition.verdict == "not-checked"
    assert "no usable proof" in condition.detail
    assert certificate.verdict == "not-checked"
