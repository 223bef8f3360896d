"""The regret that the Nash condition reports: the largest gain of any agent, found otherwise."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st
from mdsolve.certificate.sharing.check import verify_sharing
from mdsolve.certificate.sharing.claim import SharingClaim

import mdsolve as md
from mdsolve.game.build_sharing import sharing_game

COSTS = [
    0.1,
    {"family": "quadratic", "rate": 0.05, "curvature": 0.02},
    {"family": "piecewise-linear", "points": [[0, 0], [1, 0.05], [4, 0.8]]},
    {"family": "power", "rate": 0.05, "exponent": 1.7},
]
ACCURACIES = [
    {"family": "power", "weights": [[1, 0.4, 0.1], [0.2, 0.9, 0.5], [0.3, 0.1, 0.7]]},
    {"family": "coverage", "distributions": [[0.5, 0.2], [0.1, 0.4], [0.3, 0.3]]},
    {"family": "curve", "points": [[0, 0], [2, 0.5], [5, 0.8], [20, 0.9]]},
]


def shapley_share(game, s, agent):
    """Sum over coalitions, from the definition."""
    others = [k for k in range(game.size) if k != agent]
    total = 0.0
    for size in range(game.size):
        for members in combinations(others, size):
            without = np.zeros(game.size)
            without[list(members)] = s[list(members)]
            joined = without.copy()
            joined[agent] = s[agent]
            gain = game.total_benefit(joined) - game.total_benefit(without)
            total += gain / (game.size * comb(game.size - 1, size))
    return total


def largest_gain(game, s, mechanism, beta):
    """Golden-section search over each agent's own utility, which is concave."""

    def utility(agent, own):
        moved = s.copy()
        moved[agent] = own
        cost = game.costs.value(moved)[agent]
        if mechanism == "shapley":
            return shapley_share(game, moved, agent) - cost
        borne = 1 - beta if mechanism == "budget-balanced" else 1.0
        price = beta if mechanism == "contribution-transfer" else 0.0
        return game.benefits(moved)[agent] - borne * cost + price * own

    gains = []
    for agent in range(game.size):
        best = scipy.optimize.minimize_scalar(
            lambda own, agent=agent: -utility(agent, own),
            bounds=(0, game.capacity[agent]),
            method="bounded",
            options={"xatol": 1e-11, "maxiter": 1000},
        )
        ends = [utility(agent, end) for end in (0.0, game.capacity[agent])]
        gains.append(max(-best.fun, *ends) - utility(agent, s[agent]))
    return max(gains)


@pytest.mark.parametrize(
    ("mechanism", "beta"),
    [("none", 0), ("budget-balanced", 0.4), ("contribution-transfer", 0.02), ("shapley", 0)],
)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_the_largest_gain_of_any_agent(mechanism, beta, data):
    accuracy = data.draw(st.sampled_from(ACCURACIES[: 2 if mechanism == "shapley" else 3]))
    agents = [
        {"name": name, "cost": data.draw(st.sampled_from(COSTS)), "capacity": 9, "value": 1 + k}
        for k, name in enumerate("ABC")
    ]
    game = sharing_game(md.parse({"kind": "sharing", "agents": agents, "accuracy": accuracy}))
    s = np.array(data.draw(st.lists(st.floats(0, 9), min_size=3, max_size=3)))
    options = {"beta": beta} if beta else {}
    claim = SharingClaim(mechanism=mechanism, options=options, contributions=s, details=options)
    found = verify_sharing(game, claim, conditions=("nash",)).condition("nash")
    expected = largest_gain(game, s, mechanism, beta)
    assert found.violation == pytest.approx(expected, abs=1e-7)


def test_an_agent_without_capacity_is_followed_far_out():
    agents = [{"name": "A", "cost": 1e-8}, {"name": "B", "cost": 0.1}]
    spec = {"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}}
    game = sharing_game(md.parse(spec))
    claim = SharingClaim(mechanism="none", contributions=np.array([1.0, 0.0]))
    found = verify_sharing(game, claim, conditions=("nash",)).condition("nash")
    assert found.witness["best_response"] == pytest.approx(1e4 - 1)
    assert found.violation == pytest.approx(0.5 - 1e-4 - 1e-8 * (1e4 - 2))
