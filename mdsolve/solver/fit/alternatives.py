"""Accuracy as a function of the total amount of data, and which family predicts best.

Beside `power` (see `mdsolve.solver.fit.accuracy_fit`) two families can be fitted that look at the
total of all data only: `pac` with a ceiling and a complexity per row, and `curve`, the concave
non-decreasing curve nearest to the measurements. Families are compared by cross-validation over
design points: all replicates of a point are held out together, for every row.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.accuracies.curve import MeasuredCurve
from mdsolve.game.accuracies.pac import PacCurve
from mdsolve.solver.fit.accuracy_fit import (
    LIMITS,
    REWEIGHTINGS,
    Fit,
    Floats,
    Integers,
    Measurements,
    bounds_of,
    fit_power,
    linearised,
    power_values,
)
from mdsolve.solver.fit.learning_curve import LEAST_SIZES, fit_learning_curves
from mdsolve.tolerance import INDISTINCT, ROUND_OFF

FAMILIES = ("power", "pac", "curve")
OUTLIER = 1.345
"""Deviations from which observations count less; 95 % efficient under normal errors."""

NORMAL_MEDIAN = 1.4826
"""Standard deviation of normal errors in units of their median absolute value."""

FOLDS = 5
CUTS = (0.5, 0.25)
"""Shares of the largest amount up to which curves are fitted, to predict the rest."""

PREFERENCE = 0.05
"""Probability of leaving `power` for a family that predicts no better."""

Flags = npt.NDArray[np.bool_]

START_COMPLEXITIES = 40


@dataclass(frozen=True)
class Prediction:
    """How well a family predicts what it was not fitted to.

    Parameters
    ----------
    error : float
        Root mean square error at design points held out, in accuracy; inf where it cannot be
        fitted.
    squares : ndarray, shape (points,)
        Mean squared error at each design point.
    reason : str
        Why it cannot be fitted.
    """

    error: float
    squares: Floats
    reason: str = ""


def fit_family(family: str, data: Measurements, given: Mapping[str, float] | None = None) -> Fit:
    """Fit one family; raises `UnsupportedError` where the measurements do not determine it.

    Parameters
    ----------
    given : mapping
        Parameters of `power` that are not to be fitted.
    """
    if family == "power":
        return fit_learning_curves(data, given or {}) if data.of_totals else fit_power(data, given)
    return _fit_pac(data) if family == "pac" else _fit_curve(data)


def fit_robustly(family: str, data: Measurements, given: Mapping[str, float] | None = None) -> Fit:
    """Fit one family so that outliers do not decide.

    Observations whose residual r exceeds k = `OUTLIER` robust deviations s (1.4826 times the median
    absolute residual, in units of their own) count k s / |r| of others (Huber 1964), until the
    factors have settled.
    """
    fit = fit_family(family, data, given)
    for _ in range(REWEIGHTINGS):
        plain = replace(data, trust=None)
        residuals = np.abs(data.accuracies - fit.fitted) / np.sqrt(plain.variances(fit.fitted))
        deviation = NORMAL_MEDIAN * float(np.median(residuals))
        if deviation <= ROUND_OFF:
            break
        trust = np.minimum(1.0, OUTLIER * deviation / np.maximum(residuals, ROUND_OFF))
        fit = fit_family(family, replace(data, trust=trust), given)
    return fit


def predicted(fit: Fit, data: Measurements) -> Floats:
    """Return the accuracies that a fit gives for the amounts of other observations, shape (K,)."""
    if fit.family == "power":
        return power_values(fit.parameters, data)
    totals = data.amounts.sum(axis=1)
    values = np.empty(len(data))
    for number, name in enumerate(data.rows):
        own = data.row == number
        if fit.family == "pac":
            table = fit.parameters
            pair = (table[f"ceiling[{name}]"], table[f"complexity[{name}]"])
            values[own] = _pac(pair, totals[own])
        else:
            samples, heights = fit.curves[name]
            curve = MeasuredCurve(tuple(samples.tolist()), tuple(heights.tolist()))
            values[own] = curve.value(totals[own])
    return values


def compare_families(
    data: Measurements, given: Mapping[str, float] | None = None
) -> dict[str, Prediction]:
    """Return how well each family predicts design points that it was not fitted to.

    Learning curves are predicted from smaller amounts of data, as they are going to be used; other
    designs from the rest of the points.
    """
    point = np.unique(data.amounts, axis=0, return_inverse=True)[1].reshape(-1)
    count = int(point.max()) + 1
    splits = _by_size(data) if data.of_totals else _by_fold(point, count)
    found = {}
    for family in FAMILIES:
        squares, tests = np.zeros(count), np.zeros(count)
        try:
            for held in splits:
                part = data.take(np.flatnonzero(held))
                fit = fit_family(family, data.take(np.flatnonzero(~held)), given)
                error = (predicted(fit, part) - part.accuracies) ** 2
                squares += np.bincount(point[held], error, count)
                tests += np.bincount(point[held], minlength=count)
        except UnsupportedError as error:
            found[family] = Prediction(math.inf, np.full(count, math.inf), error.findings[0].got)
            continue
        tested = tests > 0
        by_point = squares[tested] / tests[tested]
        found[family] = Prediction(float(np.sqrt(by_point.mean())), by_point)
    return found


def _by_fold(point: Integers, count: int) -> list[Flags]:
    """Return which observations each of five folds of design points holds out."""
    # neighbouring points go to different folds; which one is the same in every run
    fold = np.random.default_rng(0).permutation(np.arange(count) % min(FOLDS, count))[point]
    return [fold == number for number in np.unique(fold)]


def _by_size(data: Measurements) -> list[Flags]:
    """Return which observations are above a half, and above a quarter, of each row's largest.

    The quarter is left out where too few amounts remain; with very few, only the largest is held.
    """
    amounts = data.amounts[:, 0]
    largest = np.zeros(len(data.rows))
    np.maximum.at(largest, data.row, amounts)
    share = amounts / largest[data.row]
    splits = [share > cut for cut in CUTS]
    enough = [
        held
        for held in splits
        if all(
            len(np.unique(amounts[~held & (data.row == row)])) > LEAST_SIZES
            for row in np.unique(data.row)
        )
    ]
    return enough or [share >= 1]


def preferred(found: Mapping[str, Prediction]) -> str:
    """Return the family to use: the best one, or `power` where it is as good within noise.

    `power` is kept unless a paired t test at 5 % says that another's squared errors are smaller: it
    is smooth, concave, and tells whose data helps whom.

    Raises
    ------
    UnsupportedError
        No family can be fitted.
    """
    best = min(found, key=lambda family: found[family].error)
    if not math.isfinite(found[best].error):
        reasons = "; ".join(f"{name}: {entry.reason}" for name, entry in found.items())
        raise UnsupportedError.single("measurements", reasons, "enough of them to fit a family")
    if not math.isfinite(found["power"].error):
        return best
    difference = found["power"].squares - found[best].squares
    if len(difference) == 1:
        return "power"
    from scipy.stats import t

    beyond = float(t.isf(PREFERENCE, len(difference) - 1))
    spread = beyond * float(difference.std(ddof=1)) / math.sqrt(len(difference))
    return "power" if float(difference.mean()) <= spread else best


def _fit_pac(data: Measurements) -> Fit:
    from scipy.optimize import approx_fprime

    names = tuple(
        f"{parameter}[{row}]" for row in data.rows for parameter in ("ceiling", "complexity")
    )
    if len(data) <= len(names):
        got = f"{len(data)} of them"
        raise UnsupportedError.single(
            "measurements", got, f"more than the {len(names)} parameters of the family pac"
        )
    totals = data.amounts.sum(axis=1)
    fitted, values = np.empty(len(data)), np.empty(len(names))
    for number in range(len(data.rows)):
        own = np.flatnonzero(data.row == number)
        if not len(own):  # all of them were held out
            got = f"no measurement of {data.rows[number]} beside those held out"
            raise UnsupportedError.single("measurements", got, "two at least")
        part = data.take(own)
        variances = part.variances(part.accuracies)
        for _ in range(REWEIGHTINGS):
            pair = _pac_pair(totals[own], part.accuracies, np.sqrt(variances))
            fitted[own] = _pac(pair, totals[own])
            variances = part.variances(fitted[own])
        values[2 * number : 2 * number + 2] = pair
    jacobian = np.zeros((len(data), len(names)))
    for number in range(len(data.rows)):
        own, place = data.row == number, slice(2 * number, 2 * number + 2)
        jacobian[own, place] = approx_fprime(values[place], lambda p, t=totals[own]: _pac(p, t))
    return linearised("pac", data, names, values, jacobian, fitted, {})


def _pac(pair: Sequence[Any] | Floats, totals: Floats) -> Floats:
    """Return the bound where it is positive, from k / e on, where it rises; else 0."""
    ceiling, complexity = pair
    least = complexity / math.e
    bound = PacCurve(ceiling, complexity).bound(np.maximum(totals, least))
    return np.where(totals > least, np.maximum(bound, 0.0), 0.0)


def _pac_pair(totals: Floats, accuracies: Floats, deviations: Floats) -> Floats:
    """Return ceiling and complexity of one row: the best of a grid, then refined."""
    from scipy.optimize import least_squares

    top = float(totals.max())
    lower, upper = bounds_of(("ceiling", "complexity"))
    first = max(float(accuracies.max()), ROUND_OFF)

    def residuals(pair: Floats) -> Floats:
        return (_pac(pair, totals) - accuracies) / deviations

    grid = np.geomspace(LIMITS["complexity"][0], max(top, 1.0), START_COMPLEXITIES)
    ceilings, complexities = (part.reshape(-1, 1) for part in np.meshgrid((first, 1.0), grid))
    missed = (_pac((ceilings, complexities), totals) - accuracies) / deviations
    best = int(np.argmin((missed**2).sum(axis=1)))
    start = np.array([ceilings[best, 0], complexities[best, 0]])
    found = least_squares(residuals, start, bounds=(lower, upper), x_scale=np.maximum(start, 0.1))
    return np.asarray(found.x)


def _fit_curve(data: Measurements) -> Fit:
    totals = data.amounts.sum(axis=1)
    variances = data.variances(data.accuracies)
    curves, fitted = {}, np.empty(len(data))
    freedom = 0
    for number, name in enumerate(data.rows):
        own = np.flatnonzero(data.row == number)
        samples, place = np.unique(totals[own], return_inverse=True)
        if len(samples) < 2:
            got = f"{name} at {len(samples)} amounts of data"
            raise UnsupportedError.single("measurements", got, "at least two for a curve")
        weight = 1 / variances[own]
        means = np.bincount(place, weight * data.accuracies[own]) / np.bincount(place, weight)
        curve = MeasuredCurve(tuple(samples.tolist()), tuple(means.tolist()))
        kept = _kinks(samples, curve.fitted)
        curves[name] = (samples[kept], curve.fitted[kept])
        fitted[own] = curve.fitted[place]
        freedom += len(kept)
    residuals = (data.accuracies - fitted) / np.sqrt(variances)
    left = max(1, len(data) - freedom)
    nothing = np.empty(0)
    return Fit(
        "curve",
        data.rows,
        data.columns,
        (),
        nothing,
        nothing,
        np.empty((0, 0)),
        np.empty((0, 0)),
        fitted,
        float(residuals @ residuals) / left,
        curves=curves,
    )


def _kinks(samples: Floats, heights: Floats) -> list[int]:
    """Return the points where a concave polygon bends, with its two ends."""
    slopes = np.diff(heights) / np.diff(samples)
    least = INDISTINCT * max(abs(float(slopes[0])), ROUND_OFF)
    bends = np.flatnonzero(np.abs(np.diff(slopes)) > least)
    return [0, *(bends + 1).tolist(), len(samples) - 1]
