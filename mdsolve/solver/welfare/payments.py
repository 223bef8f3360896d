"""Payments that sum to exactly zero: rounded to a common binary grid, remainders handed out.

The rule's payments sum to zero in exact arithmetic only. On the grid 2^-g with sum |p_i| 2^g < 2^52
every partial sum is a double, so the stored numbers add up to zero in whatever order they are
added, and each differs from the rule by less than one unit.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

GRID_BITS = 52


def exactly_balanced(payments: Floats) -> Floats:
    """Return the payments on a binary grid, with sum exactly zero.

    Parameters
    ----------
    payments : (n,)
        Money received, with a sum that is zero up to rounding.

    Examples
    --------
    >>> paid = exactly_balanced(np.array([0.1, 0.2, -0.3]))
    >>> float(paid.sum()), bool(np.allclose(paid, [0.1, 0.2, -0.3], rtol=0, atol=1e-15))
    (0.0, True)
    """
    total = float(np.abs(payments).sum())
    if total == 0:
        return np.zeros_like(payments)
    exponent = GRID_BITS - math.frexp(total)[1] - 1
    units = np.ldexp(payments, exponent)
    whole = np.floor(units)
    all_get, some_get = divmod(-int(whole.sum()), len(whole))
    largest_remainders = np.argsort(whole - units, kind="stable")[:some_get]
    whole += all_get
    whole[largest_remainders] += 1
    return np.asarray(np.ldexp(whole, -exponent))
