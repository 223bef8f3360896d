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

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.unread import UnreadError
from mdsolve.instance.priors import CostDensitySpec, CostTypesSpec, PriorSpec

Floats = npt.NDArray[np.float64]
Prior = PriorSpec | CostTypesSpec | CostDensitySpec


class Law(ABC):
    """A distribution of cost rates, in money per sample."""

    arithmetic: Arithmetic
    low: Quantity
    """Least cost, shape (1,)."""
    high: Quantity
    """Largest cost, shape (1,)."""

    @abstractmethod
    def height(self, slope: Quantity, touches: Floats) -> Quantity:
        """Return an upper bound on F(c) - slope c over all costs, shape (1,).

        Parameters
        ----------
        slope : (1,)
        touches : (k,)
            Costs at which concave stretches may be replaced by tangents; hints.
        """


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

    def height(self, slope: Quantity, touches: Floats) -> Quantity:
        """Return max_k F_k - slope c_k."""
        del touches
        gaps = self.shares() - slope * self.costs
        most = gaps[:1]
        for k in range(1, gaps.shape[0]):
            most = self.arithmetic.maximum(most, gaps[k : k + 1])
        return most


def pairs_of(prior: PriorSpec | CostTypesSpec) -> list[tuple[Fraction, Fraction]]:
    """Return costs and probabilities, rising."""
    if isinstance(prior, PriorSpec):
        p = prior.probability_low
        return [(prior.low, p), (prior.high, 1 - p)]
    return sorted(zip(prior.costs, prior.probabilities, strict=True))


def law_of(prior: Prior, arithmetic: Arithmetic) -> Law:
    """Return the distribution in a number system.

    Raises
    ------
    UnreadError
        For a density that there is no reading of.
    """
    if isinstance(prior, CostDensitySpec):
        message = "a density of costs"
        raise UnreadError(message)
    pairs = pairs_of(prior)
    costs, chances = zip(*pairs, strict=True)
    return Types(arithmetic, arithmetic.written(list(costs)), arithmetic.written(list(chances)))


def mean_rate(prior: Prior) -> Fraction:
    """Return the expected cost rate, which nobody has: for scales only."""
    if isinstance(prior, CostDensitySpec):
        density = prior.density
        ends = (density.costs[0], density.costs[-1]) if hasattr(density, "costs") else None
        low, high = ends or (density.low, density.high)  # type: ignore[union-attr]
        return (low + high) / 2
    return sum((c * p for c, p in pairs_of(prior)), Fraction(0))
