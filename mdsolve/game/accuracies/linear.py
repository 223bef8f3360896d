"""`linear`: a = y, the amount of weighted data itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mdsolve.game.curves import Curve, Floats
from mdsolve.instance.accuracies.linear import LinearAccuracySpec


def curve(spec: LinearAccuracySpec) -> LinearCurve:
    """Return the curve of a specification; its weights are read apart."""
    del spec
    return LinearCurve()


@dataclass(frozen=True)
class LinearCurve(Curve):
    """a(y) = y: the weights carry all the meaning (random discovery)."""

    family: ClassVar[str] = "linear"
    concave: ClassVar[bool] = True
    straight: ClassVar[bool] = True
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
