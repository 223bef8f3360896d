"""Sums of products of many positive numbers: computed at both ends, widened once.

A formula of numbers that are not negative, rising or falling in each, takes its extremes at the
ends of intervals. Each end is computed in doubles, whose relative errors a formula of additions,
products and quotients only adds up: so many units in the last place, known beforehand. That is as
rigorous as rounding every operation outwards and an order of magnitude faster.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mdsolve.certificate.intervals import UNIT, Intervals
from mdsolve.certificate.numbers import FLOAT, INTERVALS, Arithmetic, Quantity

UNDERFLOW = 2.0**-1000
"""More than everything that underflow takes away, sums of up to 2^50 terms included."""


def at_ends(
    arithmetic: Arithmetic,
    formula: Callable[..., Any],
    *,
    falling: Sequence[Quantity] = (),
    rising: Sequence[Quantity] = (),
    units: float,
) -> Quantity:
    """Return a monotone formula of numbers that are not negative.

    Parameters
    ----------
    formula : callable
        Takes an arithmetic, then the falling and the rising arguments.
    units : float
        Bound on its relative rounding error in doubles, in units of 2^-52.
    """
    if arithmetic is not INTERVALS:
        return formula(arithmetic, *falling, *rising)
    low = [_positive(x).high for x in falling] + [_positive(x).low for x in rising]
    high = [_positive(x).low for x in falling] + [_positive(x).high for x in rising]
    off = (units + 2) * UNIT
    with np.errstate(all="ignore"):
        least = formula(FLOAT, *low) * (1 - off) - UNDERFLOW
        most = formula(FLOAT, *high) * (1 + off) + UNDERFLOW
    unknown = np.isnan(least) | np.isnan(most)
    if unknown.any():
        least, most = np.where(unknown, 0.0, least), np.where(unknown, np.inf, most)
    return Intervals(np.maximum(least, 0.0), most)


def _positive(array: Quantity) -> Intervals:
    """Return intervals without what rounding left below 0."""
    found = Intervals.of(array)
    return Intervals(np.maximum(found.low, 0.0), np.maximum(found.high, 0.0))
