"""Solve and verify from Python: options, stops, foreign answers, explanations."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import yaml

import mdsolve as md
from mdsolve.errors import SolutionFileError, UnsupportedError, UsageError
from mdsolve.instance.starter import STARTERS
from mdsolve.progress import Monitor
from mdsolve.status import Termination
from mdsolve.study.check import compare, distance
from mdsolve.study.explain import explain_payments
from mdsolve.study.frontier import parse_agents, parse_exponents, sweep

DATA = {
    "kind": "market",
    "agents": ["north", "south"],
    "types": [1, 2, 3],
    "valuation": {"family": "growth", "exponent": "-1/2"},
    "mechanism": {"name": "desirable", "route": "sweep"},
}


def test_options_of_the_file_and_of_the_caller():
    market = md.parse(DATA)
    assert md.solve(market).mechanism.options["route"] == "sweep"
    assert "monotone" in md.solve(market, options={"route": "monotone"}).provenance.solver
    assert md.solve(market, "vcg").mechanism.name == "vcg"


def test_no_mechanism_named_lists_them():
    market = md.parse({key: DATA[key] for key in DATA if key != "mechanism"})
    with pytest.raises(UsageError, match="free, vcg, mep, desirable"):
        md.solve(market)


def test_seconds_method_and_hash_are_on_the_solution(instances):
    market = md.load(instances / "small" / "growth.yaml")
    solution = md.solve(market)
    assert set(solution.provenance.seconds) == {"build", "solve", "verify"}
    assert solution.provenance.solver
    assert solution.instance.sha256 == market.sha256


def test_a_time_limit_keeps_what_is_done(instances):
    market = md.load(instances / "bench" / "general-3x60.yaml")
    stopped = md.solve(market, monitor=Monitor(time_limit=0.0))
    assert stopped.termination is Termination.LIMIT
    assert stopped.exit_code == 4
    assert "table" not in stopped.answers


def test_a_stop_during_the_check_keeps_the_payments(monkeypatch):
    market = md.parse(DATA)

    def stop(*arguments, **keywords):
        raise KeyboardInterrupt

    monkeypatch.setattr("mdsolve.study.run.verify_market", stop)
    solution = md.solve(market)
    assert solution.termination is Termination.INTERRUPTED
    assert "table" in solution.answers
    assert {c.verdict for c in solution.certificate.conditions} == {"not-checked"}


def test_verify_accepts_arrays_and_refuses_wrong_shapes():
    market = md.parse(DATA)
    payments = md.solve(market).table["payments"]
    assert md.verify(market, {"table": {"payments": payments}}).verdict == "pass"
    assert md.verify(market, {"table": {"payments": payments + 1}}).verdict == "fail"
    with pytest.raises(SolutionFileError, match="shape"):
        md.verify(market, {"table": {"payments": payments[:1]}})
    with pytest.raises(SolutionFileError, match="agents"):
        md.verify(market, {"agents": ["x", "y"], "table": {"payments": payments}})


def test_what_is_missing_is_not_invented():
    certificate = md.verify(md.parse(DATA), {})
    assert certificate.verdict == "not-checked"
    assert all(c.detail for c in certificate.conditions)


def test_payments_with_side_constraints_carry_their_claims():
    solution = md.payments(md.parse(DATA), side=["budget-balance", "cap=1"])
    claimed = {c.name for c in solution.certificate.conditions if c.claimed}
    assert {"budget-balance", "side-constraints"} <= claimed
    assert solution.certificate.verdict == "pass"
    assert np.abs(solution.table["payments"].sum(axis=0)).max() < 1e-9


def test_training_instances_are_named_as_not_solvable_yet():
    game = md.parse(yaml.safe_load(STARTERS["training"]))
    for call in (lambda: md.solve(game, "none"), lambda: md.verify(game, {})):
        with pytest.raises(UnsupportedError, match="market"):
            call()


def test_explanations_name_agent_type_and_reason():
    market = md.parse({**DATA, "types": [1, 9]})
    solution = md.solve(market)
    lines = explain_payments(market, solution, "9,1")
    assert len(lines) == 2
    assert lines[0].startswith("north pays")
    assert "may stay out" in lines[1]
    assert explain_payments(market, solution, "minimal")
    with pytest.raises(UsageError):
        explain_payments(market, solution, "9")
    with pytest.raises(UsageError):
        explain_payments(market, solution, "9,4")


def test_known_answers_are_compared_exactly_when_asked():
    assert distance("1/3", Fraction(1, 3), Fraction(0)) == (0.0, True)
    assert distance(["1/3"], [Fraction(1, 3), 2], Fraction(0)) == (None, False)
    assert distance({"a": 1}, {"a": 1.5, "b": 2}, Fraction(1, 10)) == (0.5, False)
    assert distance(True, True, Fraction(0)) == (None, True)
    assert distance(True, None, Fraction(0)) == (None, False)
    solution = md.solve(md.parse(DATA))
    rows = compare(solution, {"mechanism": "desirable", "exists": False, "nothing": 1})
    assert [row.agrees for row in rows] == [False, False]


def test_ranges_of_the_frontier():
    assert [float(x) for x in parse_exponents("-1:-0.9:0.05,-0.5")] == [-1, -0.95, -0.9, -0.5]
    assert parse_agents("2:4") == [2, 3, 4]
    for text in ("-1:-2", "1:2:0", "a", "1:2:3:4", "0:1:1/1000000"):
        with pytest.raises(UsageError):
            parse_exponents(text)
    points, termination = sweep(
        [2], parse_exponents("-0.8"), "one", "pooled", monitor=Monitor(time_limit=0.0)
    )
    assert termination is Termination.LIMIT
    assert len(points) <= 1
    assert md.frontier(agents=2, exponent="-0.8").frontier == 59
    assert [p.frontier for p in md.frontier(agents=[2, 3], exponent=-1)] == [6, 34]
