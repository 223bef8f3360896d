"""Draws of fitted parameters that respect their bounds.

A draw is normal about the unbounded estimate with the covariance of the fit, then projected onto
the bounds in the metric of that covariance: argmin (x - z)' C^-1 (x - z) over lower <= x <= upper.
Near a bound this is the distribution that the bounded estimate itself has in large samples, with
part of the probability on the bound; away from bounds it is the normal one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import lsq_linear

from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ParameterCloud:
    """The distribution of fitted parameters.

    Parameters
    ----------
    centre : ndarray, shape (P,)
        The unbounded estimate.
    covariance : ndarray, shape (P, P)
    lower, upper : ndarray, shape (P,)
    """

    centre: Floats
    covariance: Floats
    lower: Floats
    upper: Floats

    def draw(self, seed: int, count: int) -> Floats:
        """Return `count` draws, shape (count, P); draw k depends on the seed and k alone."""
        deviations = np.sqrt(np.diagonal(self.covariance))
        unit = np.where(deviations > 0, deviations, 1.0)
        values, vectors = np.linalg.eigh(self.covariance / np.outer(unit, unit))
        # rounding in a file may turn a tiny eigenvalue negative
        roots = np.sqrt(np.maximum(values, ROUND_OFF * max(float(values[-1]), ROUND_OFF)))
        found = np.empty((count, len(self.centre)))
        for k in range(count):
            random = np.random.default_rng([seed, k]).standard_normal(len(self.centre))
            z = self.centre + unit * (vectors @ (roots * random))
            found[k] = self._projected(z, unit, vectors / roots)
        return found

    def _projected(self, z: Floats, unit: Floats, inverse_root: Floats) -> Floats:
        if np.all((z >= self.lower) & (z <= self.upper)):
            return z
        limits = (self.lower / unit, self.upper / unit)
        found = lsq_linear(inverse_root.T, inverse_root.T @ (z / unit), limits, method="bvls")
        return np.asarray(np.clip(found.x * unit, self.lower, self.upper))
