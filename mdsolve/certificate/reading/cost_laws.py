"""Distributions of private cost rates, read from the instance into any number system.

F(c) is the probability of costs up to c. A line of slope s above F has at least the height
max F(c) - s c: over finitely many costs that is a maximum of numbers. Where costs have a density,
F is convex or concave on each stretch: convex ones lie below the line between their ends, concave
ones below every tangent.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.cost_densities import Density, density_of, middle_of
from mdsolve.instance.priors import CostDensitySpec, CostTypesSpec, PriorSpec

Prior = PriorSpec | CostTypesSpec | CostDensitySpec


class Law(ABC):
    """A distribution of cost rates, in money per sample."""

    @property
    @abstractmethod
    def low(self) -> Quantity:
        """Least cost, shape (1,)."""

    @property
    @abstractmethod
    def high(self) -> Quantity:
        """Largest cost, shape (1,)."""

    @abstractmethod
    def height(self, slope: Quantity) -> Quantity:
        """Return an upper bound on F(c) - slope c over all costs, shape (1,)."""


@dataclass(frozen=True)
class Types(Law):
    """Several cost rates.

    Parameters
    ----------
    costs, chances : (K,)
        Rising rates.
    """

    arithmetic: Arithmetic
    costs: Quantity
    chances: Quantity

    @property
    def low(self) -> Quantity:
        """Least cost."""
        return self.costs[:1]

    @property
    def high(self) -> Quantity:
        """Largest cost."""
        return self.costs[-1:]

    def shares(self) -> Quantity:
        """Return F at every cost, shape (K,)."""
        found = [self.arithmetic.zeros(1)]
        for k in range(self.chances.shape[0]):
            found.append(found[-1] + self.chances[k : k + 1])
        return self.arithmetic.concatenate(found[1:])

    def height(self, slope: Quantity) -> Quantity:
        """Return max_k F_k - slope c_k."""
        return largest(self.arithmetic, self.shares() - slope * self.costs)


@dataclass(frozen=True)
class Spread(Law):
    """Costs with a density."""

    arithmetic: Arithmetic
    density: Density

    @property
    def low(self) -> Quantity:
        """Least cost."""
        return self.density.ends[:1]

    @property
    def high(self) -> Quantity:
        """Largest cost."""
        return self.density.ends[-1:]

    def between(self, costs: Quantity) -> tuple[Quantity, Quantity]:
        """Return the chances of cells, and the integrals of c dF over them, (k - 1,) each."""
        shares, moments = self.density.share(costs), self.density.moment(costs)
        return shares[1:] - shares[:-1], moments[1:] - moments[:-1]

    def height(self, slope: Quantity) -> Quantity:
        """Return the largest F(c) - slope c at ends of stretches, or on tangents."""
        arithmetic, ends = self.arithmetic, self.density.ends
        most = largest(arithmetic, self.density.share(ends) - slope * ends)
        for k, rising in enumerate(self.density.rising):
            if not rising:
                pair = ends[k : k + 2]
                at = arithmetic.stored(np.array([self._touch(slope, k)]))
                line = self.density.share(at) + self.density.value(at, k) * (pair - at)
                most = arithmetic.maximum(most, largest(arithmetic, line - slope * pair))
        return most

    def _touch(self, slope: Quantity, stretch: int) -> float:
        """Return about where a falling density equals a slope, or an end: any tangent will do."""
        nearest: Any = self.arithmetic.nearest
        steep = float(nearest(slope)[0])
        low, high = (float(end) for end in nearest(self.density.ends[stretch : stretch + 2]))
        while low < (middle := 0.5 * (low + high)) < high:
            at = self.arithmetic.stored(np.array([middle]))
            above = float(nearest(self.density.value(at, stretch))[0]) > steep
            low, high = (middle, high) if above else (low, middle)
        return low


def largest(arithmetic: Arithmetic, numbers: Quantity) -> Quantity:
    """Return the largest of some numbers, shape (1,)."""
    most = numbers[:1]
    for k in range(1, numbers.shape[0]):
        most = arithmetic.maximum(most, numbers[k : k + 1])
    return most


def pairs_of(prior: PriorSpec | CostTypesSpec) -> list[tuple[Fraction, Fraction]]:
    """Return costs and probabilities, rising."""
    if isinstance(prior, PriorSpec):
        p = prior.probability_low
        return [(prior.low, p), (prior.high, 1 - p)]
    return sorted(zip(prior.costs, prior.probabilities, strict=True))


def law_of(prior: Prior, arithmetic: Arithmetic) -> Law:
    """Return the distribution in a number system."""
    if isinstance(prior, CostDensitySpec):
        return Spread(arithmetic, density_of(prior.density, arithmetic))
    costs, chances = zip(*pairs_of(prior), strict=True)
    return Types(arithmetic, arithmetic.written(list(costs)), arithmetic.written(list(chances)))


def mean_rate(prior: Prior) -> Fraction:
    """Return the expected cost rate, or the middle of a density: for scales only."""
    if isinstance(prior, CostDensitySpec):
        return middle_of(prior.density)
    return sum((c * p for c, p in pairs_of(prior)), Fraction(0))
