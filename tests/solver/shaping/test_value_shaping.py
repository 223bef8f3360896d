"""Equilibrium totals under shaped models: known answers, forty digits, iteration, symmetries."""

from __future__ import annotations

import dataclasses

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdsolve.errors import UnsupportedError
from mdsolve.game.accuracies.coverage import CoverageAccuracy
from mdsolve.game.accuracies.linear import LinearCurve
from mdsolve.game.accuracies.pac import PacCurve
from mdsolve.game.accuracies.power import PowerCurve
from mdsolve.game.accuracies.threshold_power import ThresholdPowerCurve
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.costs import Costs
from mdsolve.game.curves import mixed
from mdsolve.game.sharing import SharingGame, no_limits
from mdsolve.game.weights import CommonWeights
from mdsolve.solver.shaping.standalone_value import _searched_slope, inverse_slope
from mdsolve.solver.shaping.value_shaping import (
    contributions_at,
    shaped_curves,
    shaped_equilibria,
    smallest_viable,
)


def game_of(curve, rate, value=None, capacity=None, platform=0.0):
    n = len(rate)
    return SharingGame(
        [f"a{k}" for k in range(n)],
        WeightedAccuracy(CommonWeights(np.ones(n)), curve, platform),
        Costs.linear(np.asarray(rate, dtype=float)),
        np.ones(n) if value is None else np.asarray(value, dtype=float),
        np.full(n, np.inf) if capacity is None else np.asarray(capacity, dtype=float),
        no_limits(n),
        platform_data=platform,
    )


@pytest.mark.parametrize(
    ("complexity", "agents", "totals"),
    [
        (10, 176, (0, 478.156629, 541.663857)),
        (1, 10**4, (91972.155568,)),
        (10, 10**4, (88654.767744,)),
        (100, 10**4, (78735.415197,)),
    ],
)
def test_known_totals(complexity, agents, totals):
    game = game_of(PacCurve(0.95, float(complexity)), np.full(agents, 0.1))
    found = shaped_equilibria(game)
    assert len(found.totals) == 3
    known = found.totals[-len(totals) :]
    assert known == pytest.approx(totals, rel=1e-9, abs=0)


@pytest.mark.parametrize(("exponent", "companies"), [(0.095, 1618), (0.95, 224)])
def test_smallest_number_of_companies_for_the_language_model(exponent, companies):
    curve = ThresholdPowerCurve(1e9, 5.4e13, exponent)
    assert smallest_viable(game_of(curve, np.full(companies + 9, 1e-3))) == companies
    assert smallest_viable(game_of(curve, np.full(3, 1e-3))) == companies
    assert shaped_equilibria(game_of(curve, np.full(companies, 1e-3))).totals[-1] > 0
    assert shaped_equilibria(game_of(curve, np.full(companies - 1, 1e-3))).totals == (0.0,)


def bound(k, ceiling, m):
    return ceiling - (4 + mpmath.sqrt(2 * k * (2 + mpmath.log(m / k)))) / mpmath.sqrt(m)


@pytest.mark.parametrize("seed", range(6))
def test_totals_agree_with_forty_digits(seed):
    rng = np.random.default_rng(seed)
    k, n = float(10 ** rng.uniform(0, 2)), int(rng.integers(2, 12))
    curve = PacCurve(0.95, k)
    rate = 10 ** rng.uniform(-4.5, -2.5, n)
    value = rng.uniform(0.5, 2, n)
    platform = float(rng.choice([0.0, 30.0]))
    found = shaped_equilibria(game_of(curve, rate, value, platform=platform))
    with mpmath.workdps(40):
        exact_k, ceiling = mpmath.mpf(k), mpmath.mpf(0.95)

        def v(m):
            return mpmath.mpf(0) if m <= curve.threshold else bound(exact_k, ceiling, m)

        rates, values = [mpmath.mpf(c) for c in rate], [mpmath.mpf(q) for q in value]
        worth = []
        for c, q, m in zip(rates, values, found.alone, strict=True):
            best = q * v(0)
            if m > 0:
                y = mpmath.findroot(
                    lambda x, c=c, q=q: (
                        q * mpmath.diff(lambda t: bound(exact_k, ceiling, t), x) - c
                    ),
                    mpmath.mpf(m),
                )
                best = max(best, q * v(y) - c * y)
            worth.append(best)

        def phi(total):
            handed = v(total + platform)
            asked = ((q * handed - u) / c for c, q, u in zip(rates, values, worth, strict=True))
            return sum(asked) - total

        for total in found.totals:
            if total == 0:
                assert phi(mpmath.mpf(0)) == 0
                continue
            right = mpmath.findroot(phi, mpmath.mpf(total))
            assert abs(total - right) <= 1e-10 * right
        assert phi(mpmath.mpf(found.totals[-1]) * 2 + 1) < 0


def best_responses(game, rounds=3000):
    """Return where everybody's asking for all they can leads, from above, total after total."""
    found = shaped_equilibria(game)
    total = 10 * found.totals[-1] + 1e4
    for _ in range(rounds):
        before, total = total, float(contributions_at(game, found, total).sum())
        if total == before:
            break
    return total


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_iteration_relabelling_scaling_and_one_agent_more(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    n = data.draw(st.integers(1, 6))
    curve = data.draw(
        st.sampled_from(
            [PacCurve(0.95, 3.0), PowerCurve(1.0, 0.8, 0.4), ThresholdPowerCurve(1.0, 60.0, 0.5)]
        )
    )
    rate, value = 10 ** rng.uniform(-4, -2.3, n), rng.uniform(0.5, 2, n)
    capacity = np.where(rng.random(n) < 0.4, rng.uniform(10, 3000, n), np.inf)
    platform = data.draw(st.sampled_from([0.0, 20.0, 500.0]))
    game = game_of(curve, rate, value, capacity, platform)
    found = shaped_equilibria(game)
    most = found.totals[-1]
    s = contributions_at(game, found, most)
    assert np.all(s <= capacity)
    assert np.all(s >= found.alone * (1 - 1e-12))
    assert s.sum() == pytest.approx(most, rel=1e-7, abs=1e-9)
    assert best_responses(game) >= most * (1 - 1e-9)

    order = rng.permutation(n)
    other = shaped_equilibria(game_of(curve, rate[order], value[order], capacity[order], platform))
    assert other.totals == pytest.approx(found.totals, rel=1e-6)
    scaled = shaped_equilibria(game_of(curve, 7 * rate, 7 * value, capacity, platform))
    assert scaled.totals == pytest.approx(found.totals, rel=1e-6)
    more = shaped_equilibria(
        game_of(
            curve,
            np.append(rate, 1e-3),
            np.append(value, 1.0),
            np.append(capacity, np.inf),
            platform,
        )
    )
    assert more.totals[-1] >= most * (1 - 1e-7)


def test_capacities_bind_exactly_and_unlimited_is_the_limit():
    curve = PacCurve(0.95, 10.0)
    rate = np.array([1e-4, 3e-4, 0.1])
    free = shaped_equilibria(game_of(curve, rate))
    s = contributions_at(game_of(curve, rate), free, free.totals[-1])
    loose = shaped_equilibria(game_of(curve, rate, capacity=s * 1.001))
    assert loose.totals == pytest.approx(free.totals, rel=1e-12)
    game = game_of(curve, rate, capacity=[0.9 * s[0], np.inf, np.inf])
    tight = shaped_equilibria(game)
    assert tight.totals[-1] < free.totals[-1]
    assert contributions_at(game, tight, tight.totals[-1])[0] == 0.9 * s[0]


def test_curve_follows_all_data_where_the_line_would_exceed_them():
    game = game_of(PacCurve(0.95, 10.0), [0.003, 0.00062, 0.02])
    found = shaped_equilibria(game)
    s = contributions_at(game, found, found.totals[-1])
    points = shaped_curves(game, found, s)
    late = points[:, 1, 0] > 0
    assert late.tolist() == [False, True, False]
    own, value = points[1, 1]
    assert value == pytest.approx(0.00062 * own, rel=1e-9)
    assert value == pytest.approx(float(game.accuracy.curve.value(own + s[0] + s[2])), rel=1e-9)
    below = 0.999 * own  # just before, the line is more than all data can give
    assert 0.00062 * below > game.accuracy.curve.value(np.float64(below + s[0] + s[2]))


def test_fewest_agents_counts_the_cheapest_first():
    curve = ThresholdPowerCurve(1.0, 1.0, 1.0)  # cut-off cost 1/4
    assert smallest_viable(game_of(curve, [1.0] * 8)) == 4
    assert smallest_viable(game_of(curve, [4.0, 0.5, 0.5, 4.0])) == 2
    assert smallest_viable(game_of(curve, [0.1, 5.0])) == 1
    assert smallest_viable(game_of(curve, [3.0, 4.0])) is None
    assert smallest_viable(game_of(curve, [1.0] * 8, capacity=[9.0] * 8)) is None


@pytest.mark.parametrize(
    "accuracy",
    [
        WeightedAccuracy(CommonWeights(np.array([1.0, 2.0])), PowerCurve()),
        WeightedAccuracy(CommonWeights(np.ones(2)), mixed([PowerCurve(), PacCurve(0.9, 2.0)])),
        WeightedAccuracy(CommonWeights(np.ones(2)), LinearCurve()),
        CoverageAccuracy(np.array([[0.5, 0.5], [0.1, 0.9]])),
    ],
)
def test_other_accuracies_are_refused_by_name(accuracy):
    endless = np.full(2, np.inf)
    costs = Costs.linear([1.2, 1.3])
    game = SharingGame(["a", "b"], accuracy, costs, np.ones(2), endless, endless)
    with pytest.raises(UnsupportedError):
        shaped_equilibria(game)


def test_costs_that_are_not_linear_are_refused():
    game = game_of(PacCurve(0.95, 10.0), [0.1, 0.1])
    bent = Costs(
        game.costs.fixed,
        game.costs.rate,
        game.costs.curvature + 1,
        game.costs.power_rate,
        game.costs.power_exponent,
    )
    with pytest.raises(UnsupportedError, match="not linear"):
        shaped_equilibria(dataclasses.replace(game, costs=bent))


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
def test_slopes_of_any_concave_curve_are_inverted_by_search(exponent):
    curve = PowerCurve(exponent=exponent)
    price = np.array([0.0, 1e-6, 0.1, 0.5, 3.0])
    found = _searched_slope(curve, price, 0.0)
    np.testing.assert_allclose(found, inverse_slope(curve, price), rtol=1e-9, atol=1e-9)
