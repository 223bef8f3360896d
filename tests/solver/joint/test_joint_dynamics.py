"""Algorithms 1 and 2 of [D25]: from many starts, against integration in time and plain loops."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.integrate
from hypothesis import given, settings
from hypothesis import strategies as st

from mdsolve.game.build_sharing import sharing_game
from mdsolve.instance import parse
from mdsolve.progress import Monitor
from mdsolve.solver.iterate import Ending
from mdsolve.solver.joint.dynamics import Motion, follow
from mdsolve.solver.joint.equilibrium import joint_equilibrium
from mdsolve.solver.joint.full_contribution import keeps_full, phase_bounds, prices
from tests.solver.joint.joint_games import EXAMPLE1, games, two_targets

STARTS = [(0, 0), (0.5, 1.5), (1, 2), (3, -1), (0.3, 0.7), (1.2, 2.1)]


@pytest.mark.parametrize("w", STARTS)
@pytest.mark.parametrize("s", [(5, 5), (2.5, 2.5), (1, 4)])
def test_example_1_ends_without_data_from_every_start(w, s):
    game = sharing_game(parse(EXAMPLE1))
    start = np.array(s, float), np.array(w, float)
    path = follow(game, *start, Motion(0.25, 0.25), 20_000, Monitor())
    assert path.ending is Ending.SINGULAR
    assert path.contributions.tolist() == [0, 0]
    np.testing.assert_allclose(path.parameters, [1, 2], atol=1e-12)
    assert path.left_at is None


@pytest.mark.parametrize("s", [(5, 5), (2.5, 2.5), (1, 4)])
def test_as_printed_contributions_leave_their_box_for_good(s):
    game = sharing_game(parse(EXAMPLE1))
    start = np.array(s, float), np.array([0.5, 1.5])
    path = follow(game, *start, Motion(0.25, 0.25, projected=False), 2000, Monitor())
    plain = np.array(s, float), np.array([0.5, 1.5])
    x, w = plain
    for _ in range(2000):
        rise = ((w - [1, 2]) ** 2).sum() / x.sum() ** 2 - np.array([0.04, 0.02])
        stopped = ((x == 0) & (rise < 0)) | ((x == 5) & (rise > 0))
        x, w = x + 0.25 * np.where(stopped, 0, rise), w - 0.5 * (w - [1, 2]) / x.sum()
    np.testing.assert_allclose(path.contributions, x, rtol=1e-9)
    assert path.contributions.max() < 0
    assert path.left_at is not None
    assert np.all(path.states[path.kept < path.left_at] >= 0)


def test_small_steps_follow_the_differential_equation():
    game, _ = two_targets()
    w0, s0, span = np.array([0.4]), np.array([4.0, 3.0]), 200.0

    def flow(_, state):
        s, w = state[:2], state[2:]
        y = 10 + s.sum()
        missed = (w - np.array([0.0, 2.0])) ** 2 + 3
        cost = np.array([0.004, 0.002]) + np.array([0.003, 0.001]) * s
        return np.concatenate([missed / y**2 - cost, -2 * (w - 1) / y])

    exact = scipy.integrate.solve_ivp(
        flow, (0, span), np.concatenate([s0, w0]), rtol=1e-10, atol=1e-12
    ).y[:, -1]
    gaps = []
    for step in (0.2, 0.1, 0.05):
        path = follow(game, s0, w0, Motion(step, step), round(span / step), Monitor())
        gaps.append(np.abs(np.concatenate([path.contributions, path.parameters]) - exact).max())
    assert gaps[2] < 1e-3
    assert gaps[1] / gaps[0] == pytest.approx(0.5, abs=0.05)  # first order in the step
    assert gaps[2] / gaps[1] == pytest.approx(0.5, abs=0.05)


@settings(max_examples=15, deadline=None)
@given(
    games(noise=st.sampled_from([0.5, 2]), platform=st.sampled_from([5])), st.integers(0, 2**32 - 1)
)
def test_rounds_that_come_to_rest_do_so_at_the_equilibrium(data, seed):
    game, random = sharing_game(parse(data)), np.random.default_rng(seed)
    s = random.uniform(0, 1, game.size) * game.capacity
    w = random.uniform(-3, 3, game.learning.parameters)
    path = follow(game, s, w, Motion(0.3, 0.5), 50_000, Monitor())
    assert path.ending is Ending.RESTED
    found = joint_equilibrium(game, 0.0, Monitor())
    np.testing.assert_allclose(path.contributions, found.contributions, atol=1e-7)
    np.testing.assert_allclose(path.parameters, found.parameters, atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(games(noise=st.sampled_from([0, 2]), platform=st.sampled_from([0, 5])), st.floats(1.01, 3))
def test_a_price_above_zeta_and_tau_moves_everybody_within_the_bound(data, factor):
    game = sharing_game(parse(data))
    known = prices(game, game.learning.optimum)
    beta = factor * known.sufficient
    s = game.capacity / 3
    phases = phase_bounds(game, s, beta - known.sufficient, None, None)
    w = np.zeros(game.learning.parameters)
    path = follow(game, s, w, Motion(phases.gamma, 0.0, beta), phases.first, Monitor())
    assert path.contributions.tolist() == game.capacity.tolist()
    second = follow(game, game.capacity, w, Motion(0.0, phases.eta), 100_000, Monitor())
    away = np.linalg.norm(second.models - game.learning.optimum, axis=1)
    promised = away[0] * phases.rate ** second.kept.astype(float)
    assert np.all(away <= promised + 1e-10)
    np.testing.assert_allclose(second.parameters, game.learning.optimum, atol=1e-9)


def test_below_the_least_price_somebody_stays_below_his_capacity():
    game, w = two_targets()
    known = prices(game, w)
    assert keeps_full(game, w, known.least * (1 + 1e-9))
    assert not keeps_full(game, w, known.least * (1 - 1e-6))
    path = follow(
        game, game.capacity / 2, w, Motion(5.0, 0.0, known.least * 0.9), 100_000, Monitor()
    )
    assert path.ending is Ending.RESTED
    assert np.any(path.contributions < game.capacity)


def test_steps_that_are_too_large_for_the_model_are_seen():
    game = sharing_game(parse(EXAMPLE1))
    start = np.array([5.0, 5.0]), np.array([0.5, 1.5])
    assert follow(game, *start, Motion(1, 30), 2000, Monitor()).ending is Ending.DIVERGED
