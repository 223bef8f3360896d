"""The best response of one agent: the best of the maxima of the utility's smooth pieces.

Where the benefit is concave between kinks, so is the utility, and a piece's maximum is where the
slope stops being positive: the least such double. Elsewhere every piece is searched on grids, the
most promising ones further, and the slope's change of sign beside the best point settles its
digits.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from mdsolve.solver.bisection import boundary
from mdsolve.solver.own_payoff import OwnPayoff, unbounded
from mdsolve.tolerance import DEFAULT

Floats = npt.NDArray[np.float64]

RELATIVE = 4 * float(np.finfo(np.float64).eps)
TINY = float(np.finfo(np.float64).tiny)

DOUBLINGS = 300
"""Of contributions in search of an end; slopes of free data vanish in rounding beyond."""

GRID = 33
"""Points per piece from which the best response is searched."""

PIECES = 3
"""Pieces with the best points that are searched further."""

ZOOMS = 6
"""Rounds of refinement by utility, each by a factor of 8; flat tops show no more digits."""

ROUGH = 2
"""Rounds of these before slopes take over: rounding hides the top from utilities later."""

SECTIONS, PARTS = 9, 64
"""Rounds of refinement by slope and parts in each: to the last bits of a double."""


def best_response(payoff: OwnPayoff, near: float = 0.0, *, refine: bool = True) -> float:
    """Return a best contribution, in samples.

    Parameters
    ----------
    payoff : OwnPayoff
    near : float
        Of contributions that only rounding tells apart, the one nearest to this: 0 takes the least,
        the present contribution lets the agent stay. Pieces that are not concave have one
        candidate.
    refine : bool
        Whether to find the contribution to the last bits, not only its utility; for pieces that
        are not concave.

    Raises
    ------
    UnsupportedError
        If it is unbounded.
    """
    if not payoff.benefit.concave:
        return _searched(payoff, refine=refine)
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


def _searched(payoff: OwnPayoff, *, refine: bool) -> float:
    """Return the best contribution that grids on all pieces find."""
    steps = (1 - np.cos(np.pi * np.arange(GRID) / (GRID - 1))) / 2
    places = [low + (high - low) * steps for low, high in pairwise(payoff.ends.tolist())]
    if not places:
        return 0.0
    found = payoff.value(np.concatenate(places)).reshape(-1, GRID)
    tops = [
        _zoomed(payoff, places[piece], found[piece], ROUGH if refine else ZOOMS)
        for piece in np.argsort(-found.max(axis=1))[:PIECES]
    ]
    low, own, high, _ = max(tops, key=lambda top: top[3])
    return _stationary(payoff, low, high, own) if refine else own


def _zoomed(
    payoff: OwnPayoff, points: Floats, utilities: Floats, rounds: int
) -> tuple[float, float, float, float]:
    """Return the best of some points on finer and finer grids: (before, it, after, utility)."""
    for _ in range(rounds):
        top = int(np.argmax(utilities))
        low, high = points[max(top - 1, 0)], points[min(top + 1, len(points) - 1)]
        points = np.unique(np.append(np.linspace(low, high, 17), points[top]))
        utilities = payoff.value(points)
    top = int(np.argmax(utilities))
    low, high = points[max(top - 1, 0)], points[min(top + 1, len(points) - 1)]
    return float(low), float(points[top]), float(high), float(utilities[top])


def _stationary(payoff: OwnPayoff, low: float, high: float, otherwise: float) -> float:
    """Return where the slope changes sign between two points, or the better end."""
    left, right = low, high
    for section in range(SECTIONS):
        points = np.linspace(low, high, PARTS + 1)[1:-1]
        rising = payoff.slope(points) > 0
        last = np.count_nonzero(rising)
        if not np.all(rising[:last]):
            if section == 0:
                return otherwise
            break  # Only rounding is left.
        low, high = (
            points[last - 1] if last else low,
            points[last] if last < len(points) else high,
        )
    if right in (low, high):
        return right
    return left if left in (low, high) else float(0.5 * (low + high))
