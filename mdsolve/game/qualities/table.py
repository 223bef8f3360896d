"""`table`: straight lines through measured points (size, quality)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from mdsolve.game.arithmetic import Arithmetic, Array
from mdsolve.instance.qualities.table import TableQualitySpec


def quality(spec: TableQualitySpec) -> TableQuality:
    """Return the quality of a specification."""
    sizes, qualities = zip(*spec.points, strict=True)
    return TableQuality(sizes, qualities)


@dataclass(frozen=True)
class TableQuality:
    """Linear interpolation through measured points (size, quality).

    Parameters
    ----------
    sizes, qualities : tuple of Fraction
        Strictly increasing, starting at (0, 0); the sizes cover every total of reports.
    """

    sizes: tuple[Fraction, ...]
    qualities: tuple[Fraction, ...]
    family: str = "table"
    rational: bool = True

    def at(self, sizes: Array, arithmetic: Arithmetic) -> Array:
        """Return the interpolated quality; sizes must not exceed the last point."""
        knots = arithmetic.array(self.sizes)
        heights = arithmetic.array(self.qualities)
        slopes = (heights[1:] - heights[:-1]) / (knots[1:] - knots[:-1])
        flat = np.asarray(sizes).ravel()
        piece = np.clip(np.searchsorted(knots, flat, side="right") - 1, 0, len(slopes) - 1)
        values = heights[piece] + slopes[piece] * (flat - knots[piece])
        return np.asarray(values).reshape(np.shape(sizes))
