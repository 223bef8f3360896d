"""Shapley and Banzhaf values of every family against the definition and published numbers."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from mdsolve.game.accuracies.power import PowerCurve
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.costs import Costs
from mdsolve.game.sharing import SharingGame, no_limits
from mdsolve.game.weights import CommonWeights, GroupWeights
from mdsolve.shapley.routes import shapley
from tests.shapley.oracle import (
    CONTRIBUTIONS,
    FAMILIES,
    ROUTES,
    cooperative_values,
    game_of,
    game_values,
)


def weighted_game(weights, exponent=1.0, platform=0.0, value=None):
    n = weights.agents
    return SharingGame(
        [f"a{k}" for k in range(n)],
        WeightedAccuracy(weights, PowerCurve(1.0, 1.0, exponent), platform),
        Costs.linear(np.ones(n)),
        np.ones(n) if value is None else value,
        np.full(n, np.inf),
        no_limits(n),
    )


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("index", ["shapley", "banzhaf"])
def test_the_definition(family, index):
    game = game_of(family)
    found = shapley(game, CONTRIBUTIONS, index=index)
    assert found.method == ROUTES.get(family, "enumeration")
    truth = game_values(game, CONTRIBUTIONS, index)
    np.testing.assert_allclose(found.shares, truth, rtol=1e-12, atol=1e-12)
    assert np.max(np.abs(found.shares - truth)) <= found.error_estimate + 1e-14


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("index", ["shapley", "banzhaf"])
def test_enumeration_is_the_definition_too(family, index):
    game = game_of(family)
    found = shapley(game, CONTRIBUTIONS, route="enumeration", index=index, derivatives=True)
    truth = game_values(game, CONTRIBUTIONS, index)
    np.testing.assert_allclose(found.shares, truth, rtol=1e-12, atol=1e-13)
    closed = shapley(game, CONTRIBUTIONS, index=index, derivatives=True)
    np.testing.assert_allclose(closed.slopes, found.slopes, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize(
    ("contributions", "published"),
    [
        ((2.9983929801, 1.1690481371), (1.0174118642, 0.5955493763)),
        ((3.9811543556, 2.4626396141), (0.9537002452, 0.7776195619)),
    ],
)
def test_examples_4_and_7_of_reciprocal_learning(contributions, published):
    agents = [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}]
    found = shapley(game_of({"family": "power"}, agents), np.array(contributions))
    np.testing.assert_allclose(found.shares, published, rtol=0, atol=1e-10)


def test_equilibrium_of_example_4_balances_slopes_and_costs():
    agents = [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}]
    s = np.array([2.9983929801, 1.1690481371])
    found = shapley(game_of({"family": "power"}, agents), s, derivatives=True)
    np.testing.assert_allclose(found.slopes, [0.1, 0.25], rtol=0, atol=1e-10)


def test_exact_fractions():
    s = [3, 17, 1, 40, 8]
    weights = [[Fraction(1 + (3 * i + 5 * j) % 7, 4) for j in range(5)] for i in range(5)]

    def payoff(coalition):
        return sum(1 - 1 / (1 + sum(weights[i][j] * s[j] for j in coalition)) for i in range(5))

    truth = [float(x) for x in cooperative_values(payoff, 5)]
    matrix = [[float(w) for w in row] for row in weights]
    agents = [{"name": f"a{k}", "cost": 0.1} for k in range(5)]
    found = shapley(game_of({"family": "power", "weights": matrix}, agents), np.array(s, float))
    np.testing.assert_allclose(found.shares, truth, rtol=1e-13)


@pytest.mark.parametrize("exponent", [0.05, 0.5, 1.0, 3.7, 12.0])
@pytest.mark.parametrize("scale", [1e-6, 1e-2, 1.0, 1e3, 1e7])
def test_forty_digits(exponent, scale):
    s = scale * np.array([0.0, 0.1, 0.7, 1.0, 1.3, 12.0])
    with mpmath.workdps(40):
        amounts = [mpmath.mpf(x) for x in s]
        power = mpmath.mpf(exponent)
        chances = [mpmath.mpf(1) / (6 * math.comb(5, k)) for k in range(6)]
        truth, steep = [], []
        for agent in range(6):
            others = [x for k, x in enumerate(amounts) if k != agent]
            share = slope = mpmath.mpf(0)
            for size in range(6):
                for coalition in itertools.combinations(others, size):
                    low = 1 + sum(coalition)
                    share += chances[size] * (low**-power - (low + amounts[agent]) ** -power)
                    slope += chances[size] * power * (low + amounts[agent]) ** (-power - 1)
            truth.append(float(share))
            steep.append(float(slope))
    game = weighted_game(CommonWeights(np.ones(6)), exponent, value=np.eye(6)[0])
    found = shapley(game, s, derivatives=True)
    np.testing.assert_allclose(found.shares, truth, rtol=1e-12)
    np.testing.assert_allclose(found.slopes, steep, rtol=1e-12)


def test_platform_data_is_there_before_anybody():
    accuracy = {"family": "power", "exponent": 0.5}
    game = game_of(accuracy, platform_data=7.5)
    found = shapley(game, CONTRIBUTIONS)
    np.testing.assert_allclose(found.shares, game_values(game, CONTRIBUTIONS), rtol=1e-12)
    assert found.shares.sum() < shapley(game_of(accuracy), CONTRIBUTIONS).shares.sum()


def test_identical_agents_share_alike_however_many():
    """Many identical agents: phi_i = (A(s) - A(0)) / n, and compression must not show."""
    for n in (70, 200, 5000, 100_000):
        game = weighted_game(CommonWeights(np.ones(n)), 0.7)
        s = np.full(n, 0.4)
        found = shapley(game, s)
        each = (game.total_benefit(s) - game.total_benefit(0 * s)) / n
        np.testing.assert_allclose(found.shares, each, rtol=3e-12)


@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("spread", [0.1, 1.0, 4.0])
@pytest.mark.parametrize("exponent", [0.1, 0.8, 9.0])
def test_compression_against_every_agent_on_his_own(groups, spread, exponent, monkeypatch):
    random = np.random.default_rng(groups)
    n = 900
    weights = GroupWeights(random.random((groups, groups)) + 0.1, np.arange(n) % groups)
    s = np.exp(spread * random.normal(size=n))
    s[:5] = 0.0
    s[5:8] = 1e5
    game = weighted_game(weights, exponent, value=random.random(n))
    few = shapley(game, s, derivatives=True)
    monkeypatch.setattr("mdsolve.shapley.compression.CROWD", n)
    every = shapley(game, s, derivatives=True)
    np.testing.assert_allclose(few.shares, every.shares, rtol=3e-12)
    np.testing.assert_allclose(few.slopes, every.slopes, rtol=3e-12)
    worst = np.max(np.abs(few.shares - every.shares))
    assert worst <= few.error_estimate


def test_a_hundred_thousand_agents_in_groups_sum_up():
    random = np.random.default_rng(1)
    n = 100_000
    weights = GroupWeights(random.random((3, 3)) + np.eye(3), np.arange(n) % 3)
    game = weighted_game(weights)
    s = random.exponential(5, n)
    found = shapley(game, s)
    total = game.total_benefit(s) - game.total_benefit(0 * s)
    assert found.shares.sum() == pytest.approx(total, rel=1e-12)
    assert found.error_estimate < 1e-11 * found.shares.max()
