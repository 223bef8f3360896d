"""Which agents could swap places, against exchanging them by hand in random games."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from mdsolve.certificate.sharing.likeness import Likeness

import mdsolve as md
from mdsolve.game.build_sharing import sharing_game

Accuracy = dict[str, Any]


def accuracy_of(family: str, rng: np.random.Generator, size: int) -> Accuracy:
    """Return a random accuracy with few different numbers, so that likenesses are common."""
    if family == "common":
        return {"family": "power", "weights": rng.choice([1.0, 2.0], size).tolist()}
    if family == "dense":
        matrix = rng.choice([1.0, 2.0], (size, size), p=[0.85, 0.15])
        return {"family": "power", "weights": matrix.tolist()}
    if family == "groups":
        names = ["g0", "g1", "g2"]
        table = {a: {b: float(rng.choice([1.0, 2.0], p=[0.7, 0.3])) for b in names} for a in names}
        return {"family": "power", "group_weights": table}
    if family == "coverage":
        rows = [[0.5, 0.5], [0.25, 0.75]]
        return {
            "family": "coverage",
            "distributions": [rows[k] for k in rng.integers(2, size=size)],
        }
    neighbours = [[j for j in range(size) if j == i or rng.random() < 0.7] for i in range(size)]
    curve = {"points": [[0, 0], [1, 0.5], [2, 0.75]]}
    return {"family": "union", "curve": curve, "neighbours": neighbours}


@pytest.mark.parametrize("family", ["common", "dense", "groups", "coverage", "union"])
def test_against_exchanging_agents_at_random_profiles(family: str) -> None:
    rng = np.random.default_rng(7)
    size, found, missed = 4, 0, 0
    for _ in range(40):
        agents = [
            {"name": f"a{k}", "cost": 0.1, "group": f"g{rng.integers(3)}" if k > 2 else f"g{k}"}
            for k in range(size)
        ]
        instance = {"kind": "sharing", "agents": agents, "accuracy": accuracy_of(family, rng, size)}
        game = sharing_game(md.parse(instance))
        profiles = rng.uniform(0.1, 0.9, (3, size))
        like = Likeness(game, np.ones(size)).like()
        for i, j in itertools.combinations(range(size), 2):
            order = np.arange(size)
            order[[i, j]] = j, i
            same = all(
                np.allclose(game.accuracies(s[order]), game.accuracies(s)[order], rtol=1e-12)
                for s in profiles
            )
            assert (like[i] == like[j]) == same
            found, missed = found + same, missed + (not same)
    assert found > 5
    assert missed > 5


def test_other_values_and_contributions_set_agents_apart() -> None:
    agents = [
        {"name": name, "cost": 0.1, "value": value}
        for name, value in zip("abc", (1, 1, 2), strict=True)
    ]
    game = sharing_game(
        md.parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    )
    assert Likeness(game, np.ones(3)).like().tolist() == [0, 0, 2]
    assert Likeness(game, np.array([1.0, 2.0, 1.0])).like().tolist() == [0, 1, 2]


def test_flat_accuracies_do_not_make_agents_alike() -> None:
    """At a profile beyond the last point every slope is 0, whoever listens to whom."""
    instance = md.parse(
        {
            "kind": "sharing",
            "agents": [{"name": name, "cost": 0.01, "capacity": 4} for name in "abcd"],
            "accuracy": {
                "family": "union",
                "curve": {"points": [[0, 0], [1, 0.9]]},
                "neighbours": [[0, 1], [1], [2, 3, 0], [3]],
            },
        }
    )
    solution = md.solve(instance, mechanism="shapley")
    assert solution.termination.label == "solved"
    assert solution.certificate.condition("equal-treatment").verdict == "pass"
    assert np.ptp(np.asarray(solution.payments)) > 0.1
