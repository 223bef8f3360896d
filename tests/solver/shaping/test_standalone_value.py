"""What agents do alone: known answers, 40-digit arithmetic, brute force, and every family."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdsolve.errors import UnsupportedError
from mdsolve.game.accuracies.curve import MeasuredCurve
from mdsolve.game.accuracies.linear import LinearCurve
from mdsolve.game.accuracies.pac import PacCurve
from mdsolve.game.accuracies.power import PowerCurve
from mdsolve.game.accuracies.threshold_power import ThresholdPowerCurve
from mdsolve.game.costs import Costs
from mdsolve.game.curves import MixedCurve
from mdsolve.solver.shaping.standalone_value import (
    cutoff_cost,
    individual_optimum,
    inverse_slope,
    optimum_alone,
    viability_threshold,
)

CURVES = {
    "pac": PacCurve(0.95, 10.0),
    "pac-hard": PacCurve(1.0, 300.0),
    "threshold": ThresholdPowerCurve(2.0, 40.0, 0.3),
    "power": PowerCurve(1.0, 0.9, 0.5),
    "measured": MeasuredCurve((0.0, 10.0, 30.0, 100.0), (0.1, 0.4, 0.6, 0.7)),
}


@pytest.mark.parametrize(
    ("complexity", "published"), [(1.0, 2.1220219836e-3), (100.0, 9.2308445330e-5)]
)
def test_cutoff_costs_are_the_known_ones(complexity, published):
    assert cutoff_cost(PacCurve(0.95, complexity)) == pytest.approx(published, rel=1e-10)


@pytest.mark.parametrize(("exponent", "companies"), [(0.095, 1618), (0.95, 224)])
def test_cutoff_of_the_language_model_example(exponent, companies):
    curve = ThresholdPowerCurve(1e9, 5.4e13, exponent)
    ratio = (1 + exponent) ** (1 / exponent)  # y / m0 where the tangent through 0 touches
    exact = 1e9 * exponent / (1 + exponent) / (5.4e13 * ratio)
    assert cutoff_cost(curve) == pytest.approx(exact, rel=1e-12)
    assert np.ceil(1e-3 / cutoff_cost(curve)) == companies


def digits(curve, m):
    k, ceiling = mpmath.mpf(curve.complexity), mpmath.mpf(curve.ceiling)
    return ceiling - (4 + mpmath.sqrt(2 * k * (2 + mpmath.log(m / k)))) / mpmath.sqrt(m)


@pytest.mark.parametrize("seed", range(4))
def test_pac_optimum_agrees_with_forty_digits(seed):
    rng = np.random.default_rng(seed)
    curve = PacCurve(float(rng.uniform(0.5, 1)), float(10 ** rng.uniform(-1, 3)))
    costs = cutoff_cost(curve) * rng.uniform(1e-4, 0.999, 3)
    amount, worth = individual_optimum(curve, costs)
    with mpmath.workdps(40):
        for m, u, c in zip(amount, worth, costs, strict=True):
            right = mpmath.findroot(
                lambda x, c=c: mpmath.diff(lambda y: digits(curve, y), x) - mpmath.mpf(c),
                mpmath.mpf(m),
            )
            assert abs(m - right) <= 1e-12 * right
            best = digits(curve, right) - mpmath.mpf(c) * right
            assert abs(u - best) <= 1e-14


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("platform", [0.0, 25.0, 5000.0])
def test_optimum_beats_every_amount_on_a_grid(name, platform):
    curve = CURVES[name]
    rng = np.random.default_rng(1)
    costs = np.append(10 ** rng.uniform(-5, 0, 30), cutoff_cost(curve, platform) * 1.001)
    capacity = np.where(rng.random(31) < 0.3, rng.uniform(1, 500, 31), np.inf)
    amount, worth = individual_optimum(curve, costs, platform, capacity)
    assert np.all(amount <= capacity)
    np.testing.assert_allclose(
        worth, curve.value(amount + platform) - costs * amount, atol=1e-12, rtol=1e-12
    )
    for c, top, best in zip(costs, capacity, worth, strict=True):
        grid = np.append(0, np.geomspace(1e-3, min(top, 1e7), 4000))
        assert best >= (curve.value(grid + platform) - c * grid).max() - 1e-12
    assert amount[-1] == 0


@pytest.mark.parametrize("name", CURVES)
def test_fast_route_agrees_with_bisection(name):
    curve = CURVES[name]
    n = 40
    rng = np.random.default_rng(2)
    costs = Costs.linear(10 ** rng.uniform(-5, -2, n))
    value, capacity = rng.uniform(0.5, 2, n), np.full(n, np.inf)
    bent = Costs(
        costs.fixed + 1, costs.rate, costs.curvature + 1e-30, costs.power_rate, costs.power_exponent
    )
    fast = optimum_alone(curve, value, costs, capacity, 3.0)
    slow = optimum_alone(curve, value, bent, capacity, 3.0)
    np.testing.assert_allclose(fast[1], slow[1], rtol=1e-12)
    np.testing.assert_allclose(fast[0], slow[0], rtol=1e-9)


@settings(max_examples=50, deadline=None)
@given(cost=st.floats(1e-6, 1e-2), scale=st.floats(1e-3, 1e3), complexity=st.floats(0.1, 500))
def test_optimum_falls_with_cost_and_follows_the_units(cost, scale, complexity):
    curve = PacCurve(0.95, complexity)
    amount, worth = individual_optimum(curve, np.array([cost, 1.5 * cost]))
    assert amount[0] >= amount[1]
    assert worth[0] >= worth[1]
    stretched = ThresholdPowerCurve(0.9 * scale, 50.0, 0.4)
    plain = ThresholdPowerCurve(0.9, 50.0, 0.4)
    one, two = (
        individual_optimum(plain, np.array([cost])),
        individual_optimum(stretched, np.array([cost * scale])),
    )
    np.testing.assert_allclose(two[0], one[0], rtol=1e-12)
    np.testing.assert_allclose(two[1], scale * one[1], rtol=1e-12)


def test_threshold_is_a_zero_of_the_bound_and_zero_for_concave_curves():
    curve = CURVES["pac-hard"]
    assert abs(float(curve.bound(np.float64(viability_threshold(curve))))) < 1e-13
    assert viability_threshold(CURVES["power"]) == 0


def test_prices_above_the_steepest_slope_ask_for_the_threshold():
    curve = CURVES["pac"]
    steep = float(curve.slope(np.float64(curve.threshold)))
    assert inverse_slope(curve, np.array([2 * steep]))[0] == pytest.approx(curve.threshold)
    assert np.isinf(inverse_slope(curve, np.array([0.0, 1e-3]))[0])


def test_free_data_without_capacity_and_different_curves_are_refused():
    curve = CURVES["power"]
    with pytest.raises(UnsupportedError, match="no capacity"):
        individual_optimum(curve, np.array([0.0]))
    amount, _ = individual_optimum(curve, np.array([0.0]), 0.0, np.array([7.0]))
    assert amount.tolist() == [7.0]
    with pytest.raises(UnsupportedError, match="no capacity"):
        individual_optimum(LinearCurve(), np.array([0.5]))
    parts = MixedCurve(((np.array([0]), curve), (np.array([1]), CURVES["pac"])))
    with pytest.raises(UnsupportedError, match="different curves"):
        cutoff_cost(parts)
