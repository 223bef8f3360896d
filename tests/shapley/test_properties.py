"""What every Shapley value obeys: the axioms, and how data and money scale."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdsolve.game.accuracies.coverage import CoverageAccuracy
from mdsolve.game.accuracies.power import PowerCurve
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.costs import Costs
from mdsolve.game.sharing import SharingGame, no_limits
from mdsolve.game.weights import DenseWeights
from mdsolve.shapley.potential import potential
from mdsolve.shapley.routes import shapley

AMOUNT = st.one_of(st.just(0.0), st.floats(1e-6, 1e6))


@st.composite
def games(draw, most=7):
    """Return a game with a dense power or a coverage payoff, and contributions."""
    n = draw(st.integers(1, most))
    value = np.array(draw(st.lists(st.floats(0, 5), min_size=n, max_size=n)))
    s = np.array(draw(st.lists(AMOUNT, min_size=n, max_size=n)))
    seed = draw(st.integers(0, 1000))
    random = np.random.default_rng(seed)
    if draw(st.booleans()):
        matrix = random.random((n, n)) * (random.random((n, n)) < 0.7)
        curve = PowerCurve(1.0, draw(st.floats(0.1, 1)), draw(st.floats(0.1, 5)))
        accuracy = WeightedAccuracy(DenseWeights(matrix), curve, draw(st.floats(0, 10)))
    else:
        accuracy = CoverageAccuracy(random.dirichlet(np.ones(4), n))
    return game_with(accuracy, value), s


def game_with(accuracy, value):
    n = len(value)
    names = [f"a{k}" for k in range(n)]
    endless = no_limits(n)
    return SharingGame(names, accuracy, Costs.linear(np.ones(n)), value, endless, endless)


def relabelled(game, order):
    accuracy = game.accuracy
    if isinstance(accuracy, CoverageAccuracy):
        moved = CoverageAccuracy(accuracy.distributions[order])
    else:
        matrix = accuracy.weights.matrix[np.ix_(order, order)]
        moved = WeightedAccuracy(DenseWeights(matrix), accuracy.curve, accuracy.platform_data)
    return game_with(moved, game.value[order])


def scale_of(game):
    return max(1.0, float(game.value.sum()))


@given(games())
def test_shares_sum_to_what_is_gained(case):
    game, s = case
    gained = game.total_benefit(s) - game.total_benefit(0 * s)
    assert shapley(game, s).shares.sum() == pytest.approx(gained, abs=1e-12 * scale_of(game))


@given(games())
def test_positive_shares_and_slopes_and_null_agents(case):
    game, s = case
    found = shapley(game, s, derivatives=True)
    assert np.all(found.shares >= 0)
    assert np.all(found.slopes >= 0)
    assert np.all(found.shares[s == 0] == 0)


@given(games(), st.randoms(use_true_random=False))
def test_relabelling(case, shuffler):
    game, s = case
    order = list(range(game.size))
    shuffler.shuffle(order)
    moved = shapley(relabelled(game, order), s[order], derivatives=True)
    here = shapley(game, s, derivatives=True)
    np.testing.assert_allclose(moved.shares, here.shares[order], rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(moved.slopes, here.slopes[order], rtol=1e-12, atol=1e-300)


@given(games(), st.floats(0.01, 100))
def test_money_scales(case, factor):
    game, s = case
    richer = shapley(game_with(game.accuracy, factor * game.value), s).shares
    np.testing.assert_allclose(richer, factor * shapley(game, s).shares, rtol=1e-12, atol=1e-300)


@given(games())
def test_additive_in_the_payoffs(case):
    """The shares of a sum of payoffs are the sums of the shares."""
    game, s = case
    parts = sum(
        shapley(game_with(game.accuracy, game.value * (np.arange(game.size) == k)), s).shares
        for k in range(game.size)
    )
    np.testing.assert_allclose(
        shapley(game, s).shares, parts, rtol=1e-12, atol=1e-14 * scale_of(game)
    )


@given(games(most=6), st.integers(0, 5))
def test_a_null_agent_changes_nothing(case, place):
    """Somebody without data and without value joins: nobody else's share moves."""
    game, s = case
    accuracy = game.accuracy
    place = min(place, game.size)
    if isinstance(accuracy, CoverageAccuracy):
        wider = CoverageAccuracy(np.insert(accuracy.distributions, place, 0.25, axis=0))
    else:
        matrix = np.insert(np.insert(accuracy.weights.matrix, place, 1, axis=0), place, 1, axis=1)
        wider = WeightedAccuracy(DenseWeights(matrix), accuracy.curve, accuracy.platform_data)
    joined = shapley(game_with(wider, np.insert(game.value, place, 0.0)), np.insert(s, place, 0.0))
    assert joined.shares[place] == 0
    np.testing.assert_allclose(
        np.delete(joined.shares, place), shapley(game, s).shares, rtol=1e-11, atol=1e-300
    )


@given(games(most=6))
def test_twins_get_the_same(case):
    """An agent and their exact copy get equal shares."""
    game, s = case
    accuracy = game.accuracy
    copied = [*range(game.size), 0]
    if isinstance(accuracy, CoverageAccuracy):
        wider = CoverageAccuracy(accuracy.distributions[copied])
    else:
        matrix = accuracy.weights.matrix[np.ix_(copied, copied)]
        wider = WeightedAccuracy(DenseWeights(matrix), accuracy.curve, accuracy.platform_data)
    found = shapley(game_with(wider, game.value[copied]), s[copied], derivatives=True)
    assert found.shares[0] == pytest.approx(found.shares[-1], rel=1e-13)
    assert found.slopes[0] == pytest.approx(found.slopes[-1], rel=1e-13)


@given(games())
def test_balanced_contributions(case):
    """P(N) is the potential: an agent's share is what P loses without them (Hart, Mas-Colell)."""
    game, s = case
    found = shapley(game, s).shares
    for agent in range(game.size):
        without = np.where(np.arange(game.size) == agent, 0.0, s)
        lost = potential(game, s) - potential(game, without)
        assert found[agent] == pytest.approx(lost, abs=2e-11 * scale_of(game))
