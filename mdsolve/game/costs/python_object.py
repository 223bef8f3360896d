"""Costs that the user gives as a Python object, and the check of its gradient."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mdsolve.errors import Finding, UsageError
from mdsolve.game.costs.base import CostForm, End, Floats, Forms, Side
from mdsolve.game.differences import blur, points_within, units
from mdsolve.instance.costs.python_object import CostFunction
from mdsolve.instance.sharing_agents import AgentSpec
from mdsolve.tolerance import DIFFERENCE_STEP, GRADIENT_AGREEMENT

BISECTIONS = 200
DOUBLINGS = 1000


@dataclass(frozen=True)
class FunctionCost(CostForm):
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

    def slope(self, s: Floats, side: Side = "right") -> Floats:
        """Return the derivative, the same from both sides."""
        del side
        slopes = np.vectorize(self.function.gradient, otypes=[np.float64])(s)
        return np.asarray(self.factor * slopes + self.shift)

    def second(self, s: Floats) -> Floats:
        """Return the second derivative by differences."""
        return np.asarray(np.vectorize(self._second, otypes=[np.float64])(s))

    def supply(self, price: Floats, end: End = "high") -> Floats:
        """Return the contribution whose marginal cost meets a price, by bisection."""
        return np.asarray(np.vectorize(self._supply, otypes=[np.float64])(price, end))

    def transformed(self, factor: float, shift: float) -> FunctionCost:
        """Return the object with another factor and shift."""
        return replace(self, factor=factor * self.factor, shift=factor * self.shift + shift)

    def key(self, place: int) -> Hashable:
        """Return the object's identity: only the same object is certain to be the same cost."""
        del place
        return id(self.function), self.factor, self.shift

    def _second(self, s: float) -> float:
        step = DIFFERENCE_STEP * max(self.unit, s)
        below = max(0.0, s - step)
        change = self.function.gradient(s + step) - self.function.gradient(below)
        return max(0.0, self.factor * change / (s + step - below))

    def _supply(self, price: float, end: End) -> float:
        def enough(s: float) -> bool:
            marginal = float(self.slope(np.float64(s)))  # type: ignore[arg-type]
            return marginal >= price if end == "low" else marginal > price

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


def forms(agents: Sequence[AgentSpec]) -> Forms:
    """Return a form per agent, checked.

    Raises
    ------
    UsageError
        With every finding on the first object that is wrong.
    """
    found: Forms = []
    for place, agent in enumerate(agents):
        capacity = np.inf if agent.capacity is None else float(agent.capacity)
        given: Any = agent.cost
        found.append(([place], _checked(given, capacity, agent.name)))
    return found


def _checked(function: CostFunction, capacity: float, name: str) -> FunctionCost:
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
