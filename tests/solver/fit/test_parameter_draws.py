"""Draws have the right mean and spread inside, respect bounds, and put probability on them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from mdsolve.solver.fit.parameter_draws import ParameterCloud

COVARIANCE = np.array([[0.04, 0.018], [0.018, 0.01]])


def cloud(centre, covariance=COVARIANCE, lower=(0.0, 0.0), upper=(np.inf, np.inf), metric=None):
    metric = np.linalg.inv(covariance) if metric is None else metric
    return ParameterCloud(np.array(centre), covariance, metric, np.array(lower), np.array(upper))


def test_far_from_bounds_draws_are_normal():
    found = cloud((50.0, 50.0)).draw(1, 4000)
    assert found.mean(axis=0) == pytest.approx([50, 50], abs=0.015)
    assert np.cov(found.T) == pytest.approx(COVARIANCE, rel=0.1)


def test_a_draw_depends_on_seed_and_number_alone():
    some, more = cloud((1.0, 1.0)).draw(7, 3), cloud((1.0, 1.0)).draw(7, 9)
    assert np.array_equal(some, more[:3])
    assert not np.array_equal(some, cloud((1.0, 1.0)).draw(8, 3))


def test_one_parameter_at_a_bound_has_the_censored_normal_distribution():
    one = cloud((-0.1,), np.array([[0.04]]), (0.0,), (np.inf,))
    found = one.draw(0, 4000)[:, 0]
    assert found.min() == 0.0
    expected = norm.cdf(0.0, loc=-0.1, scale=0.2)
    assert np.mean(found == 0.0) == pytest.approx(expected, abs=0.025)
    assert np.quantile(found, 0.95) == pytest.approx(norm.ppf(0.95, -0.1, 0.2), abs=0.02)


@pytest.mark.parametrize("metric", [None, np.array([[3.0, -1.0], [-1.0, 2.0]])])
def test_projection_is_the_nearest_admissible_point_in_the_metric(metric):
    made = cloud((-0.2, 0.05), upper=(1.0, 0.2), metric=metric)
    free = ParameterCloud(
        made.centre, COVARIANCE, made.information, np.full(2, -np.inf), np.full(2, np.inf)
    )
    for z, found in zip(free.draw(3, 40), made.draw(3, 40), strict=True):
        assert np.all((found >= 0) & (found <= made.upper))
        nearest = minimize(
            lambda x, z=z: (x - z) @ made.information @ (x - z),
            np.array([0.5, 0.1]),
            bounds=[(0, 1.0), (0, 0.2)],
            options={"ftol": 1e-15, "gtol": 1e-12},
        )
        assert found == pytest.approx(nearest.x, abs=1e-5)
