"""Solving from Python: options, stops, what is written on the solution."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

import mdsolve as md
from mdsolve.errors import UnsupportedError, UsageError
from mdsolve.instance.starter import STARTERS
from mdsolve.progress import Monitor
from mdsolve.status import Termination

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

    monkeypatch.setattr("mdsolve.study.certify.check_of", stop)
    solution = md.solve(market)
    assert solution.termination is Termination.INTERRUPTED
    assert "table" in solution.answers
    assert {c.verdict for c in solution.certificate.conditions} == {"not-checked"}


def test_payments_with_side_constraints_carry_their_claims():
    solution = md.payments(md.parse(DATA), side=["budget-balance", "cap=1"])
    claimed = {c.name for c in solution.certificate.conditions if c.claimed}
    assert {"budget-balance", "side-constraints"} <= claimed
    assert solution.certificate.verdict == "pass"
    assert np.abs(solution.table["payments"].sum(axis=0)).max() < 1e-9


def test_training_instances_are_named_as_not_solvable_yet():
    training = md.parse(yaml.safe_load(STARTERS["training"]))
    with pytest.raises(UnsupportedError, match="market or sharing"):
        md.solve(training, "none")


def test_an_empty_name_is_no_mechanism():
    with pytest.raises(UsageError, match="one of free"):
        md.solve(md.parse(DATA), "")
