"""Answers against dense random contributions, judged by the inequality as it is written down anew.

Nothing that respects what is asked for beats an answer called optimal, nor any stated upper bound;
and the answer itself respects it.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import mdsolve as md
from tests.conftest import INSTANCES
from tests.solver.target.plain_games import Plain, named

DRAWS = 300
NEAR = 50
ASKED = [
    ("example 4", "welfare", {}),
    ("example 4", "data", {"reciprocity": 1}),
    ("example 4", "p-mean=0", {"payment_limit": 0.03}),
    ("example 4", "accuracy", {"alone": 0.1}),
    ("example 4", "welfare", {"least_total": 10.5}),
    ("two targets", "data", {"payment_limit": 0.36}),
    ("two targets", "welfare", {"least_share": 0.4}),
    ("weights", "data", {}),
    ("weights", "welfare", {"reciprocity": 1}),
    ("three", "welfare", {}),
    ("three", "data", {}),
    ("linear", "data", {}),
    ("linear", "data", {"payment_limit": 0.5}),
    ("coverage", "data", {}),
    ("curve", "welfare", {}),
    ("curve", "data", {}),
    ("pac", "welfare", {"payment_limit": 0.2}),
]


@cache
def designed(name, goal, require):
    return md.design(named(name).instance, maximize=goal, require=dict(require))


def respected(game: Plain, s, require) -> float:
    """Return the slack of everything that is asked for; a quick look goes first."""
    share, total = require.get("least_share", 0), require.get("least_total", 0)
    if np.any(s < share * game.capacity) or s.sum() < total:
        return -np.inf
    margin = require.get("alone", 0)
    room = float(game.welfare(s) - game.alone.sum() - game.size * margin)
    if room < 0 or not ({"payment_limit", "reciprocity"} & set(require)):
        return room
    limit, part = require.get("payment_limit", np.inf), require.get("reciprocity", 0)
    return game.slack(s, limit, part, margin)


@pytest.mark.parametrize(("name", "goal", "require"), ASKED)
def test_nothing_that_respects_everything_beats_the_answer(name, goal, require):
    game, found = named(name).plain, designed(name, goal, tuple(require.items()))
    s, data = np.array(found.contributions), found.to_dict()
    assert found.certificate.verdict == "pass"
    assert respected(game, s * (1 + 1e-15), require) > -1e-9  # shares are written in decimals
    each = np.full(game.size, require.get("payment_limit", np.inf))
    margin, part = require.get("alone", 0), require.get("reciprocity", 0)

    def goal_at(x):
        least = game.least(x, each, part, margin) if goal not in ("data", "welfare") else None
        return game.best_goal(goal, x, least)

    assert goal_at(s) == pytest.approx(data["objective"], rel=1e-9)
    ceiling = data.get("upper_bound", np.inf)
    assert data["objective"] <= ceiling
    # What is feasible lies below twice the most data that anybody could pay for.
    rng = np.random.default_rng(7)
    size = np.minimum(game.capacity, 4 * max(1.0, s.sum()))
    draws = rng.random((DRAWS, game.size)) ** rng.choice([0.5, 1, 3], (DRAWS, 1)) * size
    steps = rng.normal(size=(NEAR, game.size)) * 10.0 ** -rng.uniform(1, 6, (NEAR, 1))
    near = np.clip(s + steps * np.maximum(s, 0.01 * size), 0, game.capacity)
    best = -np.inf
    for x in np.concatenate([draws, near]):
        quick = game.best_goal(goal, x, np.full(game.size, -np.inf))
        if quick > max(best, data["objective"]) and respected(game, x, require) >= 0:
            best = max(best, goal_at(x))
    room = 1e-9 * abs(data["objective"])
    assert best <= ceiling + room
    if data.get("optimal"):
        assert best <= data["objective"] + room
    else:  # a local search, but in so few dimensions it should find the best there is
        assert best <= data["objective"] * (1 + 1e-6)


@pytest.mark.parametrize(
    ("name", "require"),
    [
        ("example 4", {"alone": 0.3}),
        ("example 4", {"least_total": 60}),
        ("two targets", {"least_share": 0.6}),
        ("three", {"least_total": 25}),
        ("coverage", {"alone": 0.2}),
    ],
)
def test_where_no_rule_exists_no_contributions_can_be_agreed_on(name, require):
    game = named(name)
    found = md.design(game.instance, require=require)
    assert found.termination.label == "infeasible"
    assert found.certificate.verdict == "pass"
    rng = np.random.default_rng(8)
    draws = rng.random((DRAWS, game.plain.size)) ** rng.choice([0.5, 1, 3], (DRAWS, 1))
    assert all(
        respected(game.plain, x, require) < 0 for x in draws * np.minimum(game.plain.capacity, 80)
    )


def test_the_least_utility_under_a_limit_is_not_that_of_the_richest_plan():
    game = md.load(INSTANCES / "papers" / "murhekar2025" / "example4.yaml")
    found, last = {}, 0.0
    for limit in (0.01, 0.02, 0.05, 0.1, 0.2):
        answer = md.design(game, maximize="least-utility", require={"payment_limit": limit})
        assert answer.certificate.verdict == "pass"
        found[limit] = float(min(answer.answers["utilities"]))
        assert found[limit] >= last - 1e-9
        last = found[limit]
    # At the welfare optimum, (3.472135955, 0), a limit of .05 would leave the poorer .4791796.
    assert found[0.05] == pytest.approx(0.5175444679663, rel=1e-9)
    assert found[0.2] == pytest.approx(1.205572809 / 2, rel=1e-9)
