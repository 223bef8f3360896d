"""Best responses, of one agent or of all: the best of the maxima of a utility's smooth pieces.

The benefit is concave between kinks, so the utility is too, and a piece's maximum is where the
slope stops being positive: the least such double.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from mdsolve.solver.bisection import boundaries, crossings
from mdsolve.solver.equilibrium.stakes import AccuracyStakes
from mdsolve.solver.own_payoff import OwnPayoff, unbounded
from mdsolve.tolerance import DEFAULT

Floats = npt.NDArray[np.float64]

Slope = Callable[[Floats], Floats]

CLOSE = 4 * float(np.finfo(np.float64).eps)
"""Relative width of what interpolation leaves to halving."""

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

    The slope is positive at `low` and not at `high`.
    """
    return float(_falling(payoff.slope, np.array([low]), np.array([high]))[0])


def best_responses(stakes: AccuracyStakes, s: Floats) -> Floats:
    """Return what every agent would answer to the others' contributions, all at once.

    Parameters
    ----------
    stakes : AccuracyStakes
    s : (n,)
        Everybody's contributions; an own entry plays no part in the own answer.

    Returns
    -------
    (n,)
        As `best_response` finds them: of answers that only rounding tells apart, the least.

    Raises
    ------
    UnsupportedError
        If somebody would contribute without end.
    """
    game, borne = stakes.game, stakes.borne

    def slope(own: Floats) -> Floats:
        return game.value * game.accuracy.unilateral_slopes(s, own) - borne.slope(own)

    ends = _ends(stakes, s)
    maxima = [_piece_maxima(slope, low, high, game.agents) for low, high in pairwise(ends.T)]
    points = np.column_stack([np.zeros(game.size), *maxima])
    benefits, costs = np.empty_like(points), np.empty_like(points)
    for k, own in enumerate(points.T):
        benefits[:, k] = game.value * game.accuracy.unilateral_values(s, own)
        costs[:, k] = borne.value(own)
    utilities, row = benefits - costs, np.arange(game.size)
    best = np.argmax(utilities, axis=1)
    blur = DEFAULT.solve * (np.abs(benefits) + np.abs(costs))[row, best]
    close = utilities >= (utilities[row, best] - blur)[:, None]
    return np.asarray(np.where(close, points, np.inf).min(axis=1))


def _ends(stakes: AccuracyStakes, s: Floats) -> Floats:
    """Return ends of pieces on which utilities are smooth; short rows begin with further zeros."""
    game = stakes.game
    if game.accuracy.smooth and not stakes.borne.shapes:
        return np.column_stack([np.zeros(game.size), game.capacity])
    rows = [stakes.own(s, agent).ends for agent in range(game.size)]
    ends = np.zeros((game.size, max(2, *map(len, rows))))
    for k, row in enumerate(rows):
        ends[k, -len(row) :] = row
    return ends


def _piece_maxima(slope: Slope, low: Floats, high: Floats, names: Sequence[str]) -> Floats:
    """Return the maximisers on one interval for each agent, on which utilities are concave."""
    endless, rising = ~np.isfinite(high), slope(low) > 0
    last = np.where(endless, np.maximum(1.0, 2 * low), np.nextafter(high, low))
    for _ in range(DOUBLINGS):
        climbing = endless & rising & (slope(last) > 0)
        if not climbing.any():
            break
        low, last = np.where(climbing, last, low), np.where(climbing, 2 * last, last)
    else:
        raise unbounded(names[int(np.argmax(climbing))])
    full = ~endless & (slope(last) > 0)
    inside = rising & ~full
    within = _falling(slope, np.where(inside, low, last), last) if inside.any() else last
    return np.where(~rising, low, np.where(full, high, within))


def _falling(slope: Slope, low: Floats, high: Floats) -> Floats:
    """Return the least doubles from which on falling slopes are not positive, shape (k,).

    They are positive at `low` and not at `high`, unless both are one. Chandrupatla's method comes
    close in few evaluations; the doubles themselves are found by halving what is left.
    """
    near = crossings(slope, low, high, CLOSE)
    rising = slope(near) > 0
    below = np.where(rising, near, np.maximum(low, near * (1 - CLOSE)))
    above = np.where(rising, np.minimum(high, near * (1 + CLOSE)), near)
    straddled = (slope(below) > 0) & (slope(above) <= 0)
    below, above = np.where(straddled, below, low), np.where(straddled, above, high)
    return boundaries(lambda own: slope(own) > 0, below, above)[1]
