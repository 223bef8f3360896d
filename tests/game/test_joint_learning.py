"""Accuracy with a model: formula, gradients against exact fractions, singularity, schema."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdsolve.errors import InstanceError
from mdsolve.game.accuracies.quadratic_fit import ShortfallCurve
from mdsolve.game.build_sharing import sharing_game
from mdsolve.instance import parse
from tests.solver.joint.joint_games import EXAMPLE1, games, mean_accuracy, utilities


@settings(max_examples=40, deadline=None)
@given(games(platform=st.just(2)), st.integers(0, 2**32 - 1))
def test_values_and_both_gradients_are_those_of_the_formula(data, seed):
    game, random = sharing_game(parse(data)), np.random.default_rng(seed)
    fit = game.learning
    w = random.integers(-4, 5, fit.parameters).astype(float)
    s = random.uniform(0, 1, game.size) * game.capacity
    located = game.at(w)
    np.testing.assert_allclose(
        located.utilities(s, np.zeros(game.size)), utilities(data, w, s), atol=1e-12
    )
    h = 1e-5
    slopes = located.value * located.accuracy.own_slopes(s) - game.costs.slope(s)
    for k in range(game.size):
        step = h * np.eye(game.size)[k]
        rise = utilities(data, w, s + step)[k] - utilities(data, w, s - step)[k]
        assert slopes[k] == pytest.approx(rise / (2 * h), rel=1e-5, abs=1e-7)
    y = float(s.sum()) + 2
    gradient = fit.mean_gradient(w, y)
    for k in range(fit.parameters):
        step = h * np.eye(fit.parameters)[k]
        rise = mean_accuracy(data, w + step, s) - mean_accuracy(data, w - step, s)
        assert gradient[k] == pytest.approx(rise / (2 * h), rel=1e-6, abs=1e-8)


@settings(max_examples=40, deadline=None)
@given(games())
def test_the_best_model_is_the_mean_of_the_targets(data):
    fit = sharing_game(parse(data)).learning
    rows = data["accuracy"]["targets"]
    exact = [sum(map(Fraction, column)) / len(rows) for column in zip(*rows, strict=True)]
    np.testing.assert_allclose(fit.optimum, [float(x) for x in exact], rtol=1e-15, atol=1e-15)
    best = mean_accuracy(data, fit.optimum, [1.0] * len(rows))
    for step in np.vstack([np.eye(fit.parameters), -np.eye(fit.parameters)]):
        assert mean_accuracy(data, fit.optimum + 0.1 * step, [1.0] * len(rows)) < best


def test_without_data_the_accuracy_is_singular():
    nothing = np.zeros(1)
    missing, exact = ShortfallCurve(1.0, 2.0), ShortfallCurve(1.0, 0.0)
    assert missing.value(nothing)[0] == -np.inf
    assert missing.slope(nothing)[0] == np.inf
    assert exact.value(nothing)[0] == 1
    assert exact.slope(nothing)[0] == exact.second(nothing)[0] == 0
    game = sharing_game(parse(EXAMPLE1))
    assert game.at(np.array([1.0, 2.5])).accuracies(np.zeros(2)).tolist() == [-np.inf, -np.inf]


def test_alone_an_agent_misses_nothing_but_noise():
    data = {**EXAMPLE1, "accuracy": {"family": "quadratic-fit", "targets": [[0], [4]], "noise": 2}}
    game = sharing_game(parse(data)).by_themselves()
    np.testing.assert_allclose(game.accuracies(np.array([3.0, 1.0])), [0.5, 0.5])


@pytest.mark.parametrize(
    ("accuracy", "words"),
    [
        ({"target": [1], "targets": [[1], [1]]}, "not both"),
        ({}, "not neither"),
        ({"targets": [[1], [1, 2]]}, "same length"),
        ({"targets": [[1], [2], [3]]}, "2, one per agent"),
        ({"target": [1, 2], "curvature": [1]}, "2 curvatures"),
        ({"target": [1], "curvature": [0]}, "greater than 0"),
        ({"target": [1], "noise": -1}, "not negative"),
    ],
)
def test_what_does_not_fit_together_is_refused(accuracy, words):
    data = {**EXAMPLE1, "accuracy": {"family": "quadratic-fit", **accuracy}}
    with pytest.raises(InstanceError, match=words):
        parse(data)
