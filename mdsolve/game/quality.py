"""Model quality Q(t) as a function of the valid data size t that trained the model.

Q is increasing with Q(0) = 0 ([C20] Assumption 1, without the bound Q <= 1, which the paper's own
examples with Q(t) = t do not satisfy). Sizes are in samples, qualities are without unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np

from mdsolve.game.arithmetic import Arithmetic, Array


class Quality(Protocol):
    """An increasing function from data sizes to model quality."""

    @property
    def family(self) -> str:
        """Name of the family in instance files."""

    @property
    def rational(self) -> bool:
        """Tell whether rational sizes always have rational quality."""

    def at(self, sizes: Array, arithmetic: Arithmetic) -> Array:
        """Return the quality at each size, in the number system given."""


@dataclass(frozen=True)
class IdentityQuality:
    """Q(t) = t, as in [C20] Example 1 and section 7.2."""

    family: str = "identity"
    rational: bool = True

    def at(self, sizes: Array, arithmetic: Arithmetic) -> Array:  # noqa: ARG002
        """Return the sizes themselves."""
        return sizes


@dataclass(frozen=True)
class SaturationQuality:
    """Q(t) = (1 - exp(-t)) / (1 + exp(-t)), as in [C20] section 7.1."""

    family: str = "saturation"
    rational: bool = False

    def at(self, sizes: Array, arithmetic: Arithmetic) -> Array:
        """Return the saturating quality, in [0, 1)."""
        decay = arithmetic.exponential(-sizes)
        return np.asarray((1 - decay) / (1 + decay))


@dataclass(frozen=True)
class PowerQuality:
    """Q(t) = t ** exponent with exponent > 0."""

    exponent: Fraction
    family: str = "power"

    @property
    def rational(self) -> bool:
        """Tell whether the exponent is an integer."""
        return self.exponent.denominator == 1

    def at(self, sizes: Array, arithmetic: Arithmetic) -> Array:
        """Return the power of the sizes; Q(0) = 0."""
        return power_or_zero(sizes, self.exponent, arithmetic)


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


def power_or_zero(base: Array, exponent: Fraction, arithmetic: Arithmetic) -> Array:
    """Return ``base ** exponent`` where base > 0 and 0 where base is 0.

    The convention 0 ** a = 0 for a < 0 is the one the growth market needs: nobody earns anything
    in a market where no model has any quality.
    """
    values = np.asarray(base)
    zero = values == 0
    if not np.any(zero):
        return arithmetic.power(values, exponent)
    one = arithmetic.number(Fraction(1))
    positive = np.where(zero, one, values)
    nothing = arithmetic.number(Fraction(0))
    return np.where(zero, nothing, arithmetic.power(positive, exponent))
