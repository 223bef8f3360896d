"""How likely which cost rate is: several rates with probabilities, or a density on a range.

Rates are in money per sample. A density is made of pieces on which it rises or falls throughout, so
that the share F of costs up to c is convex or concave on each: lines above F touch it at ends of
convex pieces, or where the density of a concave one equals their slope.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import erfc, exp, expm1, log, pi, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.instance.priors import (
    CostDensitySpec,
    CostTypesSpec,
    DensitySpec,
    PriorSpec,
    TableDensitySpec,
    TriangularDensitySpec,
    TruncatedExponentialDensitySpec,
    TruncatedNormalDensitySpec,
)

Floats = npt.NDArray[np.float64]
Function = Callable[[float], float]


@dataclass(frozen=True)
class Contact:
    """Where a line of a given slope rests on the shares F from above.

    Parameters
    ----------
    height : float
        The least A with A + slope c >= F(c) at every cost c.
    first, last : float
        Least and largest cost at which they meet.
    """

    height: float
    first: float
    last: float


class CostLaw(ABC):
    """A distribution of cost rates."""

    @property
    @abstractmethod
    def low(self) -> float:
        """Least cost."""

    @property
    @abstractmethod
    def high(self) -> float:
        """Largest cost."""

    @property
    def mean(self) -> float:
        """Expected cost."""
        return self.moment(self.high)

    @abstractmethod
    def share(self, cost: float) -> float:
        """Return F, the probability of costs up to this one."""

    @abstractmethod
    def moment(self, cost: float) -> float:
        """Return the expectation of costs up to this one, others counted as 0."""

    @abstractmethod
    def contact(self, slope: float) -> Contact:
        """Return where a line of this slope, at least 0, rests on F from above."""


@dataclass(frozen=True)
class CostTypes(CostLaw):
    """Several cost rates.

    Parameters
    ----------
    costs, probabilities : tuple of float, length K
        Rising rates.
    """

    costs: tuple[float, ...]
    probabilities: tuple[float, ...]

    @property
    def low(self) -> float:
        """Least cost."""
        return self.costs[0]

    @property
    def high(self) -> float:
        """Largest cost."""
        return self.costs[-1]

    def moment(self, cost: float) -> float:
        """Return the expectation of costs up to this one."""
        pairs = zip(self.costs, self.probabilities, strict=True)
        return sum(c * p for c, p in pairs if c <= cost)

    @cached_property
    def shares(self) -> Floats:
        """F at every cost; exactly 1 at the last, shape (K,)."""
        found = np.cumsum(self.probabilities)
        found[-1] = 1.0
        return found

    def share(self, cost: float) -> float:
        """Return F."""
        number = int(np.searchsorted(self.costs, cost, side="right"))
        return float(self.shares[number - 1]) if number else 0.0

    def contact(self, slope: float) -> Contact:
        """Return where a line rests on the points (c_k, F_k)."""
        gaps = self.shares - slope * np.array(self.costs)
        met = np.flatnonzero(gaps == gaps.max())
        return Contact(float(gaps.max()), self.costs[met[0]], self.costs[met[-1]])


@dataclass(frozen=True)
class Stretch:
    """Costs between which a density rises or falls throughout.

    Parameters
    ----------
    start, end : float
    rising : bool
        Whether it rises, so that F is convex; else it falls, and F is concave.
    inverse : callable
        Of a falling density: the cost at which it has a value between those at its ends.
    """

    start: float
    end: float
    rising: bool
    inverse: Function


@dataclass(frozen=True)
class CostDensity(CostLaw):
    """A density of cost rates.

    Parameters
    ----------
    cumulative, density : callable
        F and its slope, inside the range.
    stretches : tuple of Stretch
        From the least to the largest cost.
    partial : callable
        The integral of c dF up to a cost, inside the range.
    """

    cumulative: Function
    density: Function
    stretches: tuple[Stretch, ...]
    partial: Function

    @property
    def low(self) -> float:
        """Least cost."""
        return self.stretches[0].start

    @property
    def high(self) -> float:
        """Largest cost."""
        return self.stretches[-1].end

    def share(self, cost: float) -> float:
        """Return F."""
        if cost <= self.low:
            return 0.0
        return 1.0 if cost >= self.high else self.cumulative(cost)

    def moment(self, cost: float) -> float:
        """Return the expectation of costs up to this one."""
        return self.partial(min(max(cost, self.low), self.high))

    def contact(self, slope: float) -> Contact:
        """Return where a line rests on F."""
        places: list[float] = []
        for stretch in self.stretches:
            places += [stretch.start, stretch.end]
            if not stretch.rising:
                first, last = self.density(stretch.start), self.density(stretch.end)
                if last < slope < first:
                    places.append(min(max(stretch.inverse(slope), stretch.start), stretch.end))
        gaps = np.array([self.share(place) - slope * place for place in places])
        met = np.flatnonzero(gaps == gaps.max())
        return Contact(float(gaps.max()), places[met[0]], places[met[-1]])


def cost_law(spec: PriorSpec | CostTypesSpec | CostDensitySpec) -> CostLaw:
    """Return the distribution that a prior describes.

    Examples
    --------
    >>> law = cost_law(CostTypesSpec(costs=("0.3", "0.1"), probabilities=("1/4", "3/4")))
    >>> law.costs, law.share(0.2)
    ((0.1, 0.3), 0.75)
    """
    if isinstance(spec, PriorSpec):
        p = float(spec.probability_low)
        return CostTypes((float(spec.low), float(spec.high)), (p, float(1 - spec.probability_low)))
    if isinstance(spec, CostTypesSpec):
        pairs = sorted(zip(spec.costs, spec.probabilities, strict=True))
        return CostTypes(tuple(float(c) for c, _ in pairs), tuple(float(p) for _, p in pairs))
    return _density(spec.density)


def _density(spec: DensitySpec) -> CostDensity:
    if isinstance(spec, TableDensitySpec):
        return _table(spec.costs, spec.densities)
    if isinstance(spec, TriangularDensitySpec):
        costs = sorted({spec.low, spec.mode, spec.high})
        return _table(costs, [int(cost == spec.mode) for cost in costs])
    low, high = float(spec.low), float(spec.high)
    if isinstance(spec, TruncatedNormalDensitySpec):
        return _normal(low, high, float(spec.mean), float(spec.deviation))
    if isinstance(spec, TruncatedExponentialDensitySpec):
        return _exponential(low, high, float(spec.rate))
    return _table([low, high], [1, 1])


def _table(costs: Any, densities: Any) -> CostDensity:
    """Return a density in lines through points; F is made of parabolas."""
    c = np.array([float(x) for x in costs])
    f = np.array([float(x) for x in densities])
    areas = 0.5 * (f[1:] + f[:-1]) * np.diff(c)
    f = f / areas.sum()
    before = np.concatenate([[0.0], np.cumsum(areas / areas.sum())])
    bends = np.diff(f) / np.diff(c)

    def place(cost: float) -> int:
        return min(max(int(np.searchsorted(c, cost, side="right")) - 1, 0), len(bends) - 1)

    def density(cost: float) -> float:
        k = place(cost)
        return float(f[k] + bends[k] * (cost - c[k]))

    def cumulative(cost: float) -> float:
        k = place(cost)
        x = cost - c[k]
        return float(before[k] + x * (f[k] + 0.5 * bends[k] * x))

    def inverse(k: int) -> Function:
        return lambda value: float(c[k] + (value - f[k]) / bends[k])

    stretches = tuple(
        Stretch(one, two, bool(bends[k] >= 0), inverse(k))
        for k, (one, two) in enumerate(pairwise(c.tolist()))
    )
    moments = np.diff(c) * (c[:-1] * (2 * f[:-1] + f[1:]) + c[1:] * (f[:-1] + 2 * f[1:])) / 6
    earlier = np.concatenate([[0.0], np.cumsum(moments)])

    def partial(cost: float) -> float:
        k = place(cost)
        x = cost - c[k]
        more = c[k] * (f[k] + 0.5 * bends[k] * x) + x * (f[k] / 2 + bends[k] * x / 3)
        return float(earlier[k] + x * more)

    return CostDensity(cumulative, density, stretches, partial)


def _normal(low: float, high: float, mean: float, deviation: float) -> CostDensity:
    """Return a normal density cut off; tails are differences of complements, without loss."""
    turned = low > mean  # both ends in the upper tail: look from the other side
    sign = -1.0 if turned else 1.0

    def tail(cost: float) -> float:
        return 0.5 * erfc(-sign * (cost - mean) / (deviation * sqrt(2)))

    whole = sign * (tail(high) - tail(low))

    def density(cost: float) -> float:
        z = (cost - mean) / deviation
        return exp(-0.5 * z * z) / (deviation * sqrt(2 * pi) * whole)

    def cumulative(cost: float) -> float:
        return sign * (tail(cost) - tail(low)) / whole

    def inverse(value: float) -> float:
        scaled = value * deviation * sqrt(2 * pi) * whole
        return mean + deviation * sqrt(max(-2 * log(scaled), 0.0)) if scaled > 0 else high

    middle = min(max(mean, low), high)
    ends = sorted({low, middle, high})
    stretches = tuple(Stretch(a, b, b <= mean, inverse) for a, b in pairwise(ends))

    def partial(cost: float) -> float:
        return mean * cumulative(cost) + deviation**2 * (density(low) - density(cost))

    return CostDensity(cumulative, density, stretches, partial)


def _exponential(low: float, high: float, rate: float) -> CostDensity:
    """Return an exponential density cut off."""
    whole = -expm1(-rate * (high - low)) / rate

    def density(cost: float) -> float:
        return exp(-rate * (cost - low)) / whole

    def cumulative(cost: float) -> float:
        return expm1(-rate * (cost - low)) / expm1(-rate * (high - low))

    def inverse(value: float) -> float:
        return low - log(value * whole) / rate

    def partial(cost: float) -> float:
        x = cost - low
        return low * cumulative(cost) + (-expm1(-rate * x) / rate - x * exp(-rate * x)) / (
            rate * whole
        )

    stretch = Stretch(low, high, rate < 0, inverse)
    return CostDensity(cumulative, density, (stretch,), partial)
