"""Draws of fitted parameters that respect their bounds.

A draw z is normal about the unbounded estimate with the covariance of the fit, then projected onto
the bounds in the metric M = J' V^-1 J of the fit: argmin (x - z)' M (x - z), lower <= x <= upper.
Near a bound this is the distribution that the bounded estimate itself has in large samples, with
part of the probability on the bound; away from bounds it is the normal one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ParameterCloud:
    """The distribution of fitted parameters.

    Parameters
    ----------
    centre : ndarray, shape (P,)
        The unbounded estimate.
    covariance, information : ndarray, shape (P, P)
    lower, upper : ndarray, shape (P,)
    """

    centre: Floats
    covariance: Floats
    information: Floats
    lower: Floats
    upper: Floats

    def draw(self, seed: int, count: int) -> Floats:
        """Return `count` draws, shape (count, P); draw k depends on the seed and k alone."""
        unit = _scales(self.covariance)
        values, vectors = _spectrum(self.covariance * np.outer(1 / unit, 1 / unit))
        root = unit[:, None] * vectors * np.sqrt(values)
        lengths = 1 / _scales(self.information)
        strengths, axes = _spectrum(self.information * np.outer(lengths, lengths))
        metric = np.sqrt(strengths)[:, None] * axes.T
        found = np.empty((count, len(self.centre)))
        for k in range(count):
            random = np.random.default_rng([seed, k]).standard_normal(len(self.centre))
            found[k] = self._projected(self.centre + root @ random, lengths, metric)
        return found

    def _projected(self, z: Floats, lengths: Floats, metric: Floats) -> Floats:
        if np.all((z >= self.lower) & (z <= self.upper)):
            return z
        from scipy.optimize import lsq_linear

        limits = (self.lower / lengths, self.upper / lengths)
        found = lsq_linear(metric, metric @ (z / lengths), limits, method="bvls")
        inside = np.clip(found.x * lengths, self.lower, self.upper)
        at = found.active_mask  # scaled bounds come back with a rounding error
        return np.where(at < 0, self.lower, np.where(at > 0, self.upper, inside))


def _scales(matrix: Floats) -> Floats:
    """Return square roots of the diagonal, 1 where it vanishes."""
    diagonal = np.diagonal(matrix)
    return np.sqrt(np.where(diagonal > 0, diagonal, 1.0))


def _spectrum(matrix: Floats) -> tuple[Floats, Floats]:
    """Return eigenvalues and eigenvectors; rounding in a file may have made a value negative."""
    values, vectors = np.linalg.eigh(matrix)
    return np.maximum(values, ROUND_OFF * max(float(values[-1]), ROUND_OFF)), vectors
