"""How a solution says that it ended has to fit what it holds: an answer, or a proof of none."""

from __future__ import annotations

import pytest

import mdsolve as md

AGENTS = [{"name": name, "cost": "1/10", "capacity": 20} for name in "ab"]
GAME = md.parse({"kind": "sharing", "agents": AGENTS, "accuracy": {"family": "power"}})
MARKET = md.load("instances/cases/two-banks-fintech.yaml")


def nothing(instance):
    """Return a solution that proves that nothing exists."""
    if instance is MARKET:
        return md.solve(instance)
    return md.solve(instance, "target", options={"contributions": [20, 20]})


@pytest.mark.parametrize("instance", [GAME, MARKET], ids=["sharing", "market"])
def test_a_proof_of_nothing_is_no_solution(instance):
    found = nothing(instance)
    assert (found.termination.label, found.certificate.verdict) == ("infeasible", "pass")
    data = found.to_dict()
    for ending in ("solved", "solved and more"):
        wrong = {**data, "status": {**data["status"], "termination": ending}}
        certificate = md.verify(instance, wrong)
        assert certificate.verdict == "fail"
        assert certificate.condition("stated-numbers").witness["key"] == "status.termination"
