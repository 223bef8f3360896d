"""Means of columns, as figures: the average, the geometric mean, the least.

The geometric mean has no linear error: each number may be off by its own tolerance, and the mean,
which rises in each, lies between those of the lower and of the upper ends.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mdsolve.certificate.context import Context
from mdsolve.certificate.intervals import Intervals
from mdsolve.certificate.numbers import INTERVALS, Arithmetic, Quantity
from mdsolve.certificate.stated.figures import Figure
from mdsolve.tolerance import ROUND_OFF


def mean(arithmetic: Arithmetic, column: Quantity, scale: Any, slack: Any = 0.0) -> Figure:
    """Return the average of a column, relative to the average of its scales."""
    total = arithmetic.total(column) / column.shape[0]
    return Figure.exactly(total, np.mean(scale), np.mean(slack))


def least(arithmetic: Arithmetic, column: Quantity, scale: Any, slack: Any = 0.0) -> Figure:
    """Return the least of a column, relative to the scale of whoever has it."""
    lowest = int(np.argmin(arithmetic.nearest(column)))
    pair = (np.broadcast_to(size, column.shape) for size in (scale, slack))
    return Figure.exactly(smallest(arithmetic, column), *(size[lowest] for size in pair))


def smallest(arithmetic: Arithmetic, column: Quantity) -> Quantity:
    """Return the least entry of a column, shape ()."""
    while column.shape[0] > 1:
        half = column.shape[0] // 2
        paired = arithmetic.minimum(column[:half], column[half : 2 * half])
        if column.shape[0] % 2:
            paired = arithmetic.concatenate([paired, column[2 * half :]])
        column = paired
    return column.reshape(())


def geometric_mean(
    context: Context, column: Quantity, scale: Any, slack: Any = 0.0
) -> Figure | None:
    """Return the geometric mean; None where a number is certainly negative.

    Parameters
    ----------
    scale, slack : (n,)
        How far each number may be off: the tolerance times the first, and the second.
    """
    arithmetic = context.arithmetic
    off = max(context.tolerance, ROUND_OFF) * np.asarray(scale) + slack
    low, high = arithmetic.lower(column) - off, arithmetic.upper(column) + off
    if np.any(high < 0):
        return None
    ends = Intervals(np.nextafter(np.maximum(low, 0.0), 0.0), np.nextafter(high, np.inf))
    found = _geometric(ends)
    return Figure.within(arithmetic.stored(found.low), arithmetic.stored(found.high), 0.0)


def _geometric(ends: Intervals) -> Intervals:
    """Return enclosures of exp of the average logarithm, shape ()."""
    positive = ends.low > 0
    inside = Intervals(np.where(positive, ends.low, ends.high), ends.high)
    if not np.all(ends.high > 0):
        return Intervals.point(np.zeros(()))
    size = ends.low.size
    found = INTERVALS.exponential(INTERVALS.total(INTERVALS.logarithm(inside)) / size)
    return found if positive.all() else Intervals(np.zeros(()), found.high)
