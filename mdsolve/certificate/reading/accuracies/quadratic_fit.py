"""`quadratic-fit`: a_i = ceiling - (sum_k curvature_k (w_k - target_ik)^2 + noise) / y.

y = sum s + platform data; w is a model that all learn together. The mean accuracy is concave in w
and largest at the mean of the targets. Without data the accuracy is 0/0 where nothing is missing,
and continued by its limit, the ceiling; elsewhere it falls without bound.

Such an accuracy cannot be written down at y = 0. Below 2^-100 of the amount at which it is as far
below the ceiling as the ceiling is above 0, its tangent stands for it: a bound from above, concave
like the accuracy itself, and lower than -2^100 ceilings. Nobody gains by being there.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Arithmetic, Floats, Quantity
from mdsolve.certificate.reading.accuracy import Branch, Pooled, WeightedAccuracy
from mdsolve.certificate.reading.curves import Curve, Decay, Piece, Side
from mdsolve.certificate.reading.unread import UnreadError
from mdsolve.certificate.reading.weights import CommonWeights

NEAR_NOTHING = 2.0**-100
"""Part of the unit of data below which a tangent stands for the accuracy."""

LARGEST_EXPONENT = 1000.0
"""Of the powers of two that stand for what is missing, however much it is."""

FEW = 32
"""Most different targets for which every one has a curve of its own."""


def unit_of(arithmetic: Arithmetic, ceiling: Quantity, missing: Quantity) -> Floats:
    """Return where as much is missing as the ceiling is above 0; 0 where the ceiling is 0."""
    height = float(np.abs(arithmetic.nearest(ceiling)))
    short = np.asarray(arithmetic.nearest(missing), dtype=np.float64)
    return short / height if height > 0 else 0 * short


def floor_of(arithmetic: Arithmetic, ceiling: Quantity, missing: Quantity) -> Floats:
    """Return powers of two from which on the accuracy is the formula's."""
    unit = unit_of(arithmetic, ceiling, missing)
    unit = np.where(unit > 0, unit, arithmetic.nearest(missing))
    positive = unit > 0
    exponent = np.floor(np.log2(np.where(positive, unit, 1.0)))
    power = np.exp2(np.minimum(exponent, LARGEST_EXPONENT)) * NEAR_NOTHING
    return np.where(positive, power, 1.0)


def shortfall_curve(arithmetic: Arithmetic, ceiling: Quantity, missing: Quantity) -> Curve:
    """Return ceiling - missing / y, or the ceiling where nothing is missing.

    Parameters
    ----------
    missing : quantity of shape () or (k,)
        One number, or one per agent with this curve; then amounts have to have that shape too.
    """
    several = missing.shape != ()
    nothing = bool(np.all(arithmetic.upper(missing) == 0))
    floor = arithmetic.stored(floor_of(arithmetic, ceiling, missing))
    steepest = missing / (floor * floor)

    def fitting(y: Quantity) -> Quantity:
        if several and y.shape != missing.shape:
            message = "an accuracy that differs by agent"
            raise UnreadError(message)
        return arithmetic.maximum(y, floor)

    def value(y: Quantity) -> Quantity:
        if nothing:
            return ceiling + 0 * y
        short = arithmetic.minimum(y - floor, 0 * y)
        return ceiling - missing / fitting(y) + steepest * short

    def slope(y: Quantity, side: Side) -> Quantity:  # noqa: ARG001 - smooth
        if nothing:
            return 0 * y
        top = fitting(y)
        return missing / (top * top)

    height = float(np.abs(arithmetic.nearest(ceiling)))
    unit = float(np.max(unit_of(arithmetic, ceiling, missing)))
    piece = Piece(arithmetic.constant(0), value, slope)
    if nothing:
        return Curve(arithmetic, (piece,), height, unit, rate=arithmetic.constant(0))
    strict = bool(np.all(arithmetic.lower(missing) > 0))
    decay = None if several else Decay(Fraction(1), Fraction(0), missing)
    return Curve(arithmetic, (piece,), height, unit, decay=decay, strict=strict)


@dataclass(frozen=True)
class JointAccuracy(WeightedAccuracy):
    """Accuracies at a model, and what else a model would be worth.

    Parameters
    ----------
    targets : (n, m)
        The model that fits each agent's own data best.
    alike : (n,) of int
        Equal for agents with equal targets.
    curvature : (m,)
    noise, ceiling : quantities of shape ()
    best_model : (m,)
        Where the gradient of the mean accuracy vanishes: the mean of the targets.
    best_doubles : (m,)
        The doubles nearest to it.
    missing_at_best : (n,)
        Shortfalls there.
    missing : (n,)
        Shortfalls at the model that is looked at.
    """

    targets: Quantity
    alike: npt.NDArray[np.intp]
    curvature: Quantity
    noise: Quantity
    ceiling: Quantity
    best_model: Quantity
    best_doubles: Floats
    missing_at_best: Quantity
    missing: Quantity

    @property
    def units(self) -> Floats:  # type: ignore[override]
        """Return the amounts of data at which as much is missing as the ceiling is above 0."""
        return unit_of(self.arithmetic, self.ceiling, self.missing)

    @property
    def floors(self) -> Floats:
        """Amounts from which on everybody's accuracy is the formula's, shape (n,)."""
        return floor_of(self.arithmetic, self.ceiling, self.missing)

    @property
    def pooled(self) -> Pooled | None:
        """Return nothing: what data are worth depends on the model."""
        return None

    def shortfalls(self, model: Quantity) -> Quantity:
        """Return sum_k curvature_k (w_k - target_ik)^2 + noise, shape (n,)."""
        off = abs(model - self.targets)
        return self.arithmetic.total(self.curvature * off * off, 1) + self.noise

    def stored_model(self, parameters: Floats) -> Quantity:
        """Return a model as stored: the double nearest to a best parameter *is* that parameter."""
        best = parameters == self.best_doubles
        return self.arithmetic.where(best, self.best_model, self.arithmetic.stored(parameters))

    def at(self, parameters: Floats) -> JointAccuracy:
        """Return the accuracies at a stored model, shape (m,)."""
        if np.array_equal(parameters, self.best_doubles):
            return self.with_missing(self.missing_at_best)
        return self.with_missing(self.shortfalls(self.stored_model(parameters)))

    def own_slopes_at(self, parameters: Floats, s: Quantity) -> Quantity:
        """Return da_i / ds_i at a stored model, at contributions below 0 as well, shape (n,)."""
        missing = self.shortfalls(self.stored_model(parameters))
        floor = self.arithmetic.stored(floor_of(self.arithmetic, self.ceiling, missing))
        amount = self.arithmetic.maximum(self.index(s), floor)
        return self.weights.own * missing / (amount * amount)

    def with_missing(self, missing: Quantity) -> JointAccuracy:
        """Return the accuracies with given shortfalls, equal for agents with equal targets."""
        arithmetic = self.arithmetic
        kinds, firsts, label = np.unique(self.alike, return_index=True, return_inverse=True)
        if len(kinds) <= FEW:
            each = [missing[k : k + 1].reshape(()) for k in firsts]
            curves = [shortfall_curve(arithmetic, self.ceiling, short) for short in each]
            return replace(self, curves=curves, label=label, missing=missing)
        learned = arithmetic.upper(missing) == 0
        parts = [np.flatnonzero(learned == side) for side in (True, False)]
        parts = [members for members in parts if members.size]
        label = np.zeros(len(learned), dtype=np.intp)
        label[parts[-1]] = len(parts) - 1
        curves = [shortfall_curve(arithmetic, self.ceiling, missing[members]) for members in parts]
        return replace(self, curves=curves, label=label, missing=missing)

    def branches(self, s: Quantity, *, alone: bool = False) -> list[Branch]:
        """Return one branch; alone everybody trains the model that fits the own data best."""
        if not alone:
            return super().branches(s)
        own = shortfall_curve(self.arithmetic, self.ceiling, self.noise)
        label = np.zeros(s.shape[0], dtype=np.intp)
        return WeightedAccuracy.branches(replace(self, curves=[own], label=label), s, alone=True)

    def trait(self, agent: int) -> Hashable:
        """Return which targets the agent has."""
        return int(self.alike[agent])


def joint_accuracy(reading: Any) -> JointAccuracy | None:
    """Return a game's accuracy if it depends on a model learned together, else None."""
    return reading.accuracy if isinstance(reading.accuracy, JointAccuracy) else None


def accuracy(instance: Any, arithmetic: Arithmetic) -> JointAccuracy:
    """Return the accuracies at the best model."""
    spec, n = instance.accuracy, instance.agent_count
    rows = [tuple(row) for row in (spec.targets or (spec.target,) * n)]
    size = len(rows[0])
    known: dict[Any, int] = {}
    alike = np.array([known.setdefault(row, len(known)) for row in rows], dtype=np.intp)
    count = np.bincount(alike)
    best = [
        sum((int(count[k]) * row[j] for row, k in known.items()), Fraction(0)) / n
        for j in range(size)
    ]
    curvature = [Fraction(x) for x in (spec.curvature or (1,) * size)]
    missing = [
        sum((c * (b - x) ** 2 for c, b, x in zip(curvature, best, row, strict=True)), spec.noise)
        for row in known
    ]
    short = arithmetic.written(missing)[alike]
    found = JointAccuracy(
        arithmetic,
        CommonWeights(arithmetic, arithmetic.written(np.ones(n)), plain=True),
        [],
        np.zeros(n, dtype=np.intp),
        arithmetic.constant(instance.platform_data),
        arithmetic.written([list(row) for row in known])[alike],
        alike,
        arithmetic.written(curvature),
        arithmetic.constant(spec.noise),
        arithmetic.constant(spec.ceiling),
        arithmetic.written(best),
        np.array([float(x) for x in best]),
        short,
        short,
    )
    return found.with_missing(short)
