"""Rules with their options wherever mechanisms are named."""

from __future__ import annotations

import mdsolve as md

AGENTS = [{"name": "a", "cost": 0.05}, {"name": "b", "cost": 0.1}]
GAME = md.parse({"kind": "sharing", "agents": AGENTS, "accuracy": {"family": "power"}})


def test_rules_are_compared_and_swept_with_their_options():
    rules = [md.Rule("budget-balanced", beta="0.2"), "none"]
    found = md.compare(GAME, rules)
    assert found.solutions["budget-balanced"] == md.solve(GAME, rules[0])
    table = md.sweep(GAME, {"agents.a.cost": "0.05:0.1:2"}, rules)
    assert len(table.column("welfare")) == 4
    one = md.sweep(GAME, {"agents.a.cost": "0.05:0.1:2"}, md.Rule("budget-balanced", beta="0.2"))
    assert one.column("welfare") == table.column("welfare")[::2]
