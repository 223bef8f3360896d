"""Accuracy as a function of one number, the (weighted) amount of data y that a model has seen.

Each curve gives value, slope (right derivative) and second derivative, elementwise. Parameters are
numbers, or arrays of shape (n,) with one entry per agent; `of(agent)` picks one agent's curve.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

BISECTIONS = 200
"""Halvings that narrow any interval of doubles down to neighbouring ones."""


class Curve(ABC):
    """A non-decreasing function of the amount of data, y >= 0."""

    family: ClassVar[str]
    concave: ClassVar[bool]
    """Whether every curve of the family is concave on [0, inf)."""

    @abstractmethod
    def value(self, y: Floats) -> Floats:
        """Return the accuracy at each amount of data."""

    @abstractmethod
    def slope(self, y: Floats) -> Floats:
        """Return the right derivative."""

    @abstractmethod
    def second(self, y: Floats) -> Floats:
        """Return the second derivative, from the right where there are two."""

    @property
    @abstractmethod
    def kinks(self) -> tuple[Floats, ...]:
        """Amounts of data where the slope jumps, one array (or number) per kink."""

    def take(self, agents: npt.NDArray[np.intp]) -> Curve:
        """Return the curves of some of the agents, in the order given."""
        return self._picked(lambda entry: entry[agents])

    def of(self, agent: int) -> Curve:
        """Return the curve of one agent."""
        return self._picked(lambda entry: float(entry[agent]))

    def _picked(self, pick: Callable[[Floats], Any]) -> Curve:
        """Return the curve with `pick` applied to every parameter given per agent."""
        entries = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        single = {
            name: pick(entry) for name, entry in entries.items() if isinstance(entry, np.ndarray)
        }
        return replace(self, **single) if single else self  # type: ignore[type-var]


@dataclass(frozen=True)
class PowerCurve(Curve):
    """a(y) = ceiling - scale (1 + y)^-exponent ([M25] (12) and its fitted form). Concave.

    Examples
    --------
    >>> PowerCurve().value(np.array([0.0, 1.0])).tolist()
    [0.0, 0.5]
    """

    ceiling: Any = 1.0
    scale: Any = 1.0
    exponent: Any = 1.0
    family: ClassVar[str] = "power"
    concave: ClassVar[bool] = True
    kinks: ClassVar[tuple[Floats, ...]] = ()

    def value(self, y: Floats) -> Floats:
        """Return the accuracy, written so that small amounts of data lose no digits."""
        gained = -np.expm1(-self.exponent * np.log1p(y))
        return np.asarray((self.ceiling - self.scale) + self.scale * gained)

    def slope(self, y: Floats) -> Floats:
        """Return scale exponent (1 + y)^(-exponent - 1)."""
        return np.asarray(self.scale * self.exponent * (1 + y) ** (-self.exponent - 1))

    def second(self, y: Floats) -> Floats:
        """Return the second derivative, negative."""
        e = self.exponent
        return np.asarray(-self.scale * e * (e + 1) * (1 + y) ** (-e - 2))


@dataclass(frozen=True)
class LinearCurve(Curve):
    """a(y) = y: the weights carry all the meaning (random discovery)."""

    family: ClassVar[str] = "linear"
    concave: ClassVar[bool] = True
    kinks: ClassVar[tuple[Floats, ...]] = ()

    def value(self, y: Floats) -> Floats:
        """Return the amount of data itself."""
        return np.asarray(y)

    def slope(self, y: Floats) -> Floats:
        """Return ones."""
        return np.ones_like(y)

    def second(self, y: Floats) -> Floats:
        """Return zeros."""
        return np.zeros_like(y)


@dataclass(frozen=True)
class PacCurve(Curve):
    """v(m) = b(m) from its zero m0 on, 0 below, with the PAC bound of [K22].

    b(m) = ceiling - (4 + sqrt(2 k (2 + log(m / k)))) / sqrt(m). The threshold m0 is the zero of b
    on [k / e, inf): below k e^-2 the formula is not real, and near it spuriously positive.
    """

    ceiling: Any = 1.0
    complexity: Any = 1.0
    family: ClassVar[str] = "pac"
    concave: ClassVar[bool] = False

    @cached_property
    def threshold(self) -> Any:
        """Return m0, in samples: one number, or one per agent."""
        if isinstance(self.ceiling, np.ndarray) or isinstance(self.complexity, np.ndarray):
            pairs = np.broadcast_arrays(self.ceiling, self.complexity)
            return np.array([_pac_zero(float(c), float(k)) for c, k in zip(*pairs, strict=True)])
        return _pac_zero(float(self.ceiling), float(self.complexity))

    @property
    def kinks(self) -> tuple[Floats, ...]:
        """Return the threshold."""
        return (self.threshold,)

    def value(self, y: Floats) -> Floats:
        """Return the bound from the threshold on, 0 below."""
        m = np.maximum(y, self.threshold)
        return np.where(y > self.threshold, self.bound(m), 0.0)

    def bound(self, m: Floats) -> Floats:
        """Return b(m), for m >= k / e."""
        root = np.sqrt(2 * self.complexity * (2 + np.log(m / self.complexity)))
        return np.asarray(self.ceiling - (4 + root) / np.sqrt(m))

    def slope(self, y: Floats) -> Floats:
        """Return b'(m) from the threshold on, 0 below."""
        m = np.maximum(y, self.threshold)
        k = self.complexity
        root = np.sqrt(2 * k * (2 + np.log(m / k)))
        slope = ((4 + root) / 2 - k / root) * m**-1.5
        return np.where(y >= self.threshold, slope, 0.0)

    def second(self, y: Floats) -> Floats:
        """Return b''(m) from the threshold on, 0 below."""
        m = np.maximum(y, self.threshold)
        k = self.complexity
        root = np.sqrt(2 * k * (2 + np.log(m / k)))
        inner = (4 + root) / 2 - k / root
        change = (k / (2 * root) + k * k / root**3) / m
        return np.where(y >= self.threshold, change * m**-1.5 - 1.5 * inner * m**-2.5, 0.0)


def _pac_zero(ceiling: float, complexity: float) -> float:
    """Return the zero of b on [k / e, inf) by bisection; b rises there."""
    curve = PacCurve(ceiling, complexity)

    def bound(m: float) -> float:
        return float(curve.bound(np.float64(m)))  # type: ignore[arg-type]

    low = complexity / math.e
    high = max(2 * low, 1.0)
    while bound(high) < 0:
        high *= 2
    if bound(low) >= 0:
        return low
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if bound(middle) < 0 else (low, middle)
    return high


@dataclass(frozen=True)
class ThresholdPowerCurve(Curve):
    """v(m) = ceiling max(0, 1 - (threshold / m)^exponent) ([K22], the GPT-3 example)."""

    ceiling: Any = 1.0
    threshold: Any = 1.0
    exponent: Any = 1.0
    family: ClassVar[str] = "threshold-power"
    concave: ClassVar[bool] = False

    @property
    def kinks(self) -> tuple[Floats, ...]:
        """Return the threshold."""
        return (self.threshold,)

    def value(self, y: Floats) -> Floats:
        """Return the value of data, 0 up to the threshold."""
        m = np.maximum(y, self.threshold)
        return np.asarray(0.0 - self.ceiling * np.expm1(self.exponent * np.log(self.threshold / m)))

    def slope(self, y: Floats) -> Floats:
        """Return the slope, 0 below the threshold."""
        m = np.maximum(y, self.threshold)
        slope = self.ceiling * self.exponent / m * (self.threshold / m) ** self.exponent
        return np.where(y >= self.threshold, slope, 0.0)

    def second(self, y: Floats) -> Floats:
        """Return the second derivative, 0 below the threshold."""
        m = np.maximum(y, self.threshold)
        e = self.exponent
        second = -self.ceiling * e * (e + 1) / m**2 * (self.threshold / m) ** e
        return np.where(y >= self.threshold, second, 0.0)


@dataclass(frozen=True)
class MixedCurve(Curve):
    """Different families for different agents.

    Parameters
    ----------
    parts : tuple of (agents, Curve)
        Rising agent numbers and the curve they share; together they cover 0 .. n-1 once.
    """

    parts: tuple[tuple[npt.NDArray[np.intp], Curve], ...]
    family: ClassVar[str] = "mixed"

    @property
    def concave(self) -> bool:  # type: ignore[override]
        """Tell whether every part is concave."""
        return all(curve.concave for _, curve in self.parts)

    @property
    def kinks(self) -> tuple[Floats, ...]:
        """Return the kinks of all parts; only `of(agent)` says whose they are."""
        return tuple(kink for _, curve in self.parts for kink in curve.kinks)

    def _gather(self, name: str, y: Floats) -> Floats:
        result = np.empty(np.shape(y))
        for agents, curve in self.parts:
            result[agents] = getattr(curve, name)(y[agents])
        return result

    def value(self, y: Floats) -> Floats:
        """Return each agent's accuracy at his own amount of data, shape (n,)."""
        return self._gather("value", y)

    def slope(self, y: Floats) -> Floats:
        """Return each agent's slope, shape (n,)."""
        return self._gather("slope", y)

    def second(self, y: Floats) -> Floats:
        """Return each agent's second derivative, shape (n,)."""
        return self._gather("second", y)

    def take(self, agents: npt.NDArray[np.intp]) -> Curve:
        """Return the curves of some of the agents, in the order given."""
        kept = []
        for members, curve in self.parts:
            found = np.searchsorted(members, agents)
            inside = members[np.minimum(found, len(members) - 1)] == agents
            if inside.any():
                kept.append((np.flatnonzero(inside), curve.take(found[inside])))
        return MixedCurve(tuple(kept))

    def of(self, agent: int) -> Curve:
        """Return the curve of one agent."""
        for members, curve in self.parts:
            place = int(np.searchsorted(members, agent))
            if place < len(members) and members[place] == agent:
                return curve.of(place)
        raise IndexError(agent)


def mixed(curves: Sequence[Curve]) -> Curve:
    """Return one curve for n agents from a curve each; equal ones are shared."""
    groups: list[tuple[Curve, list[int]]] = []
    for agent, curve in enumerate(curves):
        for known, agents in groups:
            if known == curve:
                agents.append(agent)
                break
        else:
            groups.append((curve, [agent]))
    if len(groups) == 1:
        return groups[0][0]
    return MixedCurve(tuple((np.array(agents, dtype=np.intp), known) for known, agents in groups))
