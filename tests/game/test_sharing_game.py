"""Sharing games: accuracies, costs and measured curves against numerical derivatives."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given
from hypothesis import strategies as st

from mdsolve.errors import UnsupportedError
from mdsolve.game.accuracies.curve import concave_fit
from mdsolve.game.accuracies.pac import PacCurve
from mdsolve.game.build_sharing import sharing_game
from mdsolve.game.sharing import require_given_model
from mdsolve.instance import parse

AGENTS = [
    {"name": "a", "cost": 0.1, "group": "x"},
    {
        "name": "b",
        "cost": {"family": "quadratic", "rate": 0.1, "curvature": 0.01, "fixed": 1},
        "group": "y",
    },
    {"name": "c", "cost": {"family": "power", "rate": 0.1, "exponent": 1.5}, "group": "x"},
    {
        "name": "d",
        "cost": {"family": "piecewise-linear", "points": [[0, 0], [10, 1], [30, 5]]},
        "group": "y",
        "value": 2,
    },
]
ACCURACIES = {
    "power": {"family": "power", "exponent": 0.5, "scale": 0.9, "ceiling": 0.95},
    "vector": {"family": "power", "weights": [1, 0.5, 2, 0.1]},
    "matrix": {
        "family": "power",
        "weights": [[1, 0.5, 0, 1], [0.2, 1, 0.3, 0], [0, 0, 2, 1], [1, 1, 1, 1]],
    },
    "groups": {
        "family": "power",
        "group_weights": {"x": {"x": 1, "y": 0.5}, "y": {"x": 0.1, "y": 1}},
    },
    "pac": {"family": "pac", "complexity": 1, "ceiling": 0.95},
    "threshold": {"family": "threshold-power", "threshold": 5, "exponent": 0.3, "value": 0.8},
    "linear": {"family": "linear", "weights": [[0.1, 0.2, 0.3, 0]] * 4},
    "coverage": {
        "family": "coverage",
        "distributions": [[0.2, 0.8], [0.5, 0.5], [0.1, 0.9], [0.3, 0.7]],
    },
    "union": {
        "family": "union",
        "curve": {"points": [[0, 0], [10, 0.5], [50, 0.8]]},
        "neighbours": [[0, 1], [1, 2], [0, 1, 2], [0]],
    },
    "curve": {"family": "curve", "points": [[0, 0], [30, 0.6], [60, 0.7], [200, 0.9]]},
    "mixed": {"per_group": {"x": {"family": "power"}, "y": {"family": "pac", "complexity": 1}}},
}


def game_of(accuracy):
    return sharing_game(parse({"kind": "sharing", "agents": AGENTS, "accuracy": accuracy}))


def difference(function, s, j, step=1e-6):
    change = np.zeros_like(s)
    change[j] = step
    return (function(s + change) - function(s - change)) / (2 * step)


@pytest.mark.parametrize("family", ACCURACIES)
def test_slopes_and_jacobians_against_differences(family):
    game = game_of(ACCURACIES[family])
    accuracy = game.accuracy
    s = np.array([21.3, 33.1, 26.7, 41.9])
    jacobian = np.stack([difference(accuracy.values, s, j) for j in range(4)], axis=1)
    cross = np.stack([difference(accuracy.own_slopes, s, j) for j in range(4)], axis=1)
    np.testing.assert_allclose(accuracy.jacobian(s), jacobian, atol=1e-7)
    np.testing.assert_allclose(accuracy.cross(s), cross, atol=1e-7)
    np.testing.assert_allclose(accuracy.own_slopes(s), np.diagonal(accuracy.jacobian(s)))
    np.testing.assert_allclose(accuracy.own_second(s), np.diagonal(accuracy.cross(s)), atol=1e-12)
    for i in range(4):
        own = np.array([s[i], 5.0, 44.0])
        along, slopes = accuracy.along(i, s, own), accuracy.slope_along(i, s, own)
        for k, x in enumerate(own):
            moved = s.copy()
            moved[i] = x
            assert along[k] == pytest.approx(accuracy.values(moved)[i], abs=1e-12)
            assert slopes[k] == pytest.approx(accuracy.own_slopes(moved)[i], abs=1e-12)


@pytest.mark.parametrize(
    "family", [k for k in ACCURACIES if k not in ("pac", "threshold", "mixed", "union")]
)
def test_what_is_called_concave_is_concave(family):
    accuracy = game_of(ACCURACIES[family]).accuracy
    assert accuracy.concave
    random = np.random.default_rng(3)
    for _ in range(50):
        s, t = random.uniform(0, 80, (2, 4))
        middle = accuracy.values((s + t) / 2)
        assert (middle >= (accuracy.values(s) + accuracy.values(t)) / 2 - 1e-12).all()


@pytest.mark.parametrize("family", ["pac", "threshold", "mixed"])
def test_clipped_families_are_not_called_concave(family):
    assert not game_of(ACCURACIES[family]).accuracy.own_concave


def test_costs_slopes_and_supply_invert_each_other():
    costs = game_of(ACCURACIES["power"]).costs
    s = np.array([3.0, 7.0, 2.5, 12.0])
    assert costs.value(np.zeros(4)).tolist() == [0, 1, 0, 0]
    for j in range(4):
        assert difference(costs.value, s, j)[j] == pytest.approx(costs.slope(s)[j], abs=1e-7)
    supply = costs.supply(costs.slope(s))
    assert supply[0] == np.inf
    np.testing.assert_allclose(supply[1:3], s[1:3])
    assert costs.supply(costs.slope(s), "low")[3] <= s[3] <= supply[3]
    half = costs.transformed(0.5, -0.02)
    np.testing.assert_allclose(half.value(s), 0.5 * costs.value(s) - 0.02 * s)
    np.testing.assert_allclose(
        costs.take(np.array([3, 1])).value(s[[3, 1]]), costs.value(s)[[3, 1]]
    )
    for agent in range(4):
        own = np.array([s[agent], 0.0, 40.0])
        everybody = [np.full(4, x) for x in own]
        values = [costs.value(x)[agent] for x in everybody]
        np.testing.assert_allclose(costs.along(agent, own), values)
        slopes = [costs.slope(x)[agent] for x in everybody]
        np.testing.assert_allclose(costs.slope_along(agent, own), slopes)


@given(st.floats(1, 1e5), st.floats(0.3, 1))
def test_the_pac_threshold_is_the_zero_beyond_k_over_e(complexity, ceiling):
    curve = PacCurve(ceiling, complexity)

    def bound(m):
        return ceiling - (4 + math.sqrt(2 * complexity * (2 + math.log(m / complexity)))) / (
            math.sqrt(m)
        )

    zero = scipy.optimize.brentq(bound, complexity / math.e, 1e3 * complexity + 1e3, xtol=1e-12)
    assert curve.threshold == pytest.approx(zero, rel=1e-9)
    assert curve.value(np.array([curve.threshold * 0.99])) == 0.0


@given(st.lists(st.floats(0, 1), min_size=3, max_size=9), st.randoms(use_true_random=False))
def test_the_concave_fit_is_the_least_squares_projection(heights, random):
    x = np.cumsum([random.uniform(0.5, 3) for _ in heights])
    y = np.array(heights)
    fit = concave_fit(x, y)
    slopes = np.diff(fit) / np.diff(x)
    assert (slopes >= -1e-9).all()
    assert (np.diff(slopes) <= 1e-9).all()
    basis = np.minimum(x[:, None], x[None, 1:])
    columns = np.hstack([np.ones((len(x), 1)), -np.ones((len(x), 1)), basis])
    _, residual = scipy.optimize.nnls(columns, y)
    assert np.linalg.norm(fit - y) == pytest.approx(residual, abs=1e-7)


def test_platform_data_counts_in_what_the_models_see():
    data = {"kind": "sharing", "agents": AGENTS, "accuracy": {"family": "power"}}
    plain, helped = sharing_game(parse(data)), sharing_game(parse({**data, "platform_data": 50}))
    s = np.full(4, 12.5)
    np.testing.assert_allclose(plain.accuracies(s), helped.accuracies(np.zeros(4)))
    with pytest.raises(UnsupportedError, match="platform_data"):
        sharing_game(parse({**data, "accuracy": ACCURACIES["union"], "platform_data": 1}))


def test_quadratic_fit_is_refused_by_rules_that_learn_no_model():
    game = game_of({"family": "quadratic-fit", "target": [1, 2]})
    require_given_model(game, learns=True)
    with pytest.raises(UnsupportedError, match="quadratic-fit"):
        require_given_model(game, learns=False)


class Steep:
    """A cost given as a Python object."""

    def __init__(self, rate):
        self.rate = rate

    def value(self, s):
        return self.rate * s**2

    def gradient(self, s):
        return 2 * self.rate * s


def test_kinds_are_equal_for_equal_costs_only():
    piece = {"family": "piecewise-linear", "points": [[0, 0], [1, 1], [2, 3]]}
    other = {"family": "piecewise-linear", "points": [[0, 0], [1, 1], [2, 4]]}
    one, two = Steep(1.0), Steep(2.0)
    costs = [0.1, piece, 0.2, other, piece, one, 0.1, two, one]
    agents = [{"name": f"a{k}", "cost": cost} for k, cost in enumerate(costs)]
    game = parse({"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}})
    kinds = sharing_game(game).costs.kinds
    same = kinds[:, None] == kinds
    expected = np.eye(9, dtype=bool)
    for i, j in ((0, 6), (1, 4), (5, 8)):
        expected[i, j] = expected[j, i] = True
    assert np.array_equal(same, expected)
