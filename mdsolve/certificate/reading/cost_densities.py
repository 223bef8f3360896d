"""Densities of cost rates in any number system, on stretches where they rise or fall throughout.

F is a sum over stretches of integrals from their start to min(max(c, start), end), so that nobody
has to know which stretch a cost lies on. With x = c - start:

    lines through points   x (f + g x / 2),  moment x (a f + (a g + f) x / 2 + g x^2 / 3)
    exponential            (1 - e^(-r x)) / (1 - e^(-r w))
    normal                 differences of erf; moment mean F - deviation^2 (f(c) - f(low))
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.instance.priors import (
    TableDensitySpec,
    TriangularDensitySpec,
    TruncatedExponentialDensitySpec,
    TruncatedNormalDensitySpec,
)

PI_DIGITS = "3.14159265358979323846264338327950288419716939937510"


class Density(ABC):
    """A density of cost rates.

    Parameters
    ----------
    ends : (S + 1,)
        Ends of the S stretches.
    rising : tuple of bool, length S
        Whether the density does not fall there; else it does not rise.
    """

    arithmetic: Arithmetic
    ends: Quantity
    rising: tuple[bool, ...]

    @abstractmethod
    def share(self, costs: Quantity) -> Quantity:
        """Return F, shape of the costs."""

    @abstractmethod
    def moment(self, costs: Quantity) -> Quantity:
        """Return the integral of c dF up to the costs."""

    @abstractmethod
    def value(self, costs: Quantity, stretch: int) -> Quantity:
        """Return the density at costs of one stretch."""

    def inside(self, costs: Quantity, stretch: int | None = None) -> Quantity:
        """Return costs moved into a stretch, or into the whole range."""
        first, last = (self.ends[:1], self.ends[-1:])
        if stretch is not None:
            first, last = self.ends[stretch : stretch + 1], self.ends[stretch + 1 : stretch + 2]
        return self.arithmetic.minimum(self.arithmetic.maximum(costs, first), last)


@dataclass(frozen=True)
class Lines(Density):
    """A density in lines through points, scaled to a whole of 1.

    Parameters
    ----------
    heights : (S + 1,)
        Densities at the ends.
    """

    arithmetic: Arithmetic
    ends: Quantity
    rising: tuple[bool, ...]
    heights: Quantity

    def share(self, costs: Quantity) -> Quantity:
        """Return F: parabolas."""
        found = 0 * costs
        for k, _ in enumerate(self.rising):
            x = self.inside(costs, k) - self.ends[k : k + 1]
            found = found + x * (self.heights[k : k + 1] + self._bend(k) * x / 2)
        return found

    def moment(self, costs: Quantity) -> Quantity:
        """Return the integral of c dF."""
        found = 0 * costs
        for k, _ in enumerate(self.rising):
            start, height, bend = self.ends[k : k + 1], self.heights[k : k + 1], self._bend(k)
            x = self.inside(costs, k) - start
            found = found + x * (
                start * height + (start * bend + height) * x / 2 + bend * x * x / 3
            )
        return found

    def value(self, costs: Quantity, stretch: int) -> Quantity:
        """Return the density."""
        x = self.inside(costs, stretch) - self.ends[stretch : stretch + 1]
        return self.heights[stretch : stretch + 1] + self._bend(stretch) * x

    def _bend(self, k: int) -> Quantity:
        width = self.ends[k + 1 : k + 2] - self.ends[k : k + 1]
        return (self.heights[k + 1 : k + 2] - self.heights[k : k + 1]) / width


@dataclass(frozen=True)
class Exponential(Density):
    """A density in proportion to exp(-rate c)."""

    arithmetic: Arithmetic
    ends: Quantity
    rising: tuple[bool, ...]
    rate: Quantity

    @property
    def _whole(self) -> Quantity:
        return -self.arithmetic.exponential_less_one(-self.rate * (self.ends[1:] - self.ends[:1]))

    def share(self, costs: Quantity) -> Quantity:
        """Return F."""
        x = self.inside(costs) - self.ends[:1]
        return -self.arithmetic.exponential_less_one(-self.rate * x) / self._whole

    def moment(self, costs: Quantity) -> Quantity:
        """Return the integral of c dF."""
        x = self.inside(costs) - self.ends[:1]
        less = self.arithmetic.exponential_less_one(-self.rate * x)
        tail = x * self.arithmetic.exponential(-self.rate * x)
        return self.ends[:1] * self.share(costs) + (-less / self.rate - tail) / self._whole

    def value(self, costs: Quantity, stretch: int) -> Quantity:
        """Return the density."""
        x = self.inside(costs, stretch) - self.ends[:1]
        return self.rate * self.arithmetic.exponential(-self.rate * x) / self._whole


@dataclass(frozen=True)
class Normal(Density):
    """A normal density cut off."""

    arithmetic: Arithmetic
    ends: Quantity
    rising: tuple[bool, ...]
    mean: Quantity
    deviation: Quantity

    def _tails(self, costs: Quantity) -> Quantity:
        scaled = (costs - self.mean) / (self.deviation * self._root_two)
        return self.arithmetic.error_function(scaled)

    @property
    def _root_two(self) -> Quantity:
        return self.arithmetic.root(self.arithmetic.constant(2).reshape(1))

    @property
    def _whole(self) -> Quantity:
        return self._tails(self.ends[-1:]) - self._tails(self.ends[:1])

    def share(self, costs: Quantity) -> Quantity:
        """Return F."""
        return (self._tails(self.inside(costs)) - self._tails(self.ends[:1])) / self._whole

    def _height(self, costs: Quantity) -> Quantity:
        z = (costs - self.mean) / self.deviation
        bell = self.arithmetic.exponential(-z * z / 2)
        half = self.arithmetic.root(_pi(self.arithmetic) / 2)
        return bell / (self.deviation * half * self._whole)

    def moment(self, costs: Quantity) -> Quantity:
        """Return the integral of c dF."""
        here = self.inside(costs)
        fall = self._height(self.ends[:1]) - self._height(here)
        return self.mean * self.share(costs) + self.deviation * self.deviation * fall

    def value(self, costs: Quantity, stretch: int) -> Quantity:
        """Return the density."""
        return self._height(self.inside(costs, stretch))


def _pi(arithmetic: Arithmetic) -> Quantity:
    """Return an enclosure of pi, shape (1,): two decimals of fifty digits around it."""
    low = arithmetic.written([Fraction(PI_DIGITS)])
    high = arithmetic.written([Fraction(PI_DIGITS) + Fraction(1, 10**49)])
    return arithmetic.between(low, high)


def density_of(spec: Any, arithmetic: Arithmetic) -> Density:
    """Return the density of a specification in a number system."""
    if isinstance(spec, TruncatedExponentialDensitySpec):
        ends = arithmetic.written([spec.low, spec.high])
        return Exponential(arithmetic, ends, (spec.rate < 0,), arithmetic.written([spec.rate]))
    if isinstance(spec, TruncatedNormalDensitySpec):
        places = sorted({spec.low, min(max(spec.mean, spec.low), spec.high), spec.high})
        rising = tuple(b <= spec.mean for _, b in pairwise(places))
        columns = (arithmetic.written([x]) for x in (spec.mean, spec.deviation))
        return Normal(arithmetic, arithmetic.written(places), rising, *columns)
    costs, heights = _points(spec)
    area = sum(
        (
            (a + b) * (d - c) / 2
            for (a, b), (c, d) in zip(pairwise(heights), pairwise(costs), strict=True)
        ),
        Fraction(0),
    )
    rising = tuple(a <= b for a, b in pairwise(heights))
    scaled = arithmetic.written([height / area for height in heights])
    return Lines(arithmetic, arithmetic.written(costs), rising, scaled)


def _points(spec: Any) -> tuple[list[Fraction], list[Fraction]]:
    """Return the points of a density in lines: costs and heights, not scaled."""
    if isinstance(spec, TableDensitySpec):
        return list(spec.costs), list(spec.densities)
    if isinstance(spec, TriangularDensitySpec):
        costs = sorted({spec.low, spec.mode, spec.high})
        return costs, [Fraction(cost == spec.mode) for cost in costs]
    return [spec.low, spec.high], [Fraction(1), Fraction(1)]


def middle_of(spec: Any) -> Fraction:
    """Return the middle of a density's range."""
    if isinstance(spec, TableDensitySpec):
        return (spec.costs[0] + spec.costs[-1]) / 2
    found: Fraction = (spec.low + spec.high) / 2
    return found
