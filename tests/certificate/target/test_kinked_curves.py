"""Designed rules where own payoffs are made of pieces: wanted contributions may lie in any of them.

A deviation to one side meets only the pieces on that side, each up to its own ends.
"""

from __future__ import annotations

import numpy as np
import pytest

import mdsolve as md
from mdsolve.game.build_sharing import sharing_game
from mdsolve.solver.target.rule import TargetRule

POINTS = [[0, 0], [5, 0.3], [14, 0.62], [24, 0.85], [29, 0.9]]
COSTS = (
    "0.012",
    {"family": "piecewise-linear", "points": [[0, 0], [8, "0.05"], [20, "0.3"], [40, 1]]},
    {"family": "quadratic", "rate": "0.004", "curvature": "0.0003"},
)
ACCURACIES = {
    "union": {
        "family": "union",
        "curve": {"points": POINTS},
        "neighbours": [[0, 1], [1, 2], [0, 2]],
    },
    "curve": {"family": "curve", "points": POINTS},
    "pac": {"family": "pac", "ceiling": "0.95", "complexity": "0.3"},
}


def game_of(family):
    agents = [
        {"name": f"a{k}", "cost": cost, "value": 2 + k, "capacity": 40}
        for k, cost in enumerate(COSTS)
    ]
    return md.parse({"kind": "sharing", "agents": agents, "accuracy": ACCURACIES[family]})


def most_gained(instance, data):
    """Return the largest gain of a deviation, by trying many."""
    game, stated = sharing_game(instance), data["target"]
    s = np.array(data["contributions"])
    caps = np.array([np.inf if cap is None else cap for cap in stated["caps"]])
    sums, rates = np.array(stated["lump_sums"]), np.array(stated["rates"])
    rule = TargetRule(game, s, sums, rates, caps, stated.get("penalty", "affine"))
    own, found = game.utilities(s, rule.payments(s)), -np.inf
    for agent in range(game.size):
        for z in np.linspace(0, 40, 401):
            t = s.copy()
            t[agent] = z
            gained = game.utilities(t, rule.payments(t))[agent] - own[agent]
            found = max(found, float(gained))
    return found


@pytest.mark.parametrize("family", ["union", "curve", "pac"])
@pytest.mark.parametrize("seed", range(4))
def test_wanted_contributions_in_any_piece_are_judged_rightly(family, seed):
    random = np.random.default_rng(seed)
    wanted = random.choice([0.0, 2.5, 5.0, 7.0, 14.0, 19.5, 24.0, 27.0, 29.0, 33.0, 40.0], 3)
    require = {"contributions": wanted.tolist(), "alone": "no"}
    instance = game_of(family)
    solution = md.design(instance, require=require)
    assert solution.certificate.verdict == "pass"
    data = solution.to_dict()
    assert most_gained(instance, data) <= 1e-9
    if data["target"].get("penalty", "affine") != "affine":
        return
    rates = np.array(data["target"]["rates"])
    for agent in range(3):
        if rates[agent] == 0:
            continue
        moved = np.where(np.arange(3) == agent, -rates, rates)
        worse = {**data, "target": {**data["target"], "rates": moved.tolist()}}
        if most_gained(instance, worse) > 1e-6:
            assert md.verify(instance, worse).verdict != "pass"
