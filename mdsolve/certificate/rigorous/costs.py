"""One agent's cost in rigorous numbers: value and one-sided slopes as the instance writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mdsolve.certificate.rigorous.numbers import ONE, ZERO, Calculus, Number, as_written
from mdsolve.instance.sharing_agents import (
    AgentColumns,
    AgentSpec,
    LinearCostSpec,
    PiecewiseLinearCostSpec,
    PowerCostSpec,
)

Side = Literal["left", "right"]
Points = Sequence[tuple[Number, Number]]


@dataclass(frozen=True)
class Cost:
    """fixed + rate s + curvature s^2 / 2 + power_rate s^power_exponent, or lines through points.

    Parameters
    ----------
    fixed, rate, curvature, power_rate, power_exponent : number
        As in `mdsolve.game.costs.Costs`; contributions in samples, costs in money.
    points : sequence of (samples, money)
        Break points of a piecewise-linear cost, which then is the whole cost.
    """

    calculus: Calculus
    fixed: Number = ZERO
    rate: Number = ZERO
    curvature: Number = ZERO
    power_rate: Number = ZERO
    power_exponent: Number = ONE
    points: Points = ()

    @property
    def is_linear(self) -> bool:
        """Tell whether marginal cost is constant."""
        return not self.points and self.curvature == 0 and self.power_rate == 0

    def value(self, s: Number) -> Number:
        """Return c(s), for s >= 0."""
        if self.points:
            return line_through(self.points, s, endless=True)
        smooth = self.fixed + s * (self.rate + self.curvature * s / 2)
        if self.power_rate == 0:
            return smooth
        return smooth + self.power_rate * self.calculus.power(s, self.power_exponent)

    def slope(self, s: Number, side: Side) -> Number:
        """Return the derivative of that side, in money per sample."""
        if self.points:
            return slope_between(self.points, s, side, endless=True)
        smooth = self.rate + self.curvature * s
        if self.power_rate == 0:
            return smooth
        bend = self.calculus.power(s, self.power_exponent - 1)
        return smooth + self.power_rate * self.power_exponent * bend


def line_through(points: Points, x: Number, *, endless: bool) -> Number:
    """Return linear interpolation; beyond the last point the last slope, or flat."""
    index = _piece(points, x, "right")
    if index >= len(points) - 1 and not endless:
        return points[-1][1]
    left, right = points[min(index, len(points) - 2) :][:2]
    return left[1] + (x - left[0]) * (right[1] - left[1]) / (right[0] - left[0])


def slope_between(points: Points, x: Number, side: Side, *, endless: bool) -> Number:
    """Return the one-sided slope of the interpolation; before the first point its slope."""
    index = _piece(points, x, side)
    if index >= len(points) - 1 and not endless:
        return ZERO
    left, right = points[min(index, len(points) - 2) :][:2]
    return (right[1] - left[1]) / (right[0] - left[0])


def _piece(points: Points, x: Number, side: Side) -> int:
    """Return the number of the interval that x is in; a break point belongs to `side`."""
    passed = [
        k for k, (start, _) in enumerate(points) if start < x or (side == "right" and start == x)
    ]
    return max(passed, default=0)


def costs_of(agents: AgentColumns | Sequence[AgentSpec], calculus: Calculus) -> list[Cost]:
    """Return everybody's cost, in the instance's order."""
    if isinstance(agents, AgentColumns):
        column = agents.cost
        entries = column.tolist() if hasattr(column, "tolist") else [column] * agents.count
        return [Cost(calculus, rate=as_written(entry)) for entry in entries]
    costs = []
    for spec in agents:
        costs += [_cost(spec.cost, calculus)] * spec.count
    return costs


def _cost(spec: Any, calculus: Calculus) -> Cost:
    if isinstance(spec, PiecewiseLinearCostSpec):
        points = tuple((as_written(x), as_written(y)) for x, y in spec.points)
        return Cost(calculus, points=points)
    if isinstance(spec, PowerCostSpec):
        rate, exponent = as_written(spec.rate), as_written(spec.exponent)
        return Cost(calculus, power_rate=rate, power_exponent=exponent)
    curvature = ZERO if isinstance(spec, LinearCostSpec) else as_written(spec.curvature)
    return Cost(calculus, as_written(spec.fixed), as_written(spec.rate), curvature)
