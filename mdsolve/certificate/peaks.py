"""Maxima of concave functions, of all agents at once: enclosed, and located.

If the slope is not negative at l (or l is the start) and not positive at h (or h is the end), a
maximiser lies in [l, h], and every value there is at most

    u(l) + u'(l+)^+ (h - l)   and   u(h) + u'(h-)^- (h - l),

the tangents at both ends. Where both slopes are strict, every maximiser lies there. Hints (where to
look) come from doubles; a wrong hint can only make a bracket fail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.curves import Side

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

DOUBLINGS = 1100
"""Enough doublings to leave the range of doubles."""

MOST_HALVINGS = 1200
"""Halvings of any double that give 0."""

WIDENINGS = 60
"""How often a bracket around a hint is widened fourfold."""


@dataclass(frozen=True)
class Concave:
    """A concave function of each agent's own contribution on [start, end].

    Parameters
    ----------
    start : (n,)
    end : (n,)
        0 where there is no end, which `ended` tells.
    """

    arithmetic: Arithmetic
    start: Quantity
    end: Quantity
    ended: Booleans
    value: Callable[[Quantity], Quantity]
    slope: Callable[[Quantity, Side], Quantity]

    def limits(self) -> tuple[Floats, Floats]:
        """Return starts and ends as doubles, infinite where there is no end."""
        near = self.arithmetic.nearest
        return near(self.start), np.where(self.ended, near(self.end), np.inf)


STRICTER = 3
"""How often a bracket is widened to tell whether every maximum lies inside."""


@dataclass(frozen=True)
class Peak:
    """What is certain of the maxima of n functions.

    Parameters
    ----------
    value : (n,)
        Encloses each maximum, where `found`; a bound from above in exact arithmetic.
    reached : (n,)
        What is certainly reached, and so a bound from below, where `found`.
    low, high : (n,)
        Some maximiser lies in [low, high], where `found`.
    found : (n,) of bool
    only : (n,) of bool
        Where every maximiser lies there.
    """

    value: Quantity
    reached: Quantity
    low: Quantity
    high: Quantity
    found: Booleans
    only: Booleans


def summit(hint: Concave) -> Floats:
    """Return about where concave functions of doubles are largest, shape (n,); infinite if nowhere.

    Parameters
    ----------
    hint : Concave
        In floats.
    """
    low, end = hint.limits()
    low = np.asarray(low, dtype=np.float64)
    step = np.where(np.isfinite(end), end - low, np.maximum(np.abs(low), 1.0))
    high = np.minimum(low + step, end)
    rising = _climbs(hint, high) & (high < end)
    for _ in range(DOUBLINGS):
        if not rising.any():
            break
        with np.errstate(over="ignore"):
            step = np.where(rising, 2 * step, step)
            high = np.minimum(np.where(rising, low + step, high), end)
        rising = _climbs(hint, high) & (high < end) & np.isfinite(high)
    # Towards an end at 0 the exponent is halved, not the number: 0 itself is a few steps away.
    shift = np.ones(low.shape, dtype=np.int64)
    for _ in range(DOUBLINGS):
        middle = np.where(low == 0, np.ldexp(high, -shift), low + 0.5 * (high - low))
        inside = (low < middle) & (middle < high)
        if not inside.any():
            break
        climbs = _climbs(hint, np.where(inside, middle, low))
        # Nothing is left between 0 and what a longer step would give.
        shift = np.where(climbs, 1, np.minimum(2 * shift, MOST_HALVINGS))
        low = np.where(inside & climbs, middle, low)
        high = np.where(inside & ~climbs, middle, high)
    return high


def _climbs(hint: Concave, at: Floats) -> Booleans:
    with np.errstate(all="ignore"):
        return np.asarray(hint.slope(at, "right") > 0, dtype=np.bool_)


def peak(function: Concave, hint: Concave, guess: Floats, width: Floats) -> Peak:
    """Return enclosures of maxima and of where they are.

    Parameters
    ----------
    function, hint : Concave
        The same functions, in the arithmetic of the answer and in floats.
    guess, width : (n,)
        Where a first bracket is tried, in samples, and how far it reaches to both sides.
    """
    tried = _bracket(function, guess, width)
    if tried.sides.all():
        return _enclosed(function, tried)
    start, end = hint.limits()
    top = summit(hint)
    place = np.where(tried.sides, guess, np.clip(top, start, end))
    size = np.where(np.isfinite(place), np.abs(place), 0.0)
    reach = np.where(tried.sides, width, 4 * np.spacing(np.maximum(size, width)))
    for _ in range(WIDENINGS):
        tried = _bracket(function, place, reach)
        if tried.sides.all():
            break
        reach = np.where(tried.sides, reach, 4 * reach)
    return _enclosed(function, _stricter(function, place, reach, tried))


def _stricter(function: Concave, place: Floats, reach: Floats, found: _Bracket) -> _Bracket:
    """Return brackets a little wider where only those tell that every maximum lies inside.

    A slope whose enclosure ends at exactly 0 says that some maximum does, and not that all do.
    """
    for _ in range(STRICTER):
        open_ends = found.sides & ~found.strict
        if not open_ends.any():
            break
        reach = np.where(open_ends, 4 * reach, reach)
        wider = _bracket(function, place, reach)
        better, arithmetic = open_ends & wider.strict, function.arithmetic
        found = _Bracket(
            arithmetic.where(better, wider.low, found.low),
            arithmetic.where(better, wider.high, found.high),
            found.sides,
            found.strict | better,
        )
    return found


def peak_at(function: Concave, guess: Floats, width: Floats) -> Peak:
    """Return what brackets around guesses say alone; not `found` where the maximum is elsewhere."""
    return _enclosed(function, _bracket(function, guess, width))


@dataclass(frozen=True)
class _Bracket:
    low: Quantity
    high: Quantity
    sides: Booleans
    strict: Booleans


def _bracket(function: Concave, place: Floats, reach: Floats) -> _Bracket:
    """Return intervals around places with what their slopes say."""
    arithmetic = function.arithmetic
    start, end = function.limits()
    usable = np.isfinite(place)
    near = np.where(usable, place, start)
    below, above = np.maximum(near - reach, 0.0), near + reach
    at_start, at_end = below <= start, function.ended & (above >= end)
    first, last = arithmetic.stored(below), arithmetic.stored(above)
    # Neither end leaves what can be chosen: a place may be the double just above a capacity of 0.1.
    first = arithmetic.where(function.ended, arithmetic.minimum(first, function.end), first)
    low = arithmetic.where(at_start, function.start, first)
    high = arithmetic.where(at_end, function.end, arithmetic.maximum(last, function.start))
    zero = arithmetic.zeros(place.shape)
    left, right = function.slope(low, "left"), function.slope(high, "right")
    rises, falls = arithmetic.at_most(zero, left).holds, arithmetic.at_most(right, zero).holds
    up, down = arithmetic.less(zero, left).holds, arithmetic.less(right, zero).holds
    # A start beyond the end leaves nothing to choose: the start itself.
    sides = (at_start | rises) & (at_end | falls) & usable
    strict = (at_start | up) & (at_end | down) & usable
    return _Bracket(low, high, sides, strict)


def _enclosed(function: Concave, bracket: _Bracket) -> Peak:
    arithmetic = function.arithmetic
    low, high = bracket.low, bracket.high
    zero = arithmetic.zeros(bracket.sides.shape)
    run = arithmetic.maximum(high - low, zero)
    left, right = function.value(low), function.value(high)
    rise = arithmetic.maximum(function.slope(low, "right"), zero)
    fall = arithmetic.maximum(-function.slope(high, "left"), zero)
    above = arithmetic.minimum(left + rise * run, right + fall * run)
    reached = arithmetic.maximum(left, right)
    above = arithmetic.maximum(above, reached)
    # A fraction encloses nothing: in exact arithmetic the bound from above stands for the maximum.
    value = above if arithmetic.exact else arithmetic.between(reached, above)
    return Peak(value, reached, low, high, bracket.sides, bracket.strict)


def earlier(
    arithmetic: Arithmetic,
    first: tuple[Quantity, Booleans],
    second: tuple[Quantity, Booleans],
) -> tuple[Quantity, Booleans]:
    """Return the smaller of two ends, either of which may not be there."""
    both = first[1] & second[1]
    least = arithmetic.minimum(first[0], second[0])
    either = arithmetic.where(first[1], first[0], second[0])
    return arithmetic.where(both, least, either), first[1] | second[1]
