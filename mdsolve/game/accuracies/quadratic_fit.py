"""`quadratic-fit`: accuracy that depends on a model w learned together, and on all data.

    a_i(w, s) = ceiling - (sum_k curvature_k (w_k - target_ik)^2 + noise) / y,

y = sum s + platform data, in samples. With noise 0 and curvature 1 this is Example 1 of [D25].
Whatever y > 0, the mean of the accuracies is largest at the mean of the targets, so the model to be
learned is known in closed form; how much data the agents bring depends on it.

At y = 0 the accuracy is singular: it falls without bound, unless nothing is missing (the model is
the target and there is no noise), where it is 0/0. There it is continued by its limit, the ceiling.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.curves import Curve
from mdsolve.game.weights import CommonWeights
from mdsolve.instance.accuracies.quadratic_fit import QuadraticFitAccuracySpec

Floats = npt.NDArray[np.float64]


def learning(spec: QuadraticFitAccuracySpec, agents: int, platform_data: float) -> QuadraticFit:
    """Return what the agents of a specification want of the model."""
    rows = spec.targets or (spec.target or (),)
    targets = np.array([[float(entry) for entry in row] for row in rows])
    m = targets.shape[1]
    curvature = np.array([float(entry) for entry in spec.curvature or (1,) * m])
    wanted = np.broadcast_to(targets, (agents, m)).copy()
    return QuadraticFit(wanted, curvature, float(spec.noise), float(spec.ceiling), platform_data)


@dataclass(frozen=True)
class ShortfallCurve(Curve):
    """a(y) = ceiling - shortfall / y, with shortfall >= 0. Concave.

    Examples
    --------
    >>> ShortfallCurve(1.0, 2.0).value(np.array([4.0])).tolist()
    [0.5]
    """

    ceiling: Any
    shortfall: Any
    family: ClassVar[str] = "quadratic-fit"
    concave: ClassVar[bool] = True
    kinks: ClassVar[tuple[Floats, ...]] = ()

    def value(self, y: Floats) -> Floats:
        """Return the accuracy; at y = 0 minus infinity, or the ceiling where nothing is missing."""
        return np.asarray(self.ceiling - self._over(y))

    def slope(self, y: Floats) -> Floats:
        """Return shortfall / y^2; at y = 0 infinity, or 0 where nothing is missing."""
        return self._over(y * y)

    def second(self, y: Floats) -> Floats:
        """Return -2 shortfall / y^3."""
        return np.asarray(-2 * self._over(y * y * y))

    def _over(self, power: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(np.asarray(self.shortfall) == 0, 0, self.shortfall / power))


@dataclass(frozen=True)
class QuadraticFit:
    """What n agents want of a model with m parameters.

    Parameters
    ----------
    targets : (n, m)
        The model that fits each agent's own data best.
    curvature : (m,)
        How much a wrong parameter costs: accuracy times samples per squared unit; positive.
    noise : float
        What even the right model misses, accuracy times samples; not negative.
    ceiling : float
        Accuracy with the right model and endless data.
    platform_data : float
        Samples the platform brings itself.

    Examples
    --------
    >>> fit = QuadraticFit(np.array([[1.0, 2.0], [1.0, 2.0]]), np.ones(2), 0.0, 1.0)
    >>> fit.accuracy(np.array([0.5, 1.5])).values(np.array([0.0, 5.0])).tolist()
    [0.9, 0.9]
    >>> fit.mean_gradient(np.array([0.5, 1.5]), 5.0).tolist()
    [0.2, 0.2]
    """

    targets: Floats
    curvature: Floats
    noise: float
    ceiling: float
    platform_data: float = 0.0

    @property
    def parameters(self) -> int:
        """Number of parameters of the model, m."""
        return len(self.curvature)

    @cached_property
    def optimum(self) -> Floats:
        """The model with the largest mean accuracy, the same whatever data there are, (m,)."""
        first = self.targets[0]
        return np.asarray(first + (self.targets - first).mean(axis=0))

    def shortfalls(self, w: Floats) -> Floats:
        """Return sum_k curvature_k (w_k - target_ik)^2 + noise, shape (n,)."""
        return np.asarray((w - self.targets) ** 2 @ self.curvature + self.noise)

    def accuracy(self, w: Floats) -> WeightedAccuracy:
        """Return the accuracies as functions of contributions, at a given model."""
        curve = ShortfallCurve(self.ceiling, self.shortfalls(w))
        return WeightedAccuracy(
            CommonWeights(np.ones(len(self.targets))), curve, self.platform_data
        )

    def alone(self) -> WeightedAccuracy:
        """Return the accuracies of agents who each train for their own target, on own data."""
        curve = ShortfallCurve(self.ceiling, np.full(len(self.targets), self.noise))
        return WeightedAccuracy(CommonWeights(np.ones(len(self.targets))), curve)

    def mean_gradient(self, w: Floats, y: float) -> Floats:
        """Return the gradient in w of the mean accuracy, (m,), for y samples; y must not be 0."""
        return np.asarray(-2 * self.curvature * (w - self.optimum) / y)
