"""Contributions alone that are not quite the best are refused in every number system."""

from __future__ import annotations

import json

import pytest

import mdsolve as md

GAMES = {
    "linear": {"family": "linear", "weights": [[2, 1], ["0.5", 3]]},
    "power": {"family": "power", "exponent": 2},
}


@pytest.mark.parametrize("arithmetic", ["auto", "exact", "enclosure", "float"])
@pytest.mark.parametrize("family", GAMES)
def test_the_best_alone_is_one_place(family, arithmetic):
    agents = [
        {"name": "a", "cost": {"family": "quadratic", "rate": 0, "curvature": 1}},
        {"name": "b", "cost": 2, "capacity": 3},
    ]
    game = md.parse({"kind": "sharing", "agents": agents, "accuracy": GAMES[family]})
    data = json.loads(json.dumps(md.solve(game, "none").to_dict()))
    right = data["standalone"]["contributions"][0]
    assert md.verify(game, data, arithmetic=arithmetic).verdict != "fail"
    for wrong in (right * (1 + 1e-6), right * (1 - 1e-6)):
        data["standalone"]["contributions"][0] = wrong
        assert md.verify(game, data, arithmetic=arithmetic).verdict != "pass"
