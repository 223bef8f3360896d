"""`power`: a = ceiling - scale (1 + y)^-exponent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mdsolve.game.curves import Curve, Floats
from mdsolve.instance.accuracies.power import PowerAccuracySpec


def curve(spec: PowerAccuracySpec) -> PowerCurve:
    """Return the curve of a specification; its weights are read apart."""
    return PowerCurve(float(spec.ceiling), float(spec.scale), float(spec.exponent))


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
    strictly_concave: ClassVar[bool] = True
    kinks: ClassVar[tuple[Floats, ...]] = ()

    @property
    def decay(self) -> tuple[Any, Any]:
        """Return scale and exponent."""
        return self.scale, self.exponent

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
