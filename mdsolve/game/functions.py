"""Accuracies and costs that the user gives as Python objects, and the check of their gradients.

An accuracy object has

    value(s)     a_i(s) of all agents, shape (n,), at contributions s of shape (n,), in samples
    gradient(s)  da_i / ds_j, shape (n, n), row i being the gradient of a_i
    concave      True: every a_i is concave and smooth in s; anything else is not solved

and a cost object of one agent, non-decreasing and convex,

    value(s)     c(s), in money, at one contribution s >= 0
    gradient(s)  c'(s), in money per sample

Gradients are compared with central differences of the values before anything is solved, and the
promises (concave, convex, never falling) at random points: a wrong derivative would otherwise be a
wrong equilibrium. Second derivatives are differences of gradients; they only steer Newton's method.
Differences are taken over a small part of the capacity, or of the contribution itself; an object
says nothing of its scale, so that without a capacity one sample is taken for an amount that counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from mdsolve.errors import Finding, UsageError
from mdsolve.game.accuracy import Accuracy
from mdsolve.tolerance import DIFFERENCE_STEP, GRADIENT_AGREEMENT

Floats = npt.NDArray[np.float64]

CHECK_POINTS = 6
"""Random contributions at which objects are checked."""

BISECTIONS = 200
DOUBLINGS = 1000

ROUNDINGS = 16
"""Roundings that a value of an object may have gone through."""


class AccuracyFunction(Protocol):
    """What an accuracy object offers."""

    concave: bool

    def value(self, s: Floats) -> Floats:
        """Return a_i(s), shape (n,)."""

    def gradient(self, s: Floats) -> Floats:
        """Return da_i / ds_j, shape (n, n)."""


class CostFunction(Protocol):
    """What a cost object offers."""

    def value(self, s: float) -> float:
        """Return c(s), in money."""

    def gradient(self, s: float) -> float:
        """Return c'(s), in money per sample."""


@dataclass(frozen=True)
class FunctionAccuracy(Accuracy):
    """Accuracies given by an object.

    Parameters
    ----------
    function : AccuracyFunction
    unit : (n,)
        Amounts of data that count, in samples.
    """

    function: AccuracyFunction
    unit: Floats
    family: str = "python"

    @property
    def agents(self) -> int:  # type: ignore[override]
        """Number of agents."""
        return len(self.unit)

    @property
    def concave(self) -> bool:
        """Hold: only functions that promise it are accepted."""
        return True

    @property
    def own_concave(self) -> bool:
        """Hold."""
        return True

    def values(self, s: Floats) -> Floats:
        """Return a_i(s)."""
        return np.asarray(self.function.value(s), dtype=np.float64)

    def jacobian(self, s: Floats) -> Floats:
        """Return da_i / ds_j."""
        return np.asarray(self.function.gradient(s), dtype=np.float64)

    def own_slopes(self, s: Floats) -> Floats:
        """Return the diagonal of the gradient."""
        return np.diagonal(self.jacobian(s)).copy()

    def own_second(self, s: Floats) -> Floats:
        """Return the diagonal of the cross derivatives."""
        return np.diagonal(self.cross(s)).copy()

    def cross(self, s: Floats) -> Floats:
        """Return d^2 a_i / ds_i ds_j by differences of own slopes."""
        table = np.empty((self.agents, self.agents))
        for j in range(self.agents):
            below, above, step = _beside(s, j, self.unit)
            table[:, j] = (self.own_slopes(above) - self.own_slopes(below)) / step
        return table

    def along(self, agent: int, s: Floats, own: Floats) -> Floats:
        """Return a_agent at each own contribution."""
        return np.array([self.values(_moved(s, agent, x))[agent] for x in own.tolist()])

    def slope_along(self, agent: int, s: Floats, own: Floats) -> Floats:
        """Return da_agent / ds_agent at each own contribution."""
        moved = (_moved(s, agent, x) for x in own.tolist())
        return np.array([self.jacobian(point)[agent, agent] for point in moved])


@dataclass(frozen=True)
class FunctionCost:
    """factor c(s) + shift s with c given by an object.

    Parameters
    ----------
    function : CostFunction
    unit : float
        An amount of data that counts, in samples.
    factor, shift : float
        What a mechanism makes of the cost: a share of it, and money per sample.
    """

    function: CostFunction
    unit: float
    factor: float = 1.0
    shift: float = 0.0

    def value(self, s: Floats) -> Floats:
        """Return the cost at contributions of any shape."""
        costs = np.vectorize(self.function.value, otypes=[np.float64])(s)
        return np.asarray(self.factor * costs + self.shift * s)

    def slope(self, s: Floats, side: Literal["left", "right"] = "right") -> Floats:  # noqa: ARG002
        """Return the derivative, the same from both sides."""
        slopes = np.vectorize(self.function.gradient, otypes=[np.float64])(s)
        return np.asarray(self.factor * slopes + self.shift)

    def second(self, s: float) -> float:
        """Return the second derivative by differences."""
        step = DIFFERENCE_STEP * max(self.unit, s)
        below = max(0.0, s - step)
        change = self.function.gradient(s + step) - self.function.gradient(below)
        return max(0.0, self.factor * change / (s + step - below))

    def supply(self, price: float, side: Literal["low", "high"]) -> float:
        """Return the contribution whose marginal cost meets a price, by bisection."""

        def enough(s: float) -> bool:
            marginal = float(self.slope(np.float64(s)))  # type: ignore[arg-type]
            return marginal >= price if side == "low" else marginal > price

        if enough(0.0):
            return 0.0
        low, high = 0.0, self.unit
        for _ in range(DOUBLINGS):
            if enough(high):
                break
            low, high = high, 2 * high
        else:
            return float(np.inf)
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            if middle in (low, high):
                break
            low, high = (low, middle) if enough(middle) else (middle, high)
        return high


def checked_accuracy(function: AccuracyFunction, capacity: Floats) -> FunctionAccuracy:
    """Return the accuracy of an object whose shapes, gradient and promises were checked.

    Parameters
    ----------
    capacity : (n,)
        Contributions are tried between 0 and these; up to 10 where there is none.

    Raises
    ------
    UsageError
        With every finding.
    """
    size = len(capacity)
    if getattr(function, "concave", None) is not True:
        raise UsageError.single(
            "accuracy",
            "an object that does not say concave = True",
            "accuracies that are concave and smooth in all contributions",
            "set concave = True on the object where that holds; other functions are not solved",
        )
    points = _points(capacity)
    shapes = {"value": np.shape(function.value(points[0])), "gradient": (0,)}
    shapes["gradient"] = np.shape(function.gradient(points[0]))
    expected = {"value": (size,), "gradient": (size, size)}
    wrong = [
        Finding(f"accuracy.{key}", f"shape {shapes[key]}", f"shape {shape}")
        for key, shape in expected.items()
        if shapes[key] != shape
    ]
    if wrong:
        raise UsageError(wrong)
    accuracy = FunctionAccuracy(function, _units(capacity))
    findings = [finding for s in points for finding in _wrong_gradient(accuracy, s)]
    findings += _not_concave(accuracy, points)
    if findings:
        raise UsageError(findings[:10])
    return accuracy


def _wrong_gradient(accuracy: FunctionAccuracy, s: Floats) -> Iterator[Finding]:
    """Yield the entries of the gradient that differ from central differences, or that fall."""
    table, value = accuracy.jacobian(s), accuracy.values(s)
    if not (np.all(np.isfinite(table)) and np.all(np.isfinite(value))):
        yield Finding("accuracy", f"numbers that are not finite at s = {_list(s)}", "finite ones")
        return
    for j in range(accuracy.agents):
        below, above, step = _beside(s, j, accuracy.unit)
        differences = (accuracy.values(above) - accuracy.values(below)) / step
        scale = float(np.max(np.abs(differences), initial=0.0))
        allowed = GRADIENT_AGREEMENT * scale + _blur(float(np.abs(value).max()), step)
        for i in np.flatnonzero(np.abs(table[:, j] - differences) > allowed).tolist():
            where = f"accuracy.gradient: row {i}, column {j} at s = {_list(s)}"
            yield Finding(where, f"{table[i, j]:.6g}", f"{differences[i]:.6g}, the difference")
        if np.any(differences < -allowed):
            where = f"accuracy.value: agent {j}'s data at s = {_list(s)}"
            yield Finding(where, "an accuracy that falls", "accuracies that never fall")


def _not_concave(accuracy: FunctionAccuracy, points: list[Floats]) -> Iterator[Finding]:
    """Yield pairs of points between which an accuracy lies below its chord."""
    for s, t in pairwise(points):
        ends = np.array([accuracy.values(s), accuracy.values(t)])
        middle = accuracy.values(0.5 * (s + t))
        allowed = GRADIENT_AGREEMENT * np.abs(ends).max(axis=0)
        low = np.flatnonzero(middle < ends.mean(axis=0) - allowed)
        for i in low[:1].tolist():
            where = f"accuracy.value: agent {i} between {_list(s)} and {_list(t)}"
            yield Finding(where, "a value below the chord", "a concave accuracy")


def checked_cost(function: CostFunction, capacity: float, name: str) -> FunctionCost:
    """Return the cost of an object whose gradient and promises were checked.

    Raises
    ------
    UsageError
        With every finding.
    """
    (points,) = np.array(_points(np.array([capacity]))).T
    points = np.sort(points)
    findings = []
    (unit,) = _units(np.array([capacity])).tolist()
    slopes = [float(function.gradient(s)) for s in points.tolist()]
    for s, slope in zip(points.tolist(), slopes, strict=True):
        step = DIFFERENCE_STEP * max(unit, s)
        low = max(0.0, s - step)
        difference = (function.value(s + step) - function.value(low)) / (s + step - low)
        allowed = GRADIENT_AGREEMENT * abs(difference) + _blur(abs(function.value(s)), step)
        if not abs(slope - difference) <= allowed:
            where = f"agent {name}: cost.gradient at s = {s:.6g}"
            findings.append(Finding(where, f"{slope:.6g}", f"{difference:.6g}, the difference"))
        if difference < -allowed:
            where = f"agent {name}: cost.value at s = {s:.6g}"
            findings.append(Finding(where, "a cost that falls", "a cost that never falls"))
    allowances = GRADIENT_AGREEMENT * np.maximum(np.abs(slopes[1:]), np.abs(slopes[:-1]))
    if np.any(np.diff(slopes) < -allowances):
        where = f"agent {name}: cost.gradient"
        findings.append(Finding(where, "marginal costs that fall", "a convex cost"))
    if findings:
        raise UsageError(findings)
    return FunctionCost(function, unit)


def _points(capacity: Floats) -> list[Floats]:
    """Return contributions inside the box, the same ones every time."""
    reach = np.where(np.isfinite(capacity), capacity, 10.0)
    generator = np.random.default_rng(len(capacity))
    return [reach * generator.uniform(0.05, 0.95, len(capacity)) for _ in range(CHECK_POINTS)]


def _units(capacity: Floats) -> Floats:
    """Return amounts of data that count: the capacities, or one sample where there is none."""
    return np.where(np.isfinite(capacity) & (capacity > 0), capacity, 1.0)


def _blur(value: float, step: float) -> float:
    """Return what rounding of values makes of a difference quotient."""
    return ROUNDINGS * float(np.finfo(float).eps) * value / step


def _beside(s: Floats, j: int, unit: Floats) -> tuple[Floats, Floats, float]:
    """Return points below and above in coordinate j, never negative, and their distance."""
    step = DIFFERENCE_STEP * max(float(unit[j]), float(s[j]))
    low, high = max(0.0, float(s[j]) - step), float(s[j]) + step
    return _moved(s, j, low), _moved(s, j, high), high - low


def _moved(s: Floats, agent: int, own: float) -> Floats:
    moved = s.copy()
    moved[agent] = own
    return moved


def _list(s: Floats) -> str:
    shown = ", ".join(f"{x:.4g}" for x in s[:5].tolist())
    return f"[{shown}{', ...' if len(s) > 5 else ''}]"
