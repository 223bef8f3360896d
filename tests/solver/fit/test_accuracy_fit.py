"""Fits recover known parameters, agree with scipy's fit, and say how far they can be trusted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import curve_fit
from scipy.stats import binom, norm

from mdsolve.errors import UnsupportedError
from mdsolve.game.accuracies.pac import PacCurve
from mdsolve.solver.fit.accuracy_fit import Measurements, fit_power, power_values, weight_name
from mdsolve.solver.fit.alternatives import compare_families, fit_family, preferred
from mdsolve.solver.fit.statistics import explained, falls, lack_of_fit

HOLDOUT = 500
WEIGHTS = np.array([[0.3, 0.06, 0.03], [0.05, 0.2, 0.04], [0.02, 0.08, 0.4]])
SHAPE = {"ceiling": 0.93, "baseline": 0.12, "exponent": 0.9}
NAMES = ("a", "b", "c")


def accuracy(weights, row, amounts, shape=SHAPE):
    """Return a_i from the formula, written a second time."""
    index = np.array([weights[i] @ x for i, x in zip(row, amounts, strict=True)])
    scale = shape["ceiling"] - shape["baseline"]
    return shape["ceiling"] - scale / (1 + index) ** shape["exponent"]


def design(levels=(0, 5, 12, 30), replicates=1):
    grid = np.array(np.meshgrid(levels, levels, levels), dtype=float).reshape(3, -1).T
    amounts = np.tile(np.repeat(grid, replicates, axis=0), (3, 1))
    return np.repeat(np.arange(3), len(amounts) // 3), amounts


def measured(weights=WEIGHTS, seed=0, shape=SHAPE, replicates=1, noise=True):
    row, amounts = design(replicates=replicates)
    true = accuracy(weights, row, amounts, shape)
    random = np.random.default_rng(seed)
    values = random.binomial(HOLDOUT, true) / HOLDOUT if noise else true
    return Measurements(NAMES, NAMES, row, amounts, values, holdout=np.full(len(row), HOLDOUT))


def truth(weights=WEIGHTS, shape=SHAPE):
    table = {
        weight_name(r, c): weights[i, j] for i, r in enumerate(NAMES) for j, c in enumerate(NAMES)
    }
    return {**shape, **table}


def test_exact_data_are_met_exactly():
    fit = fit_power(measured(noise=False))
    for name, value in truth().items():
        assert fit.parameters[name] == pytest.approx(value, rel=1e-5)
    assert np.abs(fit.fitted - measured(noise=False).accuracies).max() < 1e-8


def test_ninety_five_per_cent_intervals_cover_as_often_as_they_say():
    draws, hits = 40, dict.fromkeys(truth(), 0)
    for seed in range(draws):
        fit = fit_power(measured(seed=seed))
        reach = norm.isf(0.025) * fit.standard_errors
        for name, centre, width in zip(fit.names, fit.unbounded, reach, strict=True):
            hits[name] += abs(centre - truth()[name]) <= width
    # the known variance is never scaled down, so that intervals are a little wide
    low, high = binom.ppf(0.0005, draws, 0.95), draws
    assert all(low <= count <= high for count in hits.values()), hits
    total = sum(hits.values()) / (draws * len(hits))
    assert 0.94 < total < 0.985


def test_interior_fits_agree_with_scipy_curve_fit():
    data = measured(seed=3)
    errors = np.full(len(data), 0.02)
    plain = Measurements(NAMES, NAMES, data.row, data.amounts, data.accuracies, errors=errors)
    fit = fit_power(plain)
    assert fit.at_bound == ()

    def model(_, *theta):
        shape = dict(zip(SHAPE, theta[:3], strict=True))
        return accuracy(np.reshape(theta[3:], (3, 3)), data.row, data.amounts, shape)

    start = list(truth().values())
    found, covariance = curve_fit(
        model, None, data.accuracies, p0=start, sigma=errors, absolute_sigma=True, xtol=1e-12
    )
    assert fit.values == pytest.approx(found, rel=1e-4)
    scale = max(1.0, fit.dispersion)
    assert fit.covariance == pytest.approx(scale * covariance, rel=2e-2, abs=1e-9)


def test_a_bound_is_met_exactly_and_by_projection():
    weights = WEIGHTS.copy()
    weights[0, 2] = weights[1, 0] = 0.0
    held = 0
    for seed in range(6):
        data = measured(weights, seed=seed)
        fit = fit_power(data)
        held += len(fit.at_bound)
        names = dict(zip(fit.names, fit.values, strict=True))
        for name in fit.at_bound:
            assert names[name] in (0.0, 1.0)
            low = fit.unbounded[fit.names.index(name)]
            assert low < 0 or low > 1, "a bound without a pull beyond it"
        # no neighbour within the bounds does better
        sizes = np.sqrt(data.variances(fit.fitted))
        cost = (((data.accuracies - fit.fitted) / sizes) ** 2).sum()
        random = np.random.default_rng(seed)
        for _ in range(50):
            moved = fit.values + 0.1 * fit.standard_errors * random.standard_normal(len(fit.values))
            moved = np.clip(
                moved, 0, np.where([n in ("ceiling", "baseline") for n in fit.names], 1, 9)
            )
            trial = power_values(dict(zip(fit.names, moved, strict=True)), data)
            assert (((data.accuracies - trial) / sizes) ** 2).sum() >= cost - 1e-6
    assert held > 0


def test_given_parameters_stay_as_given():
    fit = fit_power(measured(seed=1), {"ceiling": 0.93, "exponent": 0.9})
    assert fit.fixed == {"ceiling": 0.93, "exponent": 0.9}
    assert fit.parameters["ceiling"] == 0.93
    assert "exponent" not in fit.names
    free = fit_power(measured(seed=1))
    place, other = fit.names.index("weight[a][a]"), free.names.index("weight[a][a]")
    assert fit.standard_errors[place] < free.standard_errors[other]


def test_errors_shared_by_all_runs_widen_the_intervals():
    row, amounts = design()
    random = np.random.default_rng(5)
    true = accuracy(WEIGHTS, row, amounts)
    # the same examples decide in every run: a hard example is missed wherever accuracy is low
    hardness = random.random(HOLDOUT)
    right = hardness[None, :] < true[:, None]
    values = right.mean(axis=1)
    shared = (right - values[:, None]) / HOLDOUT
    many = np.full(len(row), HOLDOUT)
    with_shared = fit_power(Measurements(NAMES, NAMES, row, amounts, values, many, None, shared))
    without = fit_power(Measurements(NAMES, NAMES, row, amounts, values, many))
    place = with_shared.names.index("ceiling")
    sampled = np.sqrt(0.93 * 0.07 / HOLDOUT)
    assert with_shared.standard_errors[place] > 0.5 * sampled
    assert with_shared.values == pytest.approx(without.values)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.take(np.arange(8)), "more than the 12 parameters"),
        (lambda d: d.take(np.flatnonzero(d.amounts[:, 1] == 0)), "never any data of b"),
        (lambda d: d.take(np.flatnonzero(d.amounts[:, 1] == d.amounts[:, 2])), "tell apart"),
    ],
)
def test_measurements_that_do_not_determine_the_parameters_are_refused(change, words):
    with pytest.raises(UnsupportedError) as error:
        fit_power(change(measured(seed=0)))
    assert words in str(error.value)


def test_lack_of_fit_is_found_where_it_is_and_not_where_it_is_not():
    p_values = [
        lack_of_fit(data, fit_power(data)).p_value
        for data in (measured(seed=seed, replicates=2) for seed in range(20))
    ]
    assert sum(p < 0.05 for p in p_values) <= binom.ppf(0.9999, 20, 0.05)
    data = measured(seed=0, replicates=2)
    bent = data.accuracies - 0.15 * (data.amounts[:, 0] > 20) * (data.amounts[:, 1] > 20)
    worse = Measurements(NAMES, NAMES, data.row, data.amounts, bent, data.holdout)
    test = lack_of_fit(worse, fit_power(worse))
    assert test.found
    assert test.test == "F"
    assert test.p_value < 1e-6


def test_the_statistic_is_that_of_the_textbook():
    data = measured(seed=2, replicates=2)
    fit = fit_power(data)
    variances = data.variances(fit.fitted)
    scatter = misfit = 0.0
    keys = [(r, *x) for r, x in zip(data.row, data.amounts, strict=True)]
    for key in set(keys):
        own = [k for k, other in enumerate(keys) if other == key]
        mean = data.accuracies[own].mean()
        scatter += ((data.accuracies[own] - mean) ** 2 / variances[own]).sum()
        misfit += len(own) * (mean - fit.fitted[own[0]]) ** 2 / variances[own[0]]
    points = len(set(keys))
    expected = (misfit / (points - 12)) / (scatter / (len(data) - points))
    assert lack_of_fit(data, fit).statistic == pytest.approx(expected, rel=1e-9)


def test_known_variances_are_tested_without_replicates():
    data = measured(seed=4)
    test = lack_of_fit(data, fit_power(data))
    assert test.test == "chi-squared"
    assert 1e-4 < test.p_value < 1


def test_falls_are_named_with_row_column_and_place():
    data = measured(seed=6)
    assert falls(data, fit_power(data)) == []
    harmed = data.accuracies - 0.004 * data.amounts[:, 2] * (data.row == 0)
    worse = Measurements(NAMES, NAMES, data.row, data.amounts, np.clip(harmed, 0, 1), data.holdout)
    found = falls(worse, fit_power(worse))
    assert [(fall.row, fall.column) for fall in found] == [("a", "c")]
    (fall,) = found
    assert fall.after < fall.before
    assert fall.raised > fall.amounts[2]


def test_explained_variance():
    data = measured(noise=False)
    assert explained(data, fit_power(data)) == pytest.approx(1.0)


AMOUNTS = (0.0, 20.0, 50.0, 100.0, 200.0, 400.0, 800.0, 1600.0)


def total_data(curve, seed=0, rows=("x", "y"), amounts=AMOUNTS):
    totals = np.tile(np.array(amounts), 3 * len(rows))
    row = np.repeat(np.arange(len(rows)), len(totals) // len(rows))
    true = np.array([curve(i, t) for i, t in zip(row, totals, strict=True)])
    values = np.random.default_rng(seed).binomial(HOLDOUT, true) / HOLDOUT
    return Measurements(rows, ("total",), row, totals[:, None], values, np.full(len(row), HOLDOUT))


def test_cross_validation_picks_the_family_that_made_the_data():
    power = total_data(lambda i, t: 0.9 - 0.7 / (1 + (0.02, 0.05)[i] * t))
    assert preferred(compare_families(power)) == "power"
    pac = total_data(lambda i, t: float(PacCurve(0.95, (2.0, 6.0)[i]).value(np.array([t]))[0]))
    found = compare_families(pac)
    assert found["pac"].error < found["power"].error
    assert preferred(found) == "pac"
    fit = fit_family("pac", pac)
    assert fit.parameters["ceiling[x]"] == pytest.approx(0.95, abs=5 * fit.standard_errors[0])
    assert fit.parameters["complexity[y]"] == pytest.approx(6.0, abs=5 * fit.standard_errors[3])


def test_different_ceilings_make_the_curve_win():
    amounts = np.linspace(0, 1600, 25)
    data = total_data(lambda i, t: (0.9, 0.5)[i] * min(1.0, t / 400) + 0.05, amounts=amounts)
    found = compare_families(data)
    assert found["curve"].error < found["power"].error
    assert preferred(found) == "curve"
    fit = fit_family("curve", data)
    for samples, heights in fit.curves.values():
        slopes = np.diff(heights) / np.diff(samples)
        assert np.all(slopes >= -1e-12)
        assert np.all(np.diff(slopes) <= 1e-12)
