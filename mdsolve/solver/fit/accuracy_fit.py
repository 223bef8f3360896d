"""Accuracy functions from measurements: bounded weighted least squares with its uncertainty.

The measured accuracy of row i (an agent or a group) at amounts of data x is modelled by

    a_i(x) = ceiling - (ceiling - baseline) (1 + w_i . x)^-exponent,   w_i >= 0,

with one ceiling, baseline and exponent for everybody and a row of weights each: the family `power`
of an instance, scale = ceiling - baseline. Each observation counts by its variance: a standard
error that was measured with it, or the binomial variance a (1 - a) / m of a share of m held-out
examples, at the fitted a (iterated), or else one common unknown variance.

The covariance of the parameters comes from the linearised problem (delta method). Bounds are left
out of it on purpose: where one is active, the estimate is the projection of the unbounded one onto
the bounds, in the metric J' V^-1 J (Andrews, Econometrica 67, 1999). All are returned, so that
draws of parameters put the right probability on a bound.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.tolerance import AT_BOUND, INDISTINCT, ROUND_OFF

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

TOTAL = "total"
"""The one column of measurements whose amounts are all data together."""

SHAPE = ("ceiling", "baseline", "exponent")
LIMITS = {
    "ceiling": (0.0, 1.0),
    "baseline": (0.0, 1.0),
    "exponent": (0.05, 20.0),
    "complexity": (0.01, math.inf),
    "weight": (0.0, math.inf),
}
"""Least and largest value of each kind of parameter."""

START_EXPONENTS = (0.5, 1.0, 2.0)
LARGEST_REACH = 1e6
"""Weight times largest amount from which on a fit has diverged: data would do all at once."""

MOST_STEPS = 200
"""Evaluations of one descent; what is determined takes a few dozen, what is not has no end."""

REWEIGHTINGS = 4
"""Rounds of fitting after which binomial variances at the fitted values have settled."""


@dataclass(frozen=True)
class Measurements:
    """Measured accuracies with the amounts of data behind them.

    Parameters
    ----------
    rows, columns : tuple of str
        Whose accuracy was measured; whose data went in (one column called ``total`` where only
        the total is known).
    row : ndarray of int, shape (K,)
        Whose accuracy each observation is.
    amounts : ndarray, shape (K, columns)
        Data of each column behind each observation, in samples or batches.
    accuracies : ndarray, shape (K,)
    holdout : ndarray, shape (K,), or None
        Number of held-out examples behind each accuracy.
    errors : ndarray, shape (K,), or None
        Standard errors of the accuracies; they win over `holdout`.
    trust : ndarray, shape (K,), or None
        Factors in (0, 1] by which observations count less, where outliers are not to decide.
    shared : ndarray, shape (K, examples), or None
        Contribution of each held-out example to the error of each accuracy, where all were
        measured on the same examples: the errors have the covariance shared @ shared'.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    row: Integers
    amounts: Floats
    accuracies: Floats
    holdout: Floats | None = None
    errors: Floats | None = None
    shared: Floats | None = None
    trust: Floats | None = None

    def __len__(self) -> int:
        return len(self.accuracies)

    def take(self, chosen: Integers) -> Measurements:
        """Return some of the observations."""
        parts: dict[str, Any] = {
            name: None if getattr(self, name) is None else getattr(self, name)[chosen]
            for name in ("row", "amounts", "accuracies", "holdout", "errors", "shared", "trust")
        }
        return replace(self, **parts)

    @property
    def known_variance(self) -> bool:
        """Tell whether variances are known, not only up to a factor."""
        return self.shared is None and (self.errors is not None or self.holdout is not None)

    @property
    def of_totals(self) -> bool:
        """Tell whether only the total of all data is known: learning curves, to extrapolate."""
        return self.columns == (TOTAL,)

    def variances(self, fitted: Floats) -> Floats:
        """Return the variance of each observation, up to a factor unless `known_variance`.

        Binomial variances are taken at fitted accuracies drawn a little towards 1/2 (two successes
        and two failures more), so that they do not vanish.
        """
        trust = np.ones(len(self)) if self.trust is None else self.trust
        if self.errors is not None:
            return np.asarray(self.errors**2 / trust)
        if self.holdout is None:
            return 1 / trust
        likely = (np.clip(fitted, 0.0, 1.0) * self.holdout + 2) / (self.holdout + 4)
        return np.asarray(likely * (1 - likely) / self.holdout / trust)

    def points(self) -> Integers:
        """Return the number of the design point (row and amounts) of each observation, (K,)."""
        keys = np.column_stack([self.row, self.amounts])
        return np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)


@dataclass(frozen=True)
class Fit:
    """Fitted parameters with their uncertainty.

    Parameters
    ----------
    names : tuple of str
        Parameters that were fitted.
    values, unbounded : ndarray, shape (P,)
        The estimate, and the linearised one that bounds are left out of.
    covariance : ndarray, shape (P, P)
        Of the unbounded estimate.
    information : ndarray, shape (P, P)
        J' V^-1 J, the metric in which bounds pull the estimate back.
    fixed : mapping
        Parameters that were given.
    fitted : ndarray, shape (K,)
        Fitted accuracies of the observations.
    dispersion : float
        Squared residuals per degree of freedom, in units of the variances.
    curves : mapping
        Family `curve`: (samples, accuracies) of each row; it has no parameters.
    remarks : tuple of str
        What a user must know about how it was fitted, in sentences.
    growth : float
        How fast the misfit of a learning curve falls with the amount of data.
    """

    family: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    names: tuple[str, ...]
    values: Floats
    unbounded: Floats
    covariance: Floats
    information: Floats
    fitted: Floats
    dispersion: float
    fixed: Mapping[str, float] = field(default_factory=dict)
    curves: Mapping[str, tuple[Floats, Floats]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    growth: float = 0.0

    @property
    def parameters(self) -> dict[str, float]:
        """Every parameter by name, given ones included."""
        return {**self.fixed, **dict(zip(self.names, self.values.tolist(), strict=True))}

    @property
    def standard_errors(self) -> Floats:
        """Square roots of the diagonal of the covariance, shape (P,)."""
        return np.sqrt(np.diagonal(self.covariance))

    @property
    def at_bound(self) -> tuple[str, ...]:
        """Fitted parameters that lie on a bound."""
        lower, upper = bounds_of(self.names)
        on = (self.values <= lower) | (self.values >= upper)
        return tuple(name for name, held in zip(self.names, on, strict=True) if held)


def weight_name(row: str, column: str) -> str:
    """Return the name of the weight that `row` puts on the data of `column`."""
    return f"weight[{row}][{column}]"


def bounds_of(names: Sequence[str]) -> tuple[Floats, Floats]:
    """Return the least and largest values that these parameters may have."""
    limits = np.array([LIMITS[name.partition("[")[0]] for name in names]).reshape(-1, 2)
    return limits[:, 0], limits[:, 1]


def power_values(parameters: Mapping[str, float], data: Measurements) -> Floats:
    """Return a_i(x) of the family `power` for each observation, shape (K,)."""
    table = [[parameters[weight_name(r, c)] for c in data.columns] for r in data.rows]
    theta = np.array([*(parameters[name] for name in SHAPE), *np.ravel(table)])
    return power_jacobian(theta, data)[0]


def fit_power(data: Measurements, given: Mapping[str, float] | None = None) -> Fit:
    """Fit the family `power`.

    Parameters
    ----------
    given : mapping
        Values of ``ceiling``, ``baseline`` and ``exponent`` that are not to be fitted.

    Raises
    ------
    UnsupportedError
        The measurements do not determine the parameters; those in doubt are named.
    """
    fixed = dict(given or {})
    weights = [weight_name(row, column) for row, column in product(data.rows, data.columns)]
    everything = (*SHAPE, *weights)
    names = tuple(name for name in everything if name not in fixed)
    if len(data) <= len(names):
        raise UnsupportedError.single(
            "measurements",
            f"{len(data)} of them",
            f"more than the {len(names)} parameters of the family power",
            "measure at more amounts of data, or fix ceiling, baseline or exponent",
        )
    largest = data.amounts.max(axis=0)
    if np.any(largest <= 0):
        nothing = [c for c, top in zip(data.columns, largest, strict=True) if top <= 0]
        raise UnsupportedError.single(
            "measurements", f"never any data of {', '.join(nothing)}", "some data of everybody"
        )
    unit = replace(data, amounts=data.amounts / largest)
    free = np.array([name not in fixed for name in everything])
    base = np.array([fixed.get(name, 0.0) for name in everything])
    starts = list(_starts(unit, fixed))
    variances = data.variances(data.accuracies)
    for _ in range(REWEIGHTINGS):
        theta = _best(unit, base, free, starts, np.sqrt(variances), everything)
        starts = [theta]
        fitted = power_jacobian(theta, unit)[0]
        if data.errors is not None or data.holdout is None:
            break
        variances = data.variances(fitted)
    if np.any(theta[3:] >= LARGEST_REACH / 2):
        far = [n for n, x in zip(weights, theta[3:], strict=True) if x >= LARGEST_REACH / 2]
        raise UnsupportedError.single(
            "measurements",
            f"accuracies for which {', '.join(far)} grows without end",
            "accuracies that rise step by step with data",
            "measure at less data, more often, or fix ceiling, baseline or exponent",
        )
    fitted, jacobian = power_jacobian(theta, unit)
    factors = np.concatenate([np.ones(len(SHAPE)), np.tile(1 / largest, len(data.rows))])[free]
    return linearised(
        "power", data, names, theta[free] * factors, jacobian[:, free] / factors, fitted, fixed
    )


def linearised(
    family: str,
    data: Measurements,
    names: tuple[str, ...],
    values: Floats,
    jacobian: Floats,
    fitted: Floats,
    fixed: Mapping[str, float],
) -> Fit:
    """Return the fit with the covariance of its parameters by the delta method.

    With J the Jacobian and V the variances, H = (J' V^-1 J)^-1 is scaled by the dispersion where
    variances are known up to a factor only, and never down where they are known. Errors shared by
    observations on the same held-out examples, of covariance S, add H J' V^-1 S V^-1 J H.

    Raises
    ------
    UnsupportedError
        J has (nearly) dependent columns.
    """
    deviations = np.sqrt(data.variances(fitted))
    scaled = jacobian / deviations[:, None]
    residuals = (data.accuracies - fitted) / deviations
    lengths = np.linalg.norm(scaled, axis=0)
    safe = np.where(lengths > 0, lengths, 1.0)
    left, singular, right = np.linalg.svd(scaled / safe, full_matrices=False)
    if singular[-1] < INDISTINCT * singular[0] or np.any(lengths == 0):
        doubtful = (np.abs(right[-1]) > 0.3) | (lengths == 0)
        listed = ", ".join(name for name, out in zip(names, doubtful, strict=True) if out)
        raise UnsupportedError.single(
            "measurements",
            f"they do not tell apart: {listed}",
            "measurements that determine every parameter",
            "measure at more amounts of data, or fix ceiling, baseline or exponent",
        )
    root = right.T / singular / safe[:, None]
    dispersion = float(residuals @ residuals) / (len(data) - len(names))
    least = 1.0 if data.known_variance else 0.0
    covariance = max(dispersion, least) * root @ root.T
    if data.shared is not None:
        influence = root @ left.T @ (data.shared / deviations[:, None])
        covariance = covariance + influence @ influence.T
    step = root @ (left.T @ residuals)
    lower, upper = bounds_of(names)
    active = (values <= lower) | (values >= upper)
    unbounded = values + step if active.any() else values
    return Fit(
        family,
        data.rows,
        data.columns,
        names,
        values,
        unbounded,
        covariance,
        scaled.T @ scaled,
        fitted,
        dispersion,
        dict(fixed),
    )


def power_jacobian(theta: Floats, data: Measurements) -> tuple[Floats, Floats]:
    """Return the accuracies (K,) and their Jacobian (K, P) in all parameters."""
    ceiling, baseline, exponent = theta[:3]
    weights = theta[3:].reshape(len(data.rows), len(data.columns))
    index = np.einsum("kc,kc->k", weights[data.row], data.amounts)
    missing = (1 + index) ** -exponent
    scale = ceiling - baseline
    jacobian = np.zeros((len(data), len(theta)))
    jacobian[:, 0] = 1 - missing
    jacobian[:, 1] = missing
    jacobian[:, 2] = scale * missing * np.log1p(index)
    slope = scale * exponent * missing / (1 + index)
    width = len(data.columns)
    for column in range(width):
        place = 3 + data.row * width + column
        jacobian[np.arange(len(data)), place] = slope * data.amounts[:, column]
    return ceiling - scale * missing, jacobian


def _starts(data: Measurements, fixed: Mapping[str, float]) -> list[Floats]:
    """Return parameters to start from: weights by linear least squares for guessed shapes."""
    from scipy.optimize import nnls

    low, high = float(data.accuracies.min()), float(data.accuracies.max())
    spread = max(high - low, ROUND_OFF)
    ceilings = (fixed["ceiling"],) if "ceiling" in fixed else (min(1.0, high + 0.1 * spread), 1.0)
    baseline = fixed.get("baseline", max(0.0, low - 0.05 * spread))
    exponents = (fixed["exponent"],) if "exponent" in fixed else START_EXPONENTS
    found = []
    for ceiling, exponent in product(ceilings, exponents):
        scale = max(ceiling - baseline, ROUND_OFF)
        missing = np.clip((ceiling - data.accuracies) / scale, 0.02, 1.0)
        index = missing ** (-1 / exponent) - 1
        table = np.zeros((len(data.rows), len(data.columns)))
        for number in range(len(data.rows)):
            own = data.row == number
            table[number] = nnls(data.amounts[own], index[own])[0]
        # a weight of zero is where a descent may stay for no good reason
        largest = float(table.max()) or 1 / float(data.amounts.max())
        table = np.maximum(table, 0.01 * largest)
        found.append(np.array([ceiling, baseline, exponent, *table.ravel()]))
    return found


def _best(
    data: Measurements,
    base: Floats,
    free: npt.NDArray[np.bool_],
    starts: Sequence[Floats],
    deviations: Floats,
    names: Sequence[str],
) -> Floats:
    """Return the parameters of least weighted squares from several starts, bounds met exactly."""
    from scipy.optimize import least_squares

    lower, upper = bounds_of(names)
    upper = np.minimum(upper, LARGEST_REACH)

    def solve(start: Floats, loose: npt.NDArray[np.bool_]) -> tuple[float, Floats]:
        theta = np.where(free, start, base)

        def completed(x: Floats) -> Floats:
            full = theta.copy()
            full[loose] = x
            return full

        def residuals(x: Floats) -> Floats:
            return (power_jacobian(completed(x), data)[0] - data.accuracies) / deviations

        def jacobian(x: Floats) -> Floats:
            return np.asarray(power_jacobian(completed(x), data)[1][:, loose] / deviations[:, None])

        inside = np.clip(theta[loose], lower[loose], upper[loose])
        options: dict[str, Any] = {
            "bounds": (lower[loose], upper[loose]),
            "x_scale": "jac",
            "ftol": ROUND_OFF,
            "xtol": ROUND_OFF,
            "gtol": ROUND_OFF,
            "max_nfev": MOST_STEPS,
        }
        result = least_squares(residuals, inside, jac=jacobian, **options)
        return float(result.cost), completed(np.asarray(result.x))

    cost, theta = min((solve(start, free) for start in starts), key=lambda found: found[0])
    near_low = free & (theta - lower <= AT_BOUND)
    near_high = free & (upper - theta <= AT_BOUND)
    if near_low.any() or near_high.any():
        snapped = np.where(near_low, lower, np.where(near_high, upper, theta))
        again, exact = solve(snapped, free & ~near_low & ~near_high)
        if again <= cost * (1 + INDISTINCT):
            theta = exact
    return theta
