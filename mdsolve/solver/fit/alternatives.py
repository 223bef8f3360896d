"""Accuracy as a function of the total amount of data, and which family predicts best.

Beside `power` (see `mdsolve.solver.fit.accuracy_fit`) two families can be fitted that look at the
total of all data only: `pac` with a ceiling and a complexity per row, and `curve`, the concave
non-decreasing curve nearest to the measurements. Families are compared by cross-validation over
design points: all replicates of a point are held out together, for every row.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mdsolve.errors import UnsupportedError
from mdsolve.game.accuracies.curve import MeasuredCurve
from mdsolve.game.accuracies.pac import PacCurve
from mdsolve.solver.fit.accuracy_fit import (
    LIMITS,
    REWEIGHTINGS,
    Fit,
    Floats,
    Measurements,
    bounds_of,
    fit_power,
    linearised,
    power_values,
)
from mdsolve.tolerance import INDISTINCT, ROUND_OFF

FAMILIES = ("power", "pac", "curve")
FOLDS = 5
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
        return fit_power(data, given)
    return _fit_pac(data) if family == "pac" else _fit_curve(data)


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
            curve: PacCurve | MeasuredCurve = PacCurve(
                table[f"ceiling[{name}]"], table[f"complexity[{name}]"]
            )
        else:
            samples, heights = fit.curves[name]
            curve = MeasuredCurve(tuple(samples.tolist()), tuple(heights.tolist()))
        values[own] = curve.value(totals[own])
    return values


def compare_families(
    data: Measurements, given: Mapping[str, float] | None = None
) -> dict[str, Prediction]:
    """Return how well each family predicts design points that it was not fitted to."""
    amounts = np.unique(data.amounts, axis=0, return_inverse=True)[1].reshape(-1)
    count = int(amounts.max()) + 1
    # neighbouring points go to different folds; which one is the same in every run
    fold = np.random.default_rng(0).permutation(np.arange(count) % min(FOLDS, count))[amounts]
    found = {}
    for family in FAMILIES:
        squares = np.empty(len(data))
        try:
            for held in np.unique(fold):
                test = np.flatnonzero(fold == held)
                fit = fit_family(family, data.take(np.flatnonzero(fold != held)), given)
                part = data.take(test)
                squares[test] = (predicted(fit, part) - part.accuracies) ** 2
        except UnsupportedError as error:
            found[family] = Prediction(math.inf, np.full(count, math.inf), error.findings[0].got)
            continue
        by_point = np.bincount(amounts, squares) / np.bincount(amounts)
        found[family] = Prediction(float(np.sqrt(by_point.mean())), by_point)
    return found


def preferred(found: Mapping[str, Prediction]) -> str:
    """Return the family to use: the best one, or `power` where it is as good within noise.

    `power` is kept if its mean squared error exceeds the least one by no more than the standard
    error of the paired difference: it is smooth, concave, and tells whose data helps whom.

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
    spread = float(difference.std(ddof=1)) / math.sqrt(len(difference))
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


def _pac(pair: Floats, totals: Floats) -> Floats:
    return PacCurve(float(pair[0]), float(pair[1])).value(totals)


def _pac_pair(totals: Floats, accuracies: Floats, deviations: Floats) -> Floats:
    """Return ceiling and complexity of one row: the best of a grid, then refined."""
    from scipy.optimize import least_squares

    top = float(totals.max())
    lower, upper = bounds_of(("ceiling", "complexity"))
    first = max(float(accuracies.max()), ROUND_OFF)

    def residuals(pair: Floats) -> Floats:
        return (_pac(pair, totals) - accuracies) / deviations

    grid = np.geomspace(LIMITS["complexity"][0], max(top, 1.0), START_COMPLEXITIES)
    starts = [np.array([ceiling, k]) for ceiling in (first, 1.0) for k in grid]
    start = min(starts, key=lambda pair: float((residuals(pair) ** 2).sum()))
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
