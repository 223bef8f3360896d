"""Measured curves warn where nothing was measured, and only there."""

from __future__ import annotations

import numpy as np
import pytest

import mdsolve as md
from mdsolve.game.build_sharing import sharing_game
from mdsolve.study.extrapolation import extrapolation_warnings

CURVE = {"family": "curve", "points": [[5, 0.3], [10, 0.5]]}


def instance(accuracy=CURVE, cost=0.001):
    agents = [{"name": "A", "cost": cost}, {"name": "B", "cost": 2 * cost, "group": None}]
    return md.parse({"kind": "sharing", "agents": agents, "accuracy": accuracy})


@pytest.mark.parametrize(
    ("total", "words"),
    [
        (2, "measured from 5"),
        (5 - 1e-6, "measured from 5"),
        (5, ""),
        (np.nextafter(10, 11), ""),
        (10 + 1e-6, "measured up to 10"),
        (10.5, "measured up to 10"),
    ],
)
def test_only_outside_the_measurements(total, words):
    found = extrapolation_warnings(sharing_game(instance()), np.array([total - 1.0, 1.0]))
    assert len(found) == bool(words)
    assert words in "".join(found)


def test_each_curve_of_a_mixture_speaks_for_itself():
    both = {"per_agent": [CURVE, {"family": "power"}]}
    found = extrapolation_warnings(sharing_game(instance(both)), np.array([20.0, 0.0]))
    assert found == ["A sees 20 samples, the curve was measured up to 10 and is continued flat"]


def test_the_solution_carries_the_warning():
    assert "warnings" not in md.solve(instance(), "none").answers
    capped = md.solve(instance(cost=1), "none")
    assert "measured from 5" in capped.warnings[0]
