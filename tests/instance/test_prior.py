"""The prior of a market: what it may be, what it counts for, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import mdsolve as md
from mdsolve.errors import InstanceError
from mdsolve.instance.canonical import data_sha256

MARKET = {"kind": "market", "agents": 2, "types": [1, 3], "valuation": {"family": "share"}}
TABLE = [["1/2", "1/4"], [0.125, 0.125]]


def test_expectations_follow_the_prior():
    likely = np.array([[0.5, 0.25], [0.125, 0.125]])
    found = md.solve(md.parse(MARKET | {"prior": TABLE}), "desirable")
    payments = np.asarray(found.table["payments"], dtype=float)
    assert found.expected_revenue == pytest.approx((likely * payments.sum(axis=0)).sum())
    assert found.expected_welfare == pytest.approx(1)
    assert found.certificate.verdict == "pass"
    even = md.solve(md.parse(MARKET | {"prior": "uniform"}), "desirable")
    assert even.expected_revenue == pytest.approx(even.mean_revenue)
    assert "expected_revenue" not in md.solve(md.parse(MARKET), "desirable").answers
    data = found.to_dict()
    for key in ("expected_revenue", "expected_welfare"):
        wrong = {**data, key: data[key] + 1e-6}
        assert md.verify(md.parse(MARKET | {"prior": TABLE}), wrong).verdict == "fail"


def test_a_prior_is_data():
    plain, uniform = md.parse(MARKET), md.parse(MARKET | {"prior": "uniform"})
    table = md.parse(MARKET | {"prior": TABLE})
    assert len({data_sha256(game) for game in (plain, uniform, table)}) == 3


def test_a_file_holds_it_too(tmp_path):
    np.savez(tmp_path / "prior.npz", likely=np.full((2, 2), 0.25))
    text = "kind: market\nagents: 2\ntypes: [1, 3]\nvaluation: {family: share}\n"
    file = tmp_path / "game.yaml"
    file.write_text(text + "prior: {file: prior.npz, key: likely}\n")
    assert md.load(file).probabilities().sum() == 1


@pytest.mark.parametrize(
    ("prior", "words"),
    [
        ("even", "uniform"),
        ([[0.5, 0.5]], "shape"),
        ([[0.5, 0.25], [0.25, 0.25]], "sum to 1"),
        ([[0.5, 0.75], [-0.25, 0]], "0 or more"),
        ([["x", 0], [0, 1]], "probabilities as numbers"),
        ([[1, 0], [0]], "probabilities as numbers"),
        (3, "nested lists"),
        ({"file": "nowhere.npz"}, "readable"),
    ],
)
def test_what_is_no_prior_is_refused(prior, words):
    with pytest.raises(InstanceError, match=words):
        md.parse(MARKET | {"prior": prior})
