"""`quadratic-fit`: a_i = ceiling - (sum_k curvature_k (w_k - target_ik)^2 + noise) / y.

y = sum s + platform data; w is a model that all learn together. The mean accuracy is concave in w
and largest at the mean of the targets. Without data the accuracy is 0/0 where nothing is missing,
and continued by its limit, the ceiling; elsewhere it is unbounded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.accuracy import Branch, WeightedAccuracy
from mdsolve.certificate.reading.curves import Curve, Decay, Piece, Side
from mdsolve.certificate.reading.weights import CommonWeights


def shortfall_curve(arithmetic: Arithmetic, ceiling: Quantity, missing: Quantity) -> Curve:
    """Return ceiling - missing / y, or the ceiling where nothing is missing."""
    nothing = bool(arithmetic.upper(missing) == 0)

    def value(y: Quantity) -> Quantity:
        return ceiling + 0 * y if nothing else ceiling - missing / y

    def slope(y: Quantity, side: Side) -> Quantity:  # noqa: ARG001 - smooth
        return 0 * y if nothing else missing / (y * y)

    height = float(np.abs(arithmetic.nearest(ceiling)))
    unit = float(arithmetic.nearest(missing)) / height if height > 0 else 0.0
    piece = Piece(arithmetic.constant(0), value, slope)
    if nothing:
        return Curve(arithmetic, (piece,), height, unit, rate=arithmetic.constant(0))
    decay = Decay(Fraction(1), Fraction(0), missing)
    strict = bool(arithmetic.lower(missing) > 0)
    return Curve(arithmetic, (piece,), height, unit, decay=decay, strict=strict)


@dataclass(frozen=True)
class JointAccuracy(WeightedAccuracy):
    """Accuracies at a model, and what else a model would be worth.

    Parameters
    ----------
    targets : (n, m)
        The model that fits each agent's own data best.
    curvature : (m,)
    noise, ceiling : quantities of shape ()
    """

    targets: Quantity
    curvature: Quantity
    noise: Quantity
    ceiling: Quantity

    @cached_property
    def best_model(self) -> Quantity:
        """Where the gradient of the mean accuracy vanishes, shape (m,)."""
        return self.arithmetic.total(self.targets, 0) / self.targets.shape[0]

    def shortfalls(self, model: Quantity) -> Quantity:
        """Return sum_k curvature_k (w_k - target_ik)^2 + noise, shape (n,)."""
        off = model - self.targets
        return self.arithmetic.total(self.curvature * off * off, 1) + self.noise

    def at(self, model: Quantity) -> JointAccuracy:
        """Return the accuracies at a model w, shape (m,)."""
        missing = self.shortfalls(model)
        n = missing.shape[0]
        curves = [shortfall_curve(self.arithmetic, self.ceiling, missing[k]) for k in range(n)]
        return replace(self, curves=curves, label=np.arange(n))

    def branches(self, s: Quantity, *, alone: bool = False) -> list[Branch]:
        """Return one branch; alone everybody trains the model that fits the own data best."""
        if not alone:
            return super().branches(s)
        own = shortfall_curve(self.arithmetic, self.ceiling, self.noise)
        label = np.zeros(s.shape[0], dtype=np.intp)
        return WeightedAccuracy.branches(replace(self, curves=[own], label=label), s, alone=True)


def accuracy(instance: Any, arithmetic: Arithmetic) -> JointAccuracy:
    """Return the accuracies at the best model."""
    spec, n = instance.accuracy, instance.agent_count
    rows = [list(row) for row in (spec.targets or (spec.target,) * n)]
    size = len(rows[0])
    found = JointAccuracy(
        arithmetic,
        CommonWeights(arithmetic, arithmetic.written(np.ones(n)), plain=True),
        [],
        np.zeros(n, dtype=np.intp),
        arithmetic.constant(instance.platform_data),
        arithmetic.written(rows),
        arithmetic.written(list(spec.curvature or (1,) * size)),
        arithmetic.constant(spec.noise),
        arithmetic.constant(spec.ceiling),
    )
    return found.at(found.best_model)
