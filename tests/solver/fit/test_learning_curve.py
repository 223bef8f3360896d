"""Learning curves: known ones come back, outliers are met, bands cover, units cancel."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.optimize import minimize

from mdsolve.errors import UnsupportedError
from mdsolve.solver.fit import learning_curve as module
from mdsolve.solver.fit.accuracy_fit import Measurements
from mdsolve.solver.fit.alternatives import compare_families, fit_family, fit_robustly, preferred
from mdsolve.solver.fit.learning_curve import fit_learning_curves
from mdsolve.solver.fit.prediction import predicted_accuracy

SIZES = np.geomspace(16, 500, 11).round()


def power(samples, ceiling=0.9, baseline=0.3, weight=0.03, exponent=0.7):
    return ceiling - (ceiling - baseline) * (1 + weight * samples) ** -exponent


def measured(accuracies, samples=SIZES, errors=None):
    row = np.zeros(len(samples), dtype=np.int64)
    return Measurements(("a",), ("total",), row, samples[:, None], accuracies, errors=errors)


def noisy(seed, deviation=0.005):
    return measured(power(SIZES) + np.random.default_rng(seed).normal(0, deviation, len(SIZES)))


def test_a_curve_without_noise_comes_back():
    fit = fit_learning_curves(measured(power(SIZES)), {})
    assert np.abs(fit.fitted - power(SIZES)).max() < 1e-3
    found = predicted_accuracy(fit, measured(power(SIZES)), 0, 2000.0)
    assert found.accuracy == pytest.approx(power(2000.0), abs=0.01)


def test_the_search_ends_where_a_general_one_does():
    """The goal written a second time, over all four parameters, has no lower value nearby."""
    for seed in range(3):
        data = noisy(seed)
        fit = fit_learning_curves(data, {})
        share = np.maximum(SIZES / SIZES.max(), module.LEAST_SHARE)
        weights = share ** (2 * fit.growth)
        weights = weights / np.exp(np.log(weights).mean())

        def goal(x, data=data, weights=weights):
            ceiling, baseline = np.clip(x[:2], 0, 1)
            curve = power(SIZES, ceiling, baseline, np.exp(x[3]) / SIZES.max(), np.exp(x[2]))
            left = (weights * (data.accuracies - curve) ** 2).sum()
            floor = module.FLOOR * weights.mean()
            penalty = ((x[2] + 1) / 1.5) ** 2 + ((x[3] - 4) / 1.5) ** 2
            count = module.INDEPENDENT * (len(SIZES) + 1)
            return 0.5 * count * np.log(floor + left) + 0.5 * penalty

        ceiling, baseline, exponent, weight = fit.values
        ours = np.array([ceiling, baseline, np.log(exponent), np.log(weight * SIZES.max())])
        settings = {"maxiter": 4000, "fatol": 1e-5, "xatol": 1e-5}
        other = minimize(goal, ours + 0.01, method="Nelder-Mead", options=settings)
        assert goal(ours) <= other.fun + 1e-3


def test_units_of_data_do_not_matter():
    data = noisy(1)
    thousands = measured(data.accuracies, SIZES / 1000)
    one, other = fit_learning_curves(data, {}), fit_learning_curves(thousands, {})
    assert other.fitted == pytest.approx(one.fitted, abs=1e-5)
    assert other.values[3] == pytest.approx(1000 * one.values[3], rel=1e-3)


def test_what_is_given_stays():
    fit = fit_learning_curves(noisy(2), {"ceiling": 0.9, "exponent": 0.7})
    assert fit.names == ("baseline", "weight[a][total]")
    assert fit.parameters["ceiling"] == 0.9
    assert fit.parameters["weight[a][total]"] == pytest.approx(0.03, rel=0.2)


@pytest.mark.parametrize(
    "accuracies",
    [
        np.full(len(SIZES), 0.6),
        np.linspace(0.8, 0.5, len(SIZES)),
        np.zeros(len(SIZES)),
        np.ones(len(SIZES)),
    ],
)
def test_what_does_not_rise_is_refused(accuracies):
    with pytest.raises(UnsupportedError, match="do not rise"):
        fit_learning_curves(measured(accuracies), {})


def test_a_rise_at_small_amounts_alone_is_said():
    accuracies = np.array([0.3, 0.45, *np.linspace(0.6, 0.57, len(SIZES) - 2)])
    fit = fit_learning_curves(measured(accuracies), {})
    assert fit.remarks == (module.LEVELLED,)
    assert fit.values[0] > fit.values[1]


def test_too_few_amounts_are_refused():
    with pytest.raises(UnsupportedError, match="3 amounts"):
        fit_learning_curves(measured(power(SIZES[:3]), SIZES[:3]), {})


def test_an_outlier_does_not_decide():
    accuracies = noisy(4).accuracies.copy()
    accuracies[-2] -= 0.15
    plain, robust = (fit("power", measured(accuracies)) for fit in (fit_family, fit_robustly))
    errors = [np.abs(fit.fitted - power(SIZES))[-3:].max() for fit in (plain, robust)]
    assert errors[1] < 0.5 * errors[0]


def test_bands_widen_with_distance_and_cover():
    inside, widths = [], []
    for seed in range(40):
        data = noisy(seed)
        fit = fit_learning_curves(data, {})
        near, far = (predicted_accuracy(fit, data, 0, m) for m in (1000.0, 4000.0))
        widths.append(far.high - far.low > near.high - near.low)
        inside.append(near.low <= power(1000.0) <= near.high)
    assert np.mean(widths) > 0.9
    assert np.mean(inside) >= 0.85


def test_no_warning_of_a_library_is_let_through():
    random = np.random.default_rng(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(10):
            data = measured(random.uniform(0, 1, len(SIZES)))
            try:
                fit_family(preferred(compare_families(data)), data)
            except UnsupportedError as error:
                assert "rise" in str(error)  # noqa: PT017 - a refusal is as good as a fit
