"""The best response of one agent: the best of the maxima of the utility's smooth pieces.

The benefit is concave between kinks, so the utility is too, and a piece's maximum is where the
slope stops being positive: the least such double.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from mdsolve.solver.bisection import boundary
from mdsolve.solver.own_payoff import OwnPayoff, unbounded
from mdsolve.tolerance import DEFAULT

Floats = npt.NDArray[np.float64]

RELATIVE = 4 * float(np.finfo(np.float64).eps)
TINY = float(np.finfo(np.float64).tiny)

DOUBLINGS = 300
"""Of contributions in search of an end; slopes of free data vanish in rounding beyond."""


def best_response(payoff: OwnPayoff, near: float = 0.0) -> float:
    """Return a best contribution, in samples.

    Parameters
    ----------
    payoff : OwnPayoff
    near : float
        Of contributions that only rounding tells apart, the one nearest to this: 0 takes the least,
        the present contribution lets the agent stay.

    Raises
    ------
    UnsupportedError
        If it is unbounded.
    """
    maxima = [_piece_maximum(payoff, low, high) for low, high in pairwise(payoff.ends.tolist())]
    points = np.unique(np.array([0.0, *maxima]))
    utilities = payoff.value(points)
    best = int(np.argmax(utilities))
    blur = DEFAULT.solve * float(payoff.size(points[best : best + 1])[0])
    close = points[utilities >= utilities[best] - blur]
    return float(close[np.argmin(np.abs(close - near))])


def _piece_maximum(payoff: OwnPayoff, low: float, high: float) -> float:
    """Return the maximiser on an interval on which the utility is concave."""
    if not payoff.rises(low):
        return low
    if np.isfinite(high):
        last = float(np.nextafter(high, low))  # the slope may jump at the kink itself
        return high if payoff.rises(last) else _falls(payoff, low, last)
    high = max(1.0, 2 * low)  # a guess: doubled here, narrowed to the last digit below
    for _ in range(DOUBLINGS):
        if not payoff.rises(high):
            return _falls(payoff, low, high)
        low, high = high, 2 * high
    raise unbounded(payoff.name)


def _falls(payoff: OwnPayoff, low: float, high: float) -> float:
    """Return the least double from which on a falling slope is not positive.

    The slope is positive at `low` and not at `high`. Brent's method comes close in few evaluations;
    the double itself is found by bisection of a narrow interval around that.
    """
    from scipy.optimize import brentq

    slopes = payoff.slope(np.array([low, high]))
    if np.all(np.isfinite(slopes)):
        root = float(brentq(_slope_of(payoff), low, high, xtol=TINY, rtol=RELATIVE, disp=False))
        width = float(np.spacing(root))
        below, above = root, root
        while below > low and not payoff.rises(below):
            below, above, width = max(low, below - width), below, 2 * width
        while above < high and payoff.rises(above):
            below, above, width = above, min(high, above + width), 2 * width
        low, high = below, above
    return boundary(payoff.rises, low, high)[1]


def _slope_of(payoff: OwnPayoff) -> Callable[[float], float]:
    return lambda own: float(payoff.slope(np.array([own]))[0])
