"""`mdsolve payments`: side constraints, objectives, explanations."""

from __future__ import annotations

import numpy as np
import pytest

from tests.cli.conftest import CASES, PAPER, SMALL

GROWTH = SMALL / "growth.yaml"


def test_without_side_constraints_it_is_the_desirable_mechanism(mdsolve_json):
    _, payments = mdsolve_json("payments", GROWTH)
    _, solved = mdsolve_json("solve", GROWTH, "-m", "desirable")
    assert payments["table"] == solved["table"]
    assert payments["mechanism"] == solved["mechanism"]


def test_a_side_constraint_holds_and_is_checked(mdsolve, mdsolve_json):
    arguments = ("payments", GROWTH, "--side", "budget-balance", "--objective", "fairness")
    code, out, _ = mdsolve(*arguments)
    assert code == 0
    assert "Side constraints: budget-balance; objective: fairness" in out
    code, data = mdsolve_json(*arguments)
    np.testing.assert_allclose(np.sum(data["table"]["payments"], axis=0), 0, atol=1e-9)
    claimed = {c["name"] for c in data["certificate"]["conditions"] if c["claimed"]}
    assert "budget-balance" in claimed
    assert data["certificate"]["verdict"] == "pass"


def test_several_side_constraints_hold_together(mdsolve_json):
    code, data = mdsolve_json("payments", GROWTH, "--side", "cap=0.1", "--side", "floor=-0.1")
    payments = np.array(data["table"]["payments"], dtype=float)
    assert code == 0
    assert payments.max() <= 0.1 + 1e-9
    assert payments.min() >= -0.1 - 1e-9
    claimed = {c["name"] for c in data["certificate"]["conditions"] if c["claimed"]}
    assert "side-constraints" in claimed


def test_side_constraints_that_nothing_satisfies_are_exit_three(mdsolve):
    code, out, _ = mdsolve("payments", GROWTH, "--side", "floor=10")
    assert code == 3
    assert "0 <= something negative" in out
    code, out, _ = mdsolve("payments", GROWTH, "--side", "cap=-0.1")
    assert code == 3
    assert "that is their cap" in out


@pytest.mark.parametrize("where", ["3,1", "profile", "minimal", " 1 , 2 "])
def test_a_payment_is_explained(mdsolve, where):
    code, out, _ = mdsolve("payments", GROWTH, "--explain", where, "--quiet")
    assert code == 0
    assert "pays" in out
    assert "may stay out" in out


def test_with_json_the_explanation_goes_to_stderr(mdsolve_json, mdsolve):
    code, data = mdsolve_json("payments", GROWTH, "--explain", "3,1")
    assert (code, data["exists"]) == (0, True)
    assert "pays" in mdsolve("payments", GROWTH, "--explain", "3,1", "--json")[2]


def test_where_there_are_no_payments_nothing_is_explained_away(mdsolve):
    code, _, err = mdsolve("payments", PAPER / "fixed-market-7.yaml", "--explain", "minimal")
    assert code in (2, 3)
    assert "internal" not in err


def test_a_market_given_by_a_table_has_payments_too(mdsolve_json):
    code, data = mdsolve_json("payments", CASES / "orchards.yaml")
    assert code in (0, 3)
    assert data["certificate"]["verdict"] == "pass"
