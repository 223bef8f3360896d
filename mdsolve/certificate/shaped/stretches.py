"""Where concave functions reach a level, and stretches on which an expected worth is concave.

w(m) = q E[v(m + others)] is concave wherever every possible total lies on one piece of v. Between
the amounts at which a total crosses a threshold there are such stretches; the crossings themselves,
known as doubles only, are left out as gaps a few units in the last place wide.

A concave function is below a level beyond a point at which it is below and does not rise (before
one at which it does not fall). Points come from doubles; a wrong one is moved outwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.peaks import DOUBLINGS, Concave, summit
from mdsolve.certificate.shaped.outlook import Outlook

Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

WIDENINGS = 60
"""How often an outer end is moved outwards, fourfold each time."""

NEAR_ZERO = 16
"""Halvings after which an end that is 0 still is approached by its exponent."""

ULPS = 64
"""Half the width of a gap, in units in the last place of the totals there."""


@dataclass(frozen=True)
class Level:
    """Outer ends of where concave functions are at least at a level, (rows,) each.

    Parameters
    ----------
    low, high : (rows,) of doubles
        Outside [low, high] the level is certainly missed, where `found`.
    empty : (rows,) of bool
        Where it is missed everywhere.
    found : (rows,) of bool
    """

    low: Floats
    high: Floats
    empty: Booleans
    found: Booleans


def level_of(function: Concave, hint: Concave, level: Quantity, most: Quantity) -> Level:
    """Return outer ends of {f >= level}.

    Parameters
    ----------
    level : (rows,)
        Its lower end counts.
    most : (rows,)
        Enclosures of the largest values of f.
    """
    arithmetic = function.arithmetic
    start, end = hint.limits()
    aim = np.asarray(arithmetic.lower(level), dtype=np.float64)
    empty = arithmetic.less(most, arithmetic.stored(aim)).holds
    top = np.clip(summit(hint), start, end)
    left, left_found = _outer(function, hint, aim, top, start, -1)
    right, right_found = _outer(function, hint, aim, top, end, 1)
    return Level(left, right, empty, empty | (left_found & right_found))


def _outer(
    function: Concave, hint: Concave, aim: Floats, top: Floats, limit: Floats, side: int
) -> tuple[Floats, Booleans]:
    """Return points from which outwards f certainly misses the level, or the limits."""
    arithmetic = function.arithmetic
    guess = _root(hint, aim, top, limit, side)
    step = np.spacing(np.maximum(np.abs(guess), np.abs(top)))
    found = np.zeros(len(top), dtype=np.bool_)
    at = guess
    for _ in range(WIDENINGS):
        beyond = (at >= limit) if side > 0 else (at <= limit)
        at = np.where(beyond, limit, at)
        inner = np.where(np.isfinite(at), at, top)
        place = arithmetic.stored(inner)
        misses = arithmetic.less(function.value(place), arithmetic.stored(aim)).holds
        slope = function.slope(place, "right" if side > 0 else "left")
        zero = arithmetic.zeros(len(top))
        away = arithmetic.at_most(slope, zero) if side > 0 else arithmetic.at_most(zero, slope)
        found = beyond | (misses & away.holds & np.isfinite(at))
        if found.all():
            break
        at = np.where(found, at, at + side * step)
        step = np.where(found, step, 4 * step)
    return at, found


def _root(hint: Concave, aim: Floats, top: Floats, limit: Floats, side: int) -> Floats:
    """Return about where a concave function of doubles leaves a level, going outwards from top."""

    def reached(x: Floats) -> Booleans:
        with np.errstate(all="ignore"):
            return np.asarray(hint.value(x) >= aim, dtype=np.bool_)

    near = np.where(np.isfinite(top), top, 0.0)
    step = np.maximum(np.abs(near), np.spacing(1.0))
    far = np.where(np.isfinite(limit), limit, near + step)
    growing = ~np.isfinite(limit) & reached(far)
    for _ in range(DOUBLINGS):
        if not growing.any():
            break
        step = np.where(growing, 2 * step, step)
        with np.errstate(over="ignore"):
            far = np.where(growing, near + side * step, far)
        growing = growing & np.isfinite(far) & reached(np.where(np.isfinite(far), far, near))
    inside = reached(far)
    good, bad = near, far
    for halvings in range(DOUBLINGS):
        middle = good + 0.5 * (bad - good)
        if halvings > NEAR_ZERO:
            # Towards 0 the exponent is halved, not the number: 0 itself is a few steps away.
            middle = np.where((good == 0) | (bad == 0), _halfway(good, bad), middle)
        between = (np.minimum(good, bad) < middle) & (middle < np.maximum(good, bad))
        if not between.any():
            break
        holds = reached(middle)
        good, bad = np.where(between & holds, middle, good), np.where(between & ~holds, middle, bad)
    return np.where(inside, far, bad)


def _halfway(first: Floats, second: Floats) -> Floats:
    """Return numbers with as many doubles between them and 0 as on their other side.

    One of each two ends is 0.
    """
    end = first + second
    bits = np.abs(end).view(np.int64) >> 1
    return np.copysign(bits.view(np.float64), end)


def threshold(outlook: Outlook) -> float | None:
    """Return about where v leaves its first, constant piece; None for a concave curve.

    Raises
    ------
    NoRouteError
        For more pieces, or a first one that is not constant.
    """
    pieces = outlook.rounded.pieces
    if len(pieces) == 1:
        return None
    arithmetic = outlook.pool.arithmetic
    first = outlook.pool.pieces[0]
    flat = first.slope(first.start + arithmetic.zeros(1), "right")
    if len(pieces) > 2 or np.any(arithmetic.upper(flat) > 0):
        message = "a curve with more than one threshold"
        raise NoRouteError(message)
    start = float(pieces[1].start)
    nothing = float(np.asarray(pieces[0].value(np.zeros(1)))[0])

    def above(y: float) -> bool:
        return float(np.asarray(pieces[1].value(np.array([y])))[0]) > nothing

    low, high = start, 2 * start
    if above(low):
        return low
    while not above(high) and np.isfinite(high):
        low, high = high, 2 * high
    while low < (middle := 0.5 * (low + high)) < high:
        low, high = (low, middle) if above(middle) else (middle, high)
    return high


def stretches(outlook: Outlook, most: Floats) -> list[list[tuple[float, float]]]:
    """Return, for every row, the stretches of [0, most] on which w should be concave.

    Parameters
    ----------
    most : (rows,)
        Infinite where there is no end.
    """
    kink = threshold(outlook)
    if kink is None:
        return [[(0.0, end)] for end in most.tolist()]
    amounts = np.broadcast_to(outlook.plain.amounts, (outlook.size, outlook.amounts.shape[1]))
    width = ULPS * float(np.spacing(2 * kink))
    found = []
    for row, end in enumerate(most.tolist()):
        moved = np.unique(kink - amounts[row])
        inside = moved[(moved > -width) & (moved < end + width)]
        parts, start = [], 0.0
        for place in inside.tolist():
            if place - width > start:
                parts.append((start, min(place - width, end)))
            start = max(start, place + width)
        if start < end or not parts:
            parts.append((min(start, end), end))
        found.append(parts)
    return found


def concave_on(outlook: Outlook, start: Quantity, end: Quantity, ended: Booleans) -> Booleans:
    """Tell where every possible total certainly lies on one piece of v on [start, end], (rows,)."""
    arithmetic = outlook.pool.arithmetic
    if len(outlook.pool.pieces) == 1:
        return np.ones(outlook.size, dtype=np.bool_)
    first, second = outlook.pool.pieces
    low = start.reshape(-1, 1) + outlook.amounts
    high = end.reshape(-1, 1) + outlook.amounts
    nothing = first.value(low)

    def value(y: Quantity) -> Quantity:
        return second.value(arithmetic.maximum(y, second.start))

    live = (
        arithmetic.at_most(second.start, low).holds & arithmetic.at_most(nothing, value(low)).holds
    )
    dead = arithmetic.at_most(value(high), nothing).holds & ended.reshape(-1, 1)
    return np.asarray((live | dead).all(axis=1), dtype=np.bool_)
