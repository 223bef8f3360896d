"""Equilibria of joint learning against brute force, bisection and the definition."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st

from mdsolve.game.build_sharing import sharing_game
from mdsolve.instance import parse
from mdsolve.progress import Monitor
from mdsolve.solver.joint.equilibrium import gradient, joint_equilibrium, utilities_alone, worse_off
from tests.solver.joint.joint_games import games, utilities


@settings(max_examples=40, deadline=None)
@given(games(noise=st.sampled_from([0.5, 2])), st.sampled_from([0.0, 0.05]))
def test_nobody_gains_on_a_fine_grid(data, price):
    game = sharing_game(parse(data))
    found = joint_equilibrium(game, price, Monitor())
    assert found.rested
    s, w = found.contributions, found.parameters
    base = utilities(data, w, s, price)
    for k in range(game.size):
        for own in np.linspace(0, game.capacity[k], 101):
            moved = s.copy()
            moved[k] = own
            if moved.sum() + game.platform_data > 0:
                gain = utilities(data, w, moved, price)[k] - base[k]
                assert gain <= 1e-9 * max(1, abs(base).max())


@settings(max_examples=30, deadline=None)
@given(games(noise=st.sampled_from([0.5, 2])))
def test_a_general_root_finder_agrees(data):
    game = sharing_game(parse(data))
    w = game.learning.optimum
    missed = game.learning.shortfalls(w)
    rate, bend = game.costs.rate, game.costs.curvature

    def answers(y):
        return np.clip((game.value * missed / y**2 - rate) / bend, 0, game.capacity)

    def excess(y):
        return game.platform_data + answers(y).sum() - y

    low = max(game.platform_data, 1e-6)
    y = low if excess(low) <= 0 else scipy.optimize.brentq(excess, low, 100, xtol=1e-13)
    found = joint_equilibrium(game, 0.0, Monitor()).contributions
    np.testing.assert_allclose(found, answers(y), atol=1e-8)


@settings(max_examples=25, deadline=None)
@given(games(noise=st.sampled_from([0.5, 2])), st.randoms(use_true_random=False))
def test_agents_in_another_order_do_the_same(data, random):
    order = list(range(len(data["agents"])))
    random.shuffle(order)
    moved = {
        **data,
        "agents": [data["agents"][k] for k in order],
        "accuracy": {
            **data["accuracy"],
            "targets": [data["accuracy"]["targets"][k] for k in order],
        },
    }
    first = joint_equilibrium(sharing_game(parse(data)), 0.0, Monitor())
    second = joint_equilibrium(sharing_game(parse(moved)), 0.0, Monitor())
    np.testing.assert_allclose(first.contributions[order], second.contributions, atol=1e-9)
    np.testing.assert_allclose(first.parameters, second.parameters, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(games(noise=st.sampled_from([0.5, 2])), st.sampled_from([0.5, 4]))
def test_samples_in_another_unit_are_other_numbers_of_the_same_data(data, unit):
    """Samples times c: shortfalls times c, cost rates / c, curvatures / c^2."""
    accuracy = data["accuracy"]
    scaled = {
        **data,
        "platform_data": data["platform_data"] * unit,
        "accuracy": {
            **accuracy,
            "noise": accuracy["noise"] * unit,
            "curvature": [a * unit for a in accuracy["curvature"]],
        },
        "agents": [
            {
                **agent,
                "capacity": agent["capacity"] * unit,
                "cost": {
                    "family": "quadratic",
                    "rate": agent["cost"]["rate"] / unit,
                    "curvature": agent["cost"]["curvature"] / unit**2,
                },
            }
            for agent in data["agents"]
        ],
    }
    first = joint_equilibrium(sharing_game(parse(data)), 0.0, Monitor())
    second = joint_equilibrium(sharing_game(parse(scaled)), 0.0, Monitor())
    np.testing.assert_allclose(
        unit * first.contributions, second.contributions, rtol=1e-8, atol=1e-8
    )
    np.testing.assert_allclose(first.parameters, second.parameters)


@settings(max_examples=25, deadline=None)
@given(games(noise=st.sampled_from([0.5, 2])))
def test_what_agents_have_alone(data):
    game = sharing_game(parse(data))
    found = utilities_alone(game)
    for k, agent in enumerate(data["agents"]):
        single = {
            **data,
            "platform_data": 0,
            "agents": [agent],
            "accuracy": {**data["accuracy"], "targets": [data["accuracy"]["targets"][k]]},
        }
        target = data["accuracy"]["targets"][k]
        best = scipy.optimize.minimize_scalar(
            lambda x, single=single, target=target: -utilities(single, target, [x])[0],
            bounds=(1e-9, agent["capacity"]),
            method="bounded",
            options={"xatol": 1e-10},
        )
        ends = [utilities(single, target, [x])[0] for x in (1e-9, agent["capacity"])]
        assert found[k] == pytest.approx(max(-best.fun, *ends), abs=1e-7)
    losers = worse_off(game, found - [1, *[0] * (game.size - 1)], 1e-9)
    assert losers["than_alone"] == ["a0"]


def test_the_point_printed_for_example_1_is_at_rest_in_one_block_only():
    from tests.solver.joint.joint_games import EXAMPLE1

    game = sharing_game(parse(EXAMPLE1))
    found = gradient(game, np.array([0.5, 1.5]), np.array([0.0, 5.0]), 0.0)
    np.testing.assert_allclose(found["projected"], [0, 0], atol=1e-17)
    np.testing.assert_allclose(found["parameters"], [0.2, 0.2])
