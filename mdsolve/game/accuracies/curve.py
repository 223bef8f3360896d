"""`curve`: a concave, non-decreasing curve through measured points (samples, accuracy).

Measurements are noisy, so the curve is their least-squares fit among all concave non-decreasing
piecewise-linear functions with knots at the measured amounts. Points that already rise concavely
are met exactly. Beyond the last point the curve is flat: nothing was measured there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from mdsolve.game.curves import Curve, Floats
from mdsolve.instance.accuracies.curve import CurveAccuracySpec
from mdsolve.tolerance import ROUND_OFF


def curve(spec: CurveAccuracySpec) -> MeasuredCurve:
    """Return the curve of a specification."""
    x, y = zip(*((float(a), float(b)) for a, b in spec.points), strict=True)
    return MeasuredCurve(x, y)


@dataclass(frozen=True)
class MeasuredCurve(Curve):
    """Linear interpolation between fitted points; before the first, its slope continues.

    Parameters
    ----------
    samples, accuracies : tuple of float
        The measurements, samples rising strictly.
    """

    samples: tuple[float, ...]
    accuracies: tuple[float, ...]
    family: ClassVar[str] = "curve"
    concave: ClassVar[bool] = True

    @cached_property
    def fitted(self) -> Floats:
        """Fitted accuracies at the measured amounts of data."""
        return concave_fit(np.array(self.samples), np.array(self.accuracies))

    @cached_property
    def _slopes(self) -> Floats:
        return np.append(np.diff(self.fitted) / np.diff(self.samples), 0.0)

    @property
    def kinks(self) -> tuple[Floats, ...]:
        """Return the amounts of data where the slope may change."""
        return tuple(np.float64(x) for x in self.samples[1:])  # type: ignore[misc]

    @property
    def measured(self) -> tuple[float, float]:
        """Return the first and the last amount of data."""
        return self.samples[0], self.samples[-1]

    def _piece(self, y: Floats) -> np.ndarray:
        found = np.searchsorted(self.samples, y, side="right") - 1
        return np.clip(found, 0, len(self.samples) - 1)

    def value(self, y: Floats) -> Floats:
        """Return the fitted accuracy."""
        piece = self._piece(y)
        start = np.array(self.samples)[piece]
        return np.asarray(self.fitted[piece] + self._slopes[piece] * (y - start))

    def slope(self, y: Floats) -> Floats:
        """Return the right derivative, 0 from the last point on."""
        return np.asarray(self._slopes[self._piece(y)])

    def second(self, y: Floats) -> Floats:
        """Return zeros: the curve is linear between its kinks."""
        return np.zeros_like(y)


def concave_fit(samples: Floats, accuracies: Floats) -> Floats:
    """Return the least-squares concave non-decreasing fit at the sample amounts.

    The fit is intercept + sum_k d_k min(x, x_k) with d_k >= 0, solved by the active-set method of
    Lawson and Hanson; K measurements take at most a few K rounds of K x K least squares.

    Examples
    --------
    >>> (concave_fit(np.array([0.0, 1.0, 2.0]), np.array([0.0, 0.6, 0.4])).round(9) + 0.0).tolist()
    [0.0, 0.5, 0.5]
    """
    basis = np.minimum(samples[:, None], samples[None, 1:])
    centred = basis - basis.mean(axis=0)
    target = accuracies - accuracies.mean()
    scales = np.linalg.norm(centred, axis=0)
    weights = _nonnegative_least_squares(centred / scales, target) / scales
    fit = basis @ weights
    return np.asarray(fit + (accuracies - fit).mean())


def _nonnegative_least_squares(columns: Floats, target: Floats) -> Floats:
    """Return argmin |columns x - target| over x >= 0."""
    size = columns.shape[1]
    free = np.zeros(size, dtype=bool)
    x = np.zeros(size)
    gradient = columns.T @ target
    allowance = ROUND_OFF * float(np.linalg.norm(target))
    for _ in range(10 * size):
        gradient = columns.T @ (target - columns @ x)
        gradient[free] = -np.inf
        if free.all() or gradient.max() <= allowance:
            break
        free[int(np.argmax(gradient))] = True
        while free.any():
            trial = np.zeros(size)
            trial[free] = np.linalg.lstsq(columns[:, free], target, rcond=None)[0]
            if trial[free].min() > 0:
                x = trial
                break
            blocking = free & (trial <= 0)
            step = float(np.min(x[blocking] / (x[blocking] - trial[blocking])))
            x = x + step * (trial - x)
            free &= x > allowance
            x[~free] = 0.0
    return x
