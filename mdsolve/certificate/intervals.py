"""Outward-rounded intervals over whole arrays: two float64 arrays that certainly hold the numbers.

Sums and differences are rounded outwards exactly when they are inexact (the rounding error of an
addition is a double itself); products and quotients move by one double. Elementary functions of the
C library are trusted to `ELEMENTARY` units in the last place only, far more than they need.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

ELEMENTARY = 8
"""Units in the last place by which elementary functions may be off; libraries promise 1 to 4."""

UNIT = float(np.finfo(np.float64).eps)


class Intervals:
    """An array of closed intervals [low, high] of one shape.

    Parameters
    ----------
    low, high : arrays of doubles of one shape
        Ends, low <= high; infinite where nothing is known.

    Examples
    --------
    >>> third = Intervals.point([1.0]) / Intervals.point([3.0])
    >>> bool(third.low[0] < 1 / 3 <= third.high[0])
    True
    >>> (Intervals.point([2.0]) - Intervals.point([2.0])).high.tolist()
    [0.0]
    """

    __slots__ = ("high", "low")
    __array_ufunc__ = None

    def __init__(self, low: Any, high: Any) -> None:
        self.low: Floats = np.asarray(low, dtype=np.float64)
        self.high: Floats = np.asarray(high, dtype=np.float64)

    @classmethod
    def point(cls, values: Any) -> Intervals:
        """Return intervals of one number each."""
        found = np.asarray(values, dtype=np.float64)
        return cls(found, found)

    @classmethod
    def around(cls, value: Fraction) -> Intervals:
        """Return the smallest interval of doubles that holds an exact number."""
        nearest = float(value)
        if Fraction(nearest) == value:
            return cls.point(nearest)
        above = Fraction(nearest) > value
        return cls(down(nearest) if above else nearest, nearest if above else up(nearest))

    @classmethod
    def of(cls, value: Any) -> Intervals:
        """Return a number, an array of numbers or intervals as intervals."""
        if isinstance(value, Intervals):
            return value
        return cls.around(value) if isinstance(value, Fraction) else cls.point(value)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        return self.low.shape

    @property
    def size(self) -> int:
        """Number of intervals."""
        return self.low.size

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.low.ndim

    @property
    def T(self) -> Intervals:  # noqa: N802 - as NumPy names it
        """The transposed array."""
        return Intervals(self.low.T, self.high.T)

    def __len__(self) -> int:
        """Return the length of the first axis."""
        return len(self.low)

    def __repr__(self) -> str:
        """Return both ends."""
        return f"Intervals({self.low!r}, {self.high!r})"

    def __getitem__(self, index: Any) -> Intervals:
        """Return a part, by any index that NumPy knows."""
        return Intervals(self.low[index], self.high[index])

    def __setitem__(self, index: Any, value: Any) -> None:
        """Replace a part of an array that owns its ends."""
        part = Intervals.of(value)
        self.low[index], self.high[index] = part.low, part.high

    def reshape(self, *shape: Any) -> Intervals:
        """Return the array in another shape."""
        return Intervals(self.low.reshape(*shape), self.high.reshape(*shape))

    def copy(self) -> Intervals:
        """Return an array that owns its ends."""
        return Intervals(self.low.copy(), self.high.copy())

    def mapped(self, change: Callable[[Floats], Any]) -> Intervals:
        """Return both ends after a change of layout, such as moving an axis."""
        return Intervals(change(self.low), change(self.high))

    def __neg__(self) -> Intervals:
        """Return the negative: exact."""
        return Intervals(-self.high, -self.low)

    def __pos__(self) -> Intervals:
        """Return the array itself."""
        return self

    def __abs__(self) -> Intervals:
        """Return absolute values: exact."""
        straddles = (self.low < 0) & (self.high > 0)
        ends = np.abs(self.low), np.abs(self.high)
        return Intervals(np.where(straddles, 0.0, np.minimum(*ends)), np.maximum(*ends))

    def __add__(self, other: Any) -> Intervals:
        """Return the sum."""
        right = Intervals.of(other)
        return Intervals(added(self.low, right.low, -np.inf), added(self.high, right.high, np.inf))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Intervals:
        """Return the difference."""
        return self + (-Intervals.of(other))

    def __rsub__(self, other: Any) -> Intervals:
        """Return the difference from a number."""
        return Intervals.of(other) - self

    def __mul__(self, other: Any) -> Intervals:
        """Return the product."""
        right = Intervals.of(other)
        with np.errstate(invalid="ignore", over="ignore"):
            if np.all(self.low >= 0) and np.all(right.low >= 0):
                ends = [self.low * right.low, self.high * right.high]
            else:
                ends = [a * b for a in (self.low, self.high) for b in (right.low, right.high)]
        # 0 times infinity is 0 here: an end that is infinite is never attained.
        known = [np.where(np.isnan(end), 0.0, end) for end in ends]
        least, most = known[0], known[0]
        for end in known[1:]:
            least, most = np.minimum(least, end), np.maximum(most, end)
        return _outward(least, most, exact_zero=True)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Intervals:
        """Return the quotient; everything where the divisor may be 0."""
        right = Intervals.of(other)
        unknown = (right.low <= 0) & (right.high >= 0)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            ends = [a / b for a in (self.low, self.high) for b in (right.low, right.high)]
        known = [np.where(np.isnan(end), 0.0, end) for end in ends]
        least, most = known[0], known[0]
        for end in known[1:]:
            least, most = np.minimum(least, end), np.maximum(most, end)
        found = _outward(least, most, exact_zero=True)
        return Intervals(
            np.where(unknown, -np.inf, found.low), np.where(unknown, np.inf, found.high)
        )

    def __rtruediv__(self, other: Any) -> Intervals:
        """Return a number divided by the array."""
        return Intervals.of(other) / self


def down(value: Any) -> Floats:
    """Return the next double below."""
    return np.asarray(np.nextafter(value, -np.inf))


def up(value: Any) -> Floats:
    """Return the next double above."""
    return np.asarray(np.nextafter(value, np.inf))


def added(left: Floats, right: Floats, towards: float) -> Floats:
    """Return sums rounded towards an infinity, unchanged where they are exact."""
    with np.errstate(invalid="ignore", over="ignore"):
        total = np.asarray(left + right)
        other = total - left
        error = (left - (total - other)) + (right - other)
    inexact = (error < 0) if towards < 0 else (error > 0)
    moved = np.where(inexact | np.isnan(error), np.nextafter(total, towards), total)
    # Infinite ends stay what they are; infinity less infinity says nothing.
    return np.where(np.isnan(total), towards, np.where(np.isinf(total), total, moved))


def _outward(low: Floats, high: Floats, *, exact_zero: bool = False) -> Intervals:
    lower, upper = down(low), up(high)
    if exact_zero:
        lower = np.where((low == 0) & (high == 0), 0.0, lower)
        upper = np.where((low == 0) & (high == 0), 0.0, upper)
    return Intervals(lower, upper)


def widened(low: Floats, high: Floats, units: Any = ELEMENTARY) -> Intervals:
    """Return computed ends moved outwards by units in the last place.

    Parameters
    ----------
    units : number or array
        Relative error of the ends, in units of 2^-52.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        lower = low - np.abs(low) * (units * UNIT)
        upper = high + np.abs(high) * (units * UNIT)
    return _outward(
        np.where(np.isnan(lower), -np.inf, lower), np.where(np.isnan(upper), np.inf, upper)
    )


def monotone(function: Callable[[Floats], Floats], argument: Intervals) -> Intervals:
    """Return an increasing elementary function of intervals."""
    with np.errstate(all="ignore"):
        return widened(function(argument.low), function(argument.high))


def raised(base: Intervals, exponent: Fraction) -> Intervals:
    """Return base ** exponent for base >= 0; what rounding left below 0 counts as 0.

    An exponent that is no double is off by half a unit, which costs |log base| times that.
    """
    power = float(exponent)
    low, high = np.maximum(base.low, 0.0), np.maximum(base.high, 0.0)
    if power < 0:
        low, high = high, low
    with np.errstate(all="ignore"):
        ends = np.power(low, power), np.power(high, power)
        logs = [np.where(x > 0, np.abs(np.log(np.where(x > 0, x, 1.0))), 0.0) for x in (low, high)]
    extra = 0.0 if Fraction(power) == exponent else abs(power) * np.maximum(*logs)
    found = widened(*ends, ELEMENTARY + extra)
    return Intervals(np.maximum(found.low, 0.0), found.high)


def total(array: Intervals, axis: int) -> Intervals:
    """Return sums along an axis, halves first: the rounding grows with the logarithm only."""
    moved = array.mapped(lambda end: np.moveaxis(end, axis, 0))
    if len(moved) == 0:
        return Intervals.point(np.zeros(moved.shape[1:]))
    while len(moved) > 1:
        half = len(moved) // 2
        paired = moved[:half] + moved[half : 2 * half]
        if len(moved) % 2:
            paired = joined([paired, moved[2 * half :]])
        moved = paired
    return moved[0]


def joined(parts: list[Intervals]) -> Intervals:
    """Return arrays one after the other along the first axis."""
    return Intervals(
        np.concatenate([part.low for part in parts]), np.concatenate([part.high for part in parts])
    )
