"""Costs that the user gives as a Python object, and the check of its gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from mdsolve.errors import Finding, UsageError
from mdsolve.game.differences import blur, points_within, units
from mdsolve.tolerance import DIFFERENCE_STEP, GRADIENT_AGREEMENT

Floats = npt.NDArray[np.float64]

BISECTIONS = 200
DOUBLINGS = 1000


class CostFunction(Protocol):
    """What a cost object offers."""

    def value(self, s: float) -> float:
        """Return c(s), in money."""

    def gradient(self, s: float) -> float:
        """Return c'(s), in money per sample."""


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


def checked_cost(function: CostFunction, capacity: float, name: str) -> FunctionCost:
    """Return the cost of an object whose gradient and promises were checked.

    Raises
    ------
    UsageError
        With every finding.
    """
    (points,) = np.array(points_within(np.array([capacity]))).T
    points = np.sort(points)
    findings = []
    (unit,) = units(np.array([capacity])).tolist()
    slopes = [float(function.gradient(s)) for s in points.tolist()]
    for s, slope in zip(points.tolist(), slopes, strict=True):
        step = DIFFERENCE_STEP * max(unit, s)
        low = max(0.0, s - step)
        difference = (function.value(s + step) - function.value(low)) / (s + step - low)
        allowed = GRADIENT_AGREEMENT * abs(difference) + blur(abs(function.value(s)), step)
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
