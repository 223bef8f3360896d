"""Model quality Q(t) as a function of the valid data size t that trained the model.

Q is increasing with Q(0) = 0 ([C20] Assumption 1, without the bound Q <= 1, which the paper's own
examples with Q(t) = t do not satisfy). Sizes are in samples, qualities are without unit.
"""

from __future__ import annotations

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
