"""`pac`: the bound b(m) = ceiling - (4 + sqrt(2k (2 + log(m/k)))) / sqrt(m) where positive."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from mdsolve.game.curves import BISECTIONS, Curve, Floats
from mdsolve.instance.accuracies.pac import PacAccuracySpec


def curve(spec: PacAccuracySpec) -> PacCurve:
    """Return the curve of a specification."""
    return PacCurve(float(spec.ceiling), float(spec.complexity))


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
        return np.asarray(self.ceiling - (4 + self._root(m)) / np.sqrt(m))

    def _root(self, m: Floats) -> Floats:
        """Return sqrt(2 k (2 + log(m / k))); a quotient of far amounts would overflow."""
        k = self.complexity
        return np.asarray(np.sqrt(2 * k * (2 + np.log(m) - np.log(k))))

    def slope(self, y: Floats) -> Floats:
        """Return b'(m) from the threshold on, 0 below."""
        m = np.maximum(y, self.threshold)
        k = self.complexity
        root = self._root(m)
        slope = ((4 + root) / 2 - k / root) * m**-1.5
        return np.where(y >= self.threshold, slope, 0.0)

    def second(self, y: Floats) -> Floats:
        """Return b''(m) from the threshold on, 0 below."""
        m = np.maximum(y, self.threshold)
        k = self.complexity
        root = self._root(m)
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
