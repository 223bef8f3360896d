"""Outward-rounded intervals over whole arrays: two float64 arrays that certainly hold the numbers.

Sums and differences are rounded outwards exactly when they are inexact (the rounding error of an
addition is a double itself); products and quotients move by one double. Elementary functions of the
C library are trusted to `ELEMENTARY` units in the last place only, far more than they need.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

ELEMENTARY = 8
"""Units in the last place by which elementary functions may be off; libraries promise 1 to 4."""

UNIT = float(np.finfo(np.float64).eps)


_SILENT: ContextVar[bool] = ContextVar("_SILENT", default=False)


def quiet() -> AbstractContextManager[Any]:
    """Return the context in which NumPy does not speak of overflows and the like.

    Entering one costs as much as several operations on small arrays; inside of `Silence` it is
    silent already.
    """
    return nullcontext() if _SILENT.get() else np.errstate(all="ignore")


class Silence:
    """The context of a whole computation in intervals, which none of its operations has to enter.

    Examples
    --------
    >>> with Silence():
    ...     (Intervals.point([1e300]) * Intervals.point([1e300, 1.0])).high.tolist()
    [inf, 1.0000000000000002e+300]
    """

    def __enter__(self) -> None:
        self._state = np.errstate(all="ignore")
        self._state.__enter__()
        self._token = _SILENT.set(True)

    def __exit__(self, *error: object) -> None:
        _SILENT.reset(self._token)
        self._state.__exit__(None, None, None)


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
        low, high = ends_of(value)
        return cls.point(low) if low == high else cls(low, high)

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
        return self.mapped(lambda end: end[index])

    def __setitem__(self, index: Any, value: Any) -> None:
        """Replace a part of an array that owns its ends."""
        part = Intervals.of(value)
        self.low[index], self.high[index] = part.low, part.high

    def reshape(self, *shape: Any) -> Intervals:
        """Return the array in another shape."""
        return self.mapped(lambda end: end.reshape(*shape))

    def copy(self) -> Intervals:
        """Return an array that owns its ends."""
        return Intervals(self.low.copy(), self.high.copy())

    def mapped(self, change: Callable[[Floats], Any]) -> Intervals:
        """Return both ends after a change of layout, such as moving an axis."""
        if self.low is self.high:
            return Intervals.point(change(self.low))
        return Intervals(change(self.low), change(self.high))

    def __neg__(self) -> Intervals:
        """Return the negative: exact."""
        if self.low is self.high:
            return Intervals.point(-self.low)
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
        return _sum(self, Intervals.of(other))

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
        if self.low.size == 1 == right.low.size:
            return _single(_product, self, right)
        with quiet():
            if self.low.min(initial=0.0) >= 0 and right.low.min(initial=0.0) >= 0:
                least = self.low * right.low
                # Points stay points until the result is rounded.
                points = self.low is self.high and right.low is right.high
                most = least if points else self.high * right.high
            else:
                least, most = _extremes(np.multiply, self, right)
            # 0 times infinity is 0 here: an end that is infinite is never attained.
            return _outward(_no_nan(least), _no_nan(most), exact_zero=True)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Intervals:
        """Return the quotient; everything where the divisor may be 0."""
        right = Intervals.of(other)
        if self.low.size == 1 == right.low.size:
            return _single(_quotient, self, right)
        unknown = (right.low <= 0) & (right.high >= 0)
        with quiet():
            found = _outward(*_extremes(np.divide, self, right), exact_zero=True)
        if not unknown.any():
            return found
        return Intervals(
            np.where(unknown, -np.inf, found.low), np.where(unknown, np.inf, found.high)
        )

    def __rtruediv__(self, other: Any) -> Intervals:
        """Return a number divided by the array."""
        return Intervals.of(other) / self


def ends_of(value: Fraction) -> tuple[float, float]:
    """Return the closest doubles on both sides of an exact number."""
    nearest = float(value)
    top, bottom = nearest.as_integer_ratio()
    left, right = top * value.denominator, value.numerator * bottom
    if left > right:
        return math.nextafter(nearest, -math.inf), nearest
    return nearest, math.nextafter(nearest, math.inf) if left < right else nearest


def down(value: Any) -> Floats:
    """Return the next double below."""
    return np.asarray(np.nextafter(value, -np.inf))


def up(value: Any) -> Floats:
    """Return the next double above."""
    return np.asarray(np.nextafter(value, np.inf))


def _sum(left: Intervals, right: Intervals) -> Intervals:
    """Return sums rounded outwards, unchanged where they are exact."""
    if left.low.size == 1 == right.low.size:
        return _single(_total, left, right)
    if left.low is left.high and right.low is right.high:
        with quiet():
            total, error = _with_error(left.low, right.low)
        if not error.any():
            return Intervals.point(total)
    return Intervals(
        added(left.low, right.low, -np.inf),
        added(left.high, right.high, np.inf),
    )


def added(left: Floats, right: Floats, towards: float) -> Floats:
    """Return sums rounded towards an infinity, unchanged where they are exact."""
    with quiet():
        total, error = _with_error(left, right)
        inexact = (error < 0) if towards < 0 else (error > 0)
        moved = np.where(inexact, np.nextafter(total, towards), total) if inexact.any() else total
        unknown = np.isnan(error)
    if not unknown.any():
        return np.asarray(moved)
    # Infinite ends stay what they are; infinity less infinity says nothing.
    moved = np.where(unknown, np.nextafter(total, towards), moved)
    return np.where(np.isnan(total), towards, np.where(np.isinf(total), total, moved))


def _with_error(left: Any, right: Any) -> tuple[Any, Any]:
    """Return sums and what rounding took from them; not a number where a sum is not finite."""
    total = np.asarray(left + right)
    other = total - left
    return total, (left - (total - other)) + (right - other)


Ends = tuple[float, float]


def _single(
    operation: Callable[[Ends, Ends], Ends], left: Intervals, right: Intervals
) -> Intervals:
    """Return an operation on one interval each: Python's doubles are much faster than arrays."""
    low, high = operation(
        (left.low.item(), left.high.item()), (right.low.item(), right.high.item())
    )
    axes = max(left.low.ndim, right.low.ndim)
    if axes == 0:
        return Intervals(low, high)
    shape = (1,) * axes
    return Intervals(np.full(shape, low), np.full(shape, high))


def _total(left: Ends, right: Ends) -> Ends:
    found = []
    for a, b, towards in zip(left, right, (-math.inf, math.inf), strict=True):
        total = a + b
        other = total - a
        error = (a - (total - other)) + (b - other)
        if math.isnan(total):
            found.append(towards)
        elif math.isinf(total):
            found.append(total)
        elif math.isnan(error) or (error < 0 if towards < 0 else error > 0):
            found.append(math.nextafter(total, towards))
        else:
            found.append(total)
    return found[0], found[1]


def _product(left: Ends, right: Ends) -> Ends:
    ends = [a * b for a in left for b in right]
    # 0 times infinity is 0 here: an end that is infinite is never attained.
    return _moved([0.0 if math.isnan(end) else end for end in ends])


def _quotient(left: Ends, right: Ends) -> Ends:
    if right[0] <= 0 <= right[1]:
        return -math.inf, math.inf
    ends = [a / b for a in left for b in right]
    return _moved([0.0 if math.isnan(end) else end for end in ends])


def _moved(ends: list[float]) -> Ends:
    """Return the least and the largest of computed ends, one double outwards; 0 is exact."""
    low, high = min(ends), max(ends)
    if low == 0 == high:
        return 0.0, 0.0
    return math.nextafter(low, -math.inf), math.nextafter(high, math.inf)


def _extremes(operation: Any, left: Intervals, right: Intervals) -> tuple[Floats, Floats]:
    """Return the least and the largest result of an operation on the ends."""
    of_low = (left.low,) if left.low is left.high else (left.low, left.high)
    of_high = (right.low,) if right.low is right.high else (right.low, right.high)
    ends = [_no_nan(operation(a, b)) for a in of_low for b in of_high]
    least, most = ends[0], ends[0]
    for end in ends[1:]:
        least, most = np.minimum(least, end), np.maximum(most, end)
    return least, most


def _no_nan(end: Any) -> Floats:
    """Return ends with 0 in place of what is not a number."""
    unknown = np.isnan(end)
    return np.where(unknown, 0.0, end) if unknown.any() else np.asarray(end)


def _outward(low: Floats, high: Floats, *, exact_zero: bool = False) -> Intervals:
    lower, upper = down(low), up(high)
    if exact_zero:
        zero = (low == 0) & (high == 0)
        if zero.any():
            lower, upper = np.where(zero, 0.0, lower), np.where(zero, 0.0, upper)
    return Intervals(lower, upper)


def widened(low: Floats, high: Floats, units: Any = ELEMENTARY) -> Intervals:
    """Return computed ends moved outwards by units in the last place.

    Parameters
    ----------
    units : number or array
        Relative error of the ends, in units of 2^-52.
    """
    with quiet():
        lower = low - np.abs(low) * (units * UNIT)
        upper = high + np.abs(high) * (units * UNIT)
    return _outward(
        np.where(np.isnan(lower), -np.inf, lower), np.where(np.isnan(upper), np.inf, upper)
    )


def monotone(function: Callable[[Floats], Floats], argument: Intervals) -> Intervals:
    """Return an increasing elementary function of intervals."""
    with quiet():
        return widened(function(argument.low), function(argument.high))


def raised(base: Intervals, exponent: Fraction) -> Intervals:
    """Return base ** exponent for base >= 0; what rounding left below 0 counts as 0.

    An exponent that is no double is off by half a unit, which costs |log base| times that.
    """
    power = float(exponent)
    low, high = np.maximum(base.low, 0.0), np.maximum(base.high, 0.0)
    if power < 0:
        low, high = high, low
    with quiet():
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
