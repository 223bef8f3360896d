"""`threshold-power`: v(m) = value max(0, 1 - (threshold / m)^exponent)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mdsolve.game.curves import Curve, Floats
from mdsolve.instance.accuracies.threshold_power import ThresholdPowerAccuracySpec


def curve(spec: ThresholdPowerAccuracySpec) -> ThresholdPowerCurve:
    """Return the curve of a specification."""
    return ThresholdPowerCurve(float(spec.value), float(spec.threshold), float(spec.exponent))


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
