"""Individual optima on the PAC curve: slopes, utilities, capacities, forty digits."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdsolve.game.accuracies.pac import PacCurve
from mdsolve.solver.shaping.pac_optimum import pac_amounts, pac_optima
from mdsolve.solver.shaping.standalone_value import cutoff_cost

COMPLEXITIES = (0.01, 1.0, 10.0, 130.0, 1e4)


@pytest.mark.parametrize("complexity", COMPLEXITIES)
def test_slopes_at_the_amounts_are_the_prices(complexity):
    curve = PacCurve(0.95, complexity)
    steepest = float(curve.slope(np.float64(curve.threshold)))
    prices = steepest * np.geomspace(1e-12, 1 - 1e-9, 20_001)
    amounts = pac_amounts(curve, prices)
    np.testing.assert_allclose(curve.slope(amounts), prices, rtol=2e-13)
    assert np.all(np.diff(amounts) < 0)


@pytest.mark.parametrize("complexity", COMPLEXITIES)
def test_utilities_are_those_of_the_amounts(complexity):
    curve = PacCurve(0.95, complexity)
    cutoff = cutoff_cost(curve)
    price = cutoff * np.geomspace(1e-9, 1, 5000, endpoint=False)
    value = np.linspace(0.5, 3, 5000)
    free = np.full(5000, np.inf)
    amount, worth = pac_optima(curve, price * value, value, free, cutoff, 0.0)
    np.testing.assert_allclose(worth, value * (curve.value(amount) - price * amount), atol=1e-14)


def test_optimum_and_utility_to_forty_digits():
    k, ceiling, platform = 10, mpmath.mpf("0.95"), 150
    with mpmath.workdps(40):

        def bound(m):
            return ceiling - (4 + mpmath.sqrt(2 * k * (2 + mpmath.log(m / k)))) / mpmath.sqrt(m)

        for price in (1e-7, 3e-5, 2e-4):
            best = mpmath.exp(
                mpmath.findroot(
                    lambda x, price=price: mpmath.log(
                        mpmath.diff(bound, mpmath.exp(x)) / mpmath.mpf(price)
                    ),
                    (6, 16),
                    solver="anderson",
                    tol=1e-40,
                )
            )
            utility = bound(best) - mpmath.mpf(price) * (best - platform)
            curve = PacCurve(0.95, 10.0)
            cutoff = cutoff_cost(curve, platform)
            one = np.ones(1)
            amount, worth = pac_optima(curve, price * one, one, np.inf * one, cutoff, platform)
            assert float(abs(amount[0] / (best - platform) - 1)) < 1e-13
            assert float(abs(worth[0] - utility)) < 1e-14


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(COMPLEXITIES),
    st.floats(0.01, 3),
    st.floats(0.05, 4),
    st.sampled_from([0.0, 0.3, 0.99, 1.5]),
    st.floats(0.2, 5),
)
def test_no_amount_within_the_capacity_is_better(complexity, cheap, room, platform, value):
    curve = PacCurve(0.95, complexity)
    begin = curve.threshold
    capacity, own = room * 3 * begin, platform * begin
    cutoff = cutoff_cost(curve, own)
    rate = value * cheap * cutoff_cost(curve)
    one = np.ones(1)
    amount, worth = pac_optima(curve, rate * one, value * one, capacity * one, cutoff, own)
    grid = np.linspace(0, capacity, 20_001)
    utilities = value * curve.value(grid + own) - rate * grid
    assert 0 <= amount[0] <= capacity
    assert worth[0] == pytest.approx(
        float(value * curve.value(amount + own)[0] - rate * amount[0]), abs=1e-13 * value
    )
    assert worth[0] >= utilities.max() - 1e-12 * value


def test_worthless_and_free_data():
    curve = PacCurve(0.95, 10.0)
    cutoff = cutoff_cost(curve)
    rate, value = np.array([0.0, 0.0, 0.1]), np.array([1.0, 0.0, 0.0])
    capacity = np.array([5000.0, np.inf, np.inf])
    amount, worth = pac_optima(curve, rate, value, capacity, cutoff, 0.0)
    assert amount.tolist() == [5000.0, 0.0, 0.0]
    assert worth.tolist() == [float(curve.value(np.float64(5000.0))), 0.0, 0.0]
    unlimited, _ = pac_optima(curve, rate[:1], value[:1], capacity[1:2], cutoff, 0.0)
    assert np.isinf(unlimited[0])
