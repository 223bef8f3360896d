"""Learning curves: the family `power` fitted to accuracies at totals of data, so as to extrapolate.

Row i (an agent or a group) has the accuracy ceiling - (ceiling - baseline) (1 + w_i m)^-exponent
at m samples in all. Least squares alone do not determine four parameters from a dozen noisy
accuracies: curves that fit alike disagree beyond the data by more than the noise. Three things that
most measured curves have in common decide instead (J. N. van Rijn and others' Learning Curve
Database, on half of whose curves the constants below were chosen; see the page on real curves):

- **The largest amounts count most.** No curve is exactly a power: beside its own variance v an
  accuracy measured at the share t of the largest amount is off by `MISFIT` / max(t, LEAST_SHARE).
- **Exponents and weights are of ordinary size**: the logarithms of the exponent and of the weight
  times the largest amount are normal, with wide deviations (`EXPONENT`, `WEIGHT`).
- **Measurements of one curve are not independent** and count as `INDEPENDENT` of their number.

With the weighted mean square Q of K residuals the fit minimises, 0 <= baseline <= ceiling <= 1,

    INDEPENDENT (K + 1) / 2 log(FLOOR + K Q) + sum of penalties,

by variable projection (Golub and Pereyra 1973, with Kaufman's Jacobian): ceiling and baseline are
those of least squares for the other parameters, which are found on a grid and refined by damped
Gauss-Newton steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mdsolve.errors import UnsupportedError
from mdsolve.solver.fit.accuracy_fit import (
    SHAPE,
    Fit,
    Floats,
    Measurements,
    power_jacobian,
    weight_name,
)
from mdsolve.tolerance import INDISTINCT, ROUND_OFF

MISFIT = 0.005
"""Deviation of a true curve from the family at the largest amount, in accuracy."""

LEAST_SHARE = 0.02
"""Share of the largest amount below which the deviation from the family grows no further."""

GROWTHS = (0.0, 1.0)
LIKELIER = 4.0
"""Misfits that are the same at all amounts, or fall with them, and how much likelier the latter."""

EXPONENT = (-1.0, 1.5)
WEIGHT = (4.0, 1.5)
"""Mean and deviation of the logarithms of the exponent, and of weight times largest amount."""

INDEPENDENT = 0.5
FLOOR = 2e-5
"""Sum of squares, in accuracy, that even a perfect fit is taken to have."""

EXPONENTS = np.geomspace(0.05, 8.0, 18)
REACHES = np.geomspace(0.1, 1e4, 22)
"""Where the search starts: exponents, and weights times the largest amount."""

STEPS = 40
SETTLED = 1e-5
"""Most steps of refinement, and the gain after which there is none."""
LEVELLED = (
    "accuracy does not rise at the largest amounts measured: all amounts count alike, and the fit "
    "may promise too much"
)
LEAST_SIZES = 4
"""Amounts of data without which there is no curve to extrapolate."""


@dataclass(frozen=True)
class Posterior:
    """How well each curve of the grid agrees with the measurements of one row.

    Parameters
    ----------
    exponents, weights, ceilings, baselines : ndarray, shape (G,)
    chances : ndarray, shape (G,)
        Of the curves, summing to one.
    """

    exponents: Floats
    weights: Floats
    ceilings: Floats
    baselines: Floats
    chances: Floats

    def moments(self, amount: float) -> tuple[float, float]:
        """Return mean and standard deviation of the accuracy at an amount of data."""
        missing = (1 + self.weights * amount) ** -self.exponents
        values = self.ceilings - (self.ceilings - self.baselines) * missing
        mean = float(self.chances @ values)
        return mean, float(np.sqrt(self.chances @ (values - mean) ** 2))


def fit_learning_curves(data: Measurements, given: Mapping[str, float]) -> Fit:
    """Fit the family `power` to totals of data, one shape for all rows and a weight each.

    Parameters
    ----------
    data : Measurements
        With one column.
    given : mapping
        Values of ``ceiling``, ``baseline`` and ``exponent`` that are not to be fitted.

    Raises
    ------
    UnsupportedError
        Fewer than four amounts of data, or accuracies that do not rise with data.
    """
    found = []
    for growth in GROWTHS:
        goal, fit = _Search.of(data, given, growth).fit()
        found.append((goal - INDEPENDENT * LIKELIER * growth, fit))
    found.sort(key=lambda entry: entry[0])
    rising = [fit for _, fit in found if fit is not None]
    if not rising:
        raise UnsupportedError.single(
            "measurements",
            "accuracies that do not rise with data",
            "some use of data",
            "measure at more amounts of data, or more often at each",
        )
    return rising[0] if found[0][1] is not None else replace(rising[0], remarks=(LEVELLED,))


def posterior(data: Measurements, row: int, growth: float) -> Posterior:
    """Return how well each curve of the grid agrees with the accuracies of one row.

    Parameters
    ----------
    growth : float
        How fast the misfit falls with the amount of data, as in the fit.
    """
    own = np.flatnonzero(data.row == row)
    alone = replace(data.take(own), rows=data.rows[:1], row=np.zeros(len(own), dtype=np.int64))
    search = _Search.of(alone, {}, growth)
    exponents, reaches = (part.ravel() for part in np.meshgrid(EXPONENTS, REACHES))
    missing = (1 + reaches[:, None] * search.share) ** -exponents[:, None]
    ceilings, baselines, squares = search.projected(missing)
    goal = search.goal(squares, np.log(exponents), np.log(reaches)[:, None])
    chances = np.exp(goal.min() - goal)
    weights = reaches / search.largest
    return Posterior(exponents, weights, ceilings, baselines, chances / chances.sum())


@dataclass(frozen=True)
class _Search:
    """Measurements in units of the search, and what is given.

    Parameters
    ----------
    share : ndarray, shape (K,)
        Amounts as shares of the largest.
    importance : ndarray, shape (K,)
        Weights of the observations, of geometric mean one.
    growth : float
        How fast the misfit falls with the amount of data.
    """

    data: Measurements
    given: Mapping[str, float]
    largest: float
    share: Floats
    importance: Floats
    growth: float

    @classmethod
    def of(cls, data: Measurements, given: Mapping[str, float], growth: float) -> _Search:
        """Return the search for one growth of the misfit."""
        amounts = data.amounts[:, 0]
        sizes = len(np.unique(amounts))
        if sizes < LEAST_SIZES:
            raise UnsupportedError.single(
                "measurements",
                f"accuracies at {sizes} amounts of data",
                f"at least {LEAST_SIZES} for the family power",
                "measure at more amounts of data, or use --family curve",
            )
        largest = float(amounts.max())
        share = amounts / largest
        return cls(data, given, largest, share, importance_of(data, growth), growth)

    @cached_property
    def floor(self) -> float:
        """Squares that even a perfect fit is taken to have, in units of the weights."""
        return FLOOR * float(self.importance.mean())

    def goal(self, squares: Floats, exponent: Floats, reaches: Floats) -> Floats:
        """Return what is minimised at logarithms of exponents (G,) and of reaches (G, rows)."""
        fit = 0.5 * INDEPENDENT * (len(self.data) + 1) * np.log(self.floor + squares)
        penalty = (((reaches - WEIGHT[0]) / WEIGHT[1]) ** 2).sum(axis=-1)
        if "exponent" not in self.given:
            penalty = penalty + ((exponent - EXPONENT[0]) / EXPONENT[1]) ** 2
        return np.asarray(fit + 0.5 * penalty)

    def projected(self, missing: Floats) -> tuple[Floats, Floats, Floats]:
        """Return best ceilings and baselines, and squares left, for missing shares (G, K).

        The squares are a convex quadratic of ceiling and baseline on 0 <= baseline <= ceiling <= 1:
        the least is where the gradient vanishes, or on one of the three edges.
        """
        w, y = self.importance, self.data.accuracies
        seen = 1 - missing
        a, b, c = (w * seen**2).sum(-1), (w * seen * missing).sum(-1), (w * missing**2).sum(-1)
        p, q = (w * y * seen).sum(-1), (w * y * missing).sum(-1)
        safe_a, safe_c = np.maximum(a, ROUND_OFF), np.maximum(c, ROUND_OFF)
        one, zero = np.ones_like(a), np.zeros_like(a)
        if "ceiling" in self.given and "baseline" in self.given:
            options = [(self.given["ceiling"] * one, self.given["baseline"] * one)]
        elif "ceiling" in self.given:
            ceiling = self.given["ceiling"] * one
            options = [(ceiling, np.clip((q - b * ceiling) / safe_c, 0, ceiling))]
        elif "baseline" in self.given:
            baseline = self.given["baseline"] * one
            options = [(np.clip((p - b * baseline) / safe_a, baseline, 1), baseline)]
        else:
            flat = one * np.clip((w @ y) / w.sum(), 0, 1)
            determinant = np.maximum(a * c - b * b, ROUND_OFF * safe_a * safe_c)
            inside = ((c * p - b * q) / determinant, (a * q - b * p) / determinant)
            options = [
                inside,
                (one, np.clip((q - b) / safe_c, 0, 1)),
                (np.clip(p / safe_a, 0, 1), zero),
                (flat, flat),
            ]
        found = []
        for ceiling, baseline in options:
            allowed = (baseline >= 0) & (ceiling >= baseline) & (ceiling <= 1)
            left = w * (y - ceiling[:, None] * seen - baseline[:, None] * missing) ** 2
            found.append(np.where(allowed, left.sum(-1), np.inf))
        best = np.argmin(found, axis=0)
        place = np.arange(len(best))
        ceilings = np.array([option[0] for option in options])[best, place]
        baselines = np.array([option[1] for option in options])[best, place]
        return ceilings, baselines, np.array(found)[best, place]

    def missing(self, theta: Floats) -> Floats:
        """Return (1 + w m)^-exponent for each of G parameters, shape (G, K)."""
        index = np.exp(theta[:, 1:])[:, self.data.row] * self.share
        return np.asarray((1 + index) ** -np.exp(theta[:, :1]))

    def start(self) -> Floats:
        """Return logarithms of the exponent and of the reaches from the grid."""
        log_exponents, log_reaches = np.log(EXPONENTS), np.log(REACHES)
        if "exponent" in self.given:
            log_exponents = np.log([self.given["exponent"]])
        theta = np.full((len(log_exponents), 1 + len(self.data.rows)), WEIGHT[0])
        theta[:, 0] = log_exponents
        every = np.arange(len(theta))
        for row in range(len(self.data.rows)):  # the best reach of one row after the other
            tried = np.repeat(theta[:, None], len(log_reaches), axis=1)
            tried[:, :, 1 + row] = log_reaches
            flat = tried.reshape(-1, theta.shape[1])
            squares = self.projected(self.missing(flat))[2]
            goals = self.goal(squares, flat[:, 0], flat[:, 1:]).reshape(len(theta), -1)
            theta = tried[every, np.argmin(goals, axis=1)]
        return np.asarray(theta[int(np.argmin(goals.min(axis=1)))])

    def refined(self, theta: Floats) -> Floats:
        """Return the parameters after damped Gauss-Newton steps."""
        damping, count = 0.1, len(self.data)
        missing = self.missing(theta[None])
        ceiling, baseline, squares = self.projected(missing)
        goal = self.goal(squares, theta[:1], theta[None, 1:])[0]
        deviations = np.array([EXPONENT[1], *(WEIGHT[1] for _ in self.data.rows)])
        centres = np.array([EXPONENT[0], *(WEIGHT[0] for _ in self.data.rows)])
        held = np.zeros(len(theta), dtype=bool)
        held[0] = "exponent" in self.given
        root = np.sqrt(self.importance)
        for _ in range(STEPS):
            index = np.exp(theta[1:])[self.data.row] * self.share
            power, scale = np.exp(theta[0]), ceiling[0] - baseline[0]
            slopes = np.zeros((count, len(theta)))
            slopes[:, 0] = scale * power * missing[0] * np.log1p(index)
            slopes[np.arange(count), 1 + self.data.row] = (
                scale * power * missing[0] * index / (1 + index)
            )
            # a linear parameter on its bound does not follow the others
            follows = [
                "ceiling" not in self.given and ceiling[0] < 1,
                "baseline" not in self.given and baseline[0] > 0,
            ]
            both = np.column_stack([1 - missing[0], missing[0]])
            linear = root[:, None] * both[:, follows]
            basis = np.linalg.qr(linear)[0]
            jacobian = root[:, None] * slopes
            jacobian = jacobian - basis @ (basis.T @ jacobian)
            fitted = ceiling[0] - scale * missing[0]
            residual = root * (self.data.accuracies - fitted)
            factor = INDEPENDENT * (count + 1) / (self.floor + squares[0])
            curvature = factor * jacobian.T @ jacobian + np.diag(1 / deviations**2)
            downhill = factor * jacobian.T @ residual - (theta - centres) / deviations**2
            downhill[held] = 0.0
            curvature[held, :] = curvature[:, held] = 0.0
            curvature[held, held] = 1.0
            step = np.linalg.solve(curvature + damping * np.diag(np.diagonal(curvature)), downhill)
            trial = theta + np.clip(step, -2, 2)
            other = self.missing(trial[None])
            found = self.projected(other)
            reached = self.goal(found[2], trial[:1], trial[None, 1:])[0]
            if reached < goal:
                gained, theta, missing = goal - reached, trial, other
                (ceiling, baseline, squares), goal = found, reached
                damping = max(damping / 5, ROUND_OFF)
                if gained < SETTLED:
                    break
            else:
                damping *= 5
                if damping > 1 / INDISTINCT:
                    break
        return theta

    def fit(self) -> tuple[float, Fit | None]:
        """Return what was minimised, and the fit with its covariance; None for a constant."""
        theta = self.refined(self.start())
        ceilings, baselines, left = self.projected(self.missing(theta[None]))
        goal = float(self.goal(left, theta[:1], theta[None, 1:])[0])
        ceiling, baseline, squares = ceilings[0], baselines[0], left[0]
        if ceiling - baseline <= INDISTINCT:
            return goal, None
        data = self.data
        weights = np.exp(theta[1:]) / self.largest
        exponent = self.given.get("exponent", float(np.exp(theta[0])))
        everything = (*SHAPE, *(weight_name(row, data.columns[0]) for row in data.rows))
        values = np.array([ceiling, baseline, exponent, *weights])
        free = np.array([name not in self.given for name in everything])
        fitted, jacobian = power_jacobian(values, data)
        # the penalties as information, by the delta method, and little about ceiling and baseline
        prior = np.array(
            [1.0, 1.0, 1 / (EXPONENT[1] * exponent) ** 2, *(WEIGHT[1] * weights) ** -2.0]
        )
        factor = INDEPENDENT * (len(data) + 1) / (self.floor + squares)
        information = (
            factor * jacobian.T @ (self.importance[:, None] * jacobian) + np.diag(prior)
        )[np.ix_(free, free)]
        unit = 1 / np.sqrt(np.diagonal(information))
        covariance = np.outer(unit, unit) * np.linalg.inv(information * np.outer(unit, unit))
        names = tuple(name for name, out in zip(everything, free, strict=True) if out)
        scaled = (data.accuracies - fitted) / np.sqrt(data.variances(fitted))
        return goal, Fit(
            "power",
            data.rows,
            data.columns,
            names,
            values[free],
            values[free],
            0.5 * (covariance + covariance.T),
            information,
            fitted,
            float(scaled @ scaled) / max(1, len(data) - len(names)),
            dict(self.given),
            growth=self.growth,
        )


def importance_of(data: Measurements, growth: float) -> Floats:
    """Return weights, of geometric mean one, for noise and a misfit `MISFIT` / share^growth."""
    own = data.variances(data.accuracies) if data.known_variance else np.zeros(len(data))
    share = np.maximum(data.amounts[:, 0] / data.amounts.max(), LEAST_SHARE)
    misfit = (MISFIT / share**growth) ** 2
    importance = 1 / (own + (misfit if data.trust is None else misfit / data.trust))
    return np.asarray(importance / np.exp(np.log(importance).mean()))
