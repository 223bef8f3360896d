"""The number systems of the checker, behind one interface: every condition is written once.

Exact fractions decide everything rational. Where roots and exponentials enter, outward-rounded
intervals over whole arrays enclose the numbers; where those are too wide, balls of 128 bits do.
Floats are there by name only and prove nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from fractions import Fraction
from typing import Any, cast

import flint
import numpy as np
import numpy.typing as npt

from mdsolve.certificate import intervals
from mdsolve.certificate.arithmetic import Arithmetic, Booleans, Floats, Quantity, Truth
from mdsolve.certificate.intervals import Intervals, Silence, down, ends_of, up
from mdsolve.certificate.rationals import (
    IrrationalError,
    as_stored,
    as_written,
    each,
    ends,
    hull,
    larger,
    objects,
    only_at,
    rational_root,
)
from mdsolve.conditions import ArithmeticName
from mdsolve.instance.numbers import exact_number

__all__ = [
    "BALLS",
    "EXACT",
    "FLOAT",
    "INTERVALS",
    "Arithmetic",
    "BallArithmetic",
    "Booleans",
    "FloatArithmetic",
    "Floats",
    "IntervalArithmetic",
    "Quantity",
    "RationalArithmetic",
    "Truth",
]

_erf = np.vectorize(math.erf, otypes=[np.float64])
"""erf of doubles, by the C library: off by less than a unit in the last place."""

BALL_BITS = 128
"""Working precision of balls."""


class FloatArithmetic(Arithmetic):
    """IEEE doubles: fast, and no proof."""

    name: ArithmeticName = "float"

    def context(self) -> AbstractContextManager[Any]:
        """Compute without a word of NumPy: what is no number decides nothing."""
        return np.errstate(all="ignore")

    def written(self, values: Any) -> Quantity:
        """Return the nearest doubles."""
        return np.asarray(values, dtype=np.float64)

    stored = written

    def power(self, base: Quantity, exponent: Fraction) -> Quantity:
        """Return base ** exponent."""
        return np.power(np.maximum(base, 0.0), float(exponent))

    def exponential(self, argument: Quantity) -> Quantity:
        """Return exp(argument)."""
        return np.exp(argument)

    def exponential_less_one(self, argument: Quantity) -> Quantity:
        """Return exp(argument) - 1."""
        return np.expm1(argument)

    def logarithm(self, argument: Quantity) -> Quantity:
        """Return log(argument)."""
        return np.log(argument)

    def error_function(self, argument: Quantity) -> Quantity:
        """Return erf(argument)."""
        return _erf(argument)

    def root(self, argument: Quantity) -> Quantity:
        """Return the square root."""
        return np.sqrt(argument)

    def maximum(self, left: Quantity, right: Quantity) -> Quantity:
        """Return the larger entries."""
        return np.maximum(left, right)

    def where(self, mask: Any, left: Quantity, right: Quantity) -> Quantity:
        """Return entries by a mask."""
        return np.where(mask, left, right)

    def total(self, array: Quantity, axis: int = 0) -> Quantity:
        """Return sums along an axis; those of a vector are rounded once."""
        if np.ndim(array) == 1:
            return np.asarray(math.fsum(array.tolist()))
        return np.sum(array, axis=axis)

    def concatenate(self, parts: Sequence[Quantity]) -> Quantity:
        """Return arrays one after the other."""
        return np.concatenate(list(parts))

    def broadcast(self, array: Quantity, shape: tuple[int, ...]) -> Quantity:
        """Return a view in a larger shape."""
        return array if np.shape(array) == shape else np.broadcast_to(array, shape)

    def mapped(self, array: Quantity, change: Callable[[Any], Any]) -> Quantity:
        """Return the array after a change of layout."""
        return change(array)

    def between(self, low: Quantity, high: Quantity) -> Quantity:
        """Return the middle: floats know no enclosures."""
        return 0.5 * (low + high)

    def lower(self, array: Quantity) -> Floats:
        """Return the doubles themselves."""
        return np.asarray(array, dtype=np.float64)

    upper = lower

    def at_most(self, left: Quantity, right: Quantity) -> Truth:
        """Compare doubles; what is not a number fails."""
        holds = np.asarray(left <= right, dtype=np.bool_)
        return Truth(holds, ~holds)


class IntervalArithmetic(Arithmetic):
    """Outward-rounded intervals of doubles."""

    name: ArithmeticName = "enclosure"

    def context(self) -> AbstractContextManager[Any]:
        """Compute without a word of NumPy on overflows, which ends at infinity take care of."""
        return Silence()

    def written(self, values: Any) -> Quantity:
        """Return enclosures of decimals and fractions; doubles that are integers are points."""
        if isinstance(values, Fraction | int):
            return Intervals.around(Fraction(values))
        array = np.asarray(values)
        if array.dtype.kind in "fiu":
            whole = np.asarray(array == np.rint(array)) & (np.abs(array) < 2.0**53)
            near = array.astype(np.float64)
            return Intervals(np.where(whole, near, down(near)), np.where(whole, near, up(near)))
        return _enclosed(np.asarray(values, dtype=object))

    def stored(self, values: Any) -> Quantity:
        """Return points for doubles, enclosures for fractions."""
        array = np.asarray(values)
        if array.dtype.kind in "fiu":
            return Intervals.point(array)
        return _enclosed(np.asarray(values, dtype=object))

    def power(self, base: Quantity, exponent: Fraction) -> Quantity:
        """Return enclosures of base ** exponent."""
        if exponent == 0:
            return Intervals.point(np.ones(base.shape))
        if exponent == 1:
            return base
        return intervals.raised(base, exponent)

    def exponential(self, argument: Quantity) -> Quantity:
        """Return enclosures of exp."""
        return intervals.monotone(np.exp, argument)

    def exponential_less_one(self, argument: Quantity) -> Quantity:
        """Return enclosures of exp - 1."""
        return intervals.monotone(np.expm1, argument)

    def logarithm(self, argument: Quantity) -> Quantity:
        """Return enclosures of log."""
        return intervals.monotone(np.log, argument)

    def error_function(self, argument: Quantity) -> Quantity:
        """Return enclosures of erf."""
        return intervals.monotone(_erf, argument)

    def root(self, argument: Quantity) -> Quantity:
        """Return enclosures of the square root."""
        at_least_zero = Intervals(np.maximum(argument.low, 0.0), np.maximum(argument.high, 0.0))
        return intervals.monotone(np.sqrt, at_least_zero)

    def maximum(self, left: Quantity, right: Quantity) -> Quantity:
        """Return enclosures of the larger entries: exact."""
        a, b = Intervals.of(left), Intervals.of(right)
        return Intervals(np.maximum(a.low, b.low), np.maximum(a.high, b.high))

    def where(self, mask: Any, left: Quantity, right: Quantity) -> Quantity:
        """Return entries by a mask."""
        a, b = Intervals.of(left), Intervals.of(right)
        return Intervals(np.where(mask, a.low, b.low), np.where(mask, a.high, b.high))

    def total(self, array: Quantity, axis: int = 0) -> Quantity:
        """Return enclosures of sums; those of a vector are rounded once."""
        if array.ndim != 1:
            return intervals.total(array, axis)
        if not (np.isfinite(array.low).all() and np.isfinite(array.high).all()):
            return intervals.total(array, 0)
        ends = (math.fsum(array.low.tolist()), math.fsum(array.high.tolist()))
        point = array.low is array.high or bool(np.array_equal(array.low, array.high))
        if point and math.fsum([*array.low.tolist(), -ends[0]]) == 0:
            return Intervals.point(ends[0])
        return Intervals(down(ends[0]), up(ends[1]))

    def concatenate(self, parts: Sequence[Quantity]) -> Quantity:
        """Return arrays one after the other."""
        return intervals.joined([Intervals.of(part) for part in parts])

    def broadcast(self, array: Quantity, shape: tuple[int, ...]) -> Quantity:
        """Return a view in a larger shape."""
        found = Intervals.of(array)
        if found.shape == shape:
            return found
        return found.mapped(lambda end: np.broadcast_to(end, shape))

    def mapped(self, array: Quantity, change: Callable[[Any], Any]) -> Quantity:
        """Return the array after a change of layout."""
        return Intervals.of(array).mapped(change)

    def between(self, low: Quantity, high: Quantity) -> Quantity:
        """Return the hulls."""
        return Intervals(np.minimum(low.low, high.low), np.maximum(low.high, high.high))

    def lower(self, array: Quantity) -> Floats:
        """Return the lower ends."""
        return Intervals.of(array).low

    def upper(self, array: Quantity) -> Floats:
        """Return the upper ends."""
        return Intervals.of(array).high

    def at_most(self, left: Quantity, right: Quantity) -> Truth:
        """Compare the ends."""
        a, b = Intervals.of(left), Intervals.of(right)
        return Truth(np.asarray(a.high <= b.low), np.asarray(a.low > b.high))


def _enclosed(entries: npt.NDArray[np.object_]) -> Intervals:
    """Return enclosures of exact numbers."""
    flat = [ends_of(exact_number(entry)) for entry in entries.ravel().tolist()]
    low, high = np.array(flat, dtype=np.float64).reshape(-1, 2).T
    return Intervals(low.reshape(entries.shape), high.reshape(entries.shape))


class RationalArithmetic(Arithmetic):
    """Exact fractions on object arrays of `flint.fmpq`."""

    name: ArithmeticName = "exact"

    def written(self, values: Any) -> Quantity:
        """Return the fractions that decimals are."""
        return each(as_written, values)

    def stored(self, values: Any) -> Quantity:
        """Return the dyadic fractions that doubles are; exact numbers stay what they are."""
        if isinstance(values, np.ndarray) and values.dtype == np.float64:
            flat = np.empty(values.size, dtype=object)
            flat[:] = [flint.fmpq(*x.as_integer_ratio()) for x in values.ravel().tolist()]
            return flat.reshape(values.shape)
        return each(as_stored, values)

    def constant(self, value: Fraction | int) -> Quantity:
        """Return one exact number, shape ()."""
        found = np.empty((), dtype=object)
        found[()] = flint.fmpq(value.numerator, value.denominator)
        return found

    def zeros(self, shape: int | tuple[int, ...]) -> Quantity:
        """Return an array of zeros."""
        return np.full(shape, flint.fmpq(0), dtype=object)

    def power(self, base: Quantity, exponent: Fraction) -> Quantity:
        """Return integer powers."""
        if exponent.denominator != 1:
            message = f"x ** ({exponent})"
            raise IrrationalError(message)
        power = int(exponent)
        return each(lambda entry: entry**power, base)

    def exponential(self, argument: Quantity) -> Quantity:
        """Refuse all but exp(0)."""
        return only_at(argument, 0, 1, "exp(x)")

    def exponential_less_one(self, argument: Quantity) -> Quantity:
        """Refuse all but exp(0) - 1."""
        return only_at(argument, 0, 0, "exp(x)")

    def logarithm(self, argument: Quantity) -> Quantity:
        """Refuse all but log(1)."""
        return only_at(argument, 1, 0, "log(x)")

    def error_function(self, argument: Quantity) -> Quantity:
        """Refuse all but erf(0)."""
        return only_at(argument, 0, 0, "erf(x)")

    def root(self, argument: Quantity) -> Quantity:
        """Return roots of squares of fractions."""
        return each(rational_root, argument)

    def maximum(self, left: Quantity, right: Quantity) -> Quantity:
        """Return the larger entries."""
        return objects(np.frompyfunc(larger, 2, 1)(left, right))

    def where(self, mask: Any, left: Quantity, right: Quantity) -> Quantity:
        """Return entries by a mask."""
        return np.where(mask, left, right)

    def total(self, array: Quantity, axis: int = 0) -> Quantity:
        """Return sums, halves first: fractions then grow only in the last few additions."""
        moved = np.moveaxis(np.asarray(array, dtype=object), axis, 0)
        if len(moved) == 0:
            return each(as_stored, np.zeros(moved.shape[1:]))
        while len(moved) > 1:
            half = len(moved) // 2
            paired = moved[:half] + moved[half : 2 * half]
            moved = paired if len(moved) % 2 == 0 else np.concatenate([paired, moved[-1:]])
        return objects(moved[0])

    def concatenate(self, parts: Sequence[Quantity]) -> Quantity:
        """Return arrays one after the other."""
        return np.concatenate([np.asarray(part, dtype=object) for part in parts])

    def broadcast(self, array: Quantity, shape: tuple[int, ...]) -> Quantity:
        """Return a view in a larger shape."""
        return array if np.shape(array) == shape else np.broadcast_to(array, shape)

    def mapped(self, array: Quantity, change: Callable[[Any], Any]) -> Quantity:
        """Return the array after a change of layout."""
        return change(array)

    def between(self, low: Quantity, high: Quantity) -> Quantity:
        """Return the number where both are equal.

        Raises
        ------
        IrrationalError
            Where they are not: a fraction encloses nothing but itself.
        """
        if not np.all(np.asarray(low == high, dtype=np.bool_)):
            message = "a number that is only known between two bounds"
            raise IrrationalError(message)
        return low

    def lower(self, array: Quantity) -> Floats:
        """Return the largest doubles that are not above."""
        return self.ends(array)[0]

    def upper(self, array: Quantity) -> Floats:
        """Return the smallest doubles that are not below."""
        return self.ends(array)[1]

    def ends(self, array: Quantity) -> tuple[Floats, Floats]:
        """Return the closest doubles on both sides."""
        entries = np.asarray(array, dtype=object)
        found = np.array([ends(entry) for entry in entries.ravel().tolist()], dtype=np.float64)
        low, high = found.reshape(-1, 2).T
        return low.reshape(entries.shape), high.reshape(entries.shape)

    def at_most(self, left: Quantity, right: Quantity) -> Truth:
        """Compare; balls may leave it open."""
        a, b = np.asarray(left, dtype=object), np.asarray(right, dtype=object)
        holds = np.asarray(a <= b, dtype=np.bool_)
        return Truth(holds, ~holds if self.exact else np.asarray(a > b, dtype=np.bool_))


class BallArithmetic(RationalArithmetic):
    """Fractions where possible, `flint.arb` balls of `BALL_BITS` bits elsewhere."""

    name: ArithmeticName = "enclosure"

    def context(self) -> AbstractContextManager[Any]:
        """Compute with `BALL_BITS` bits."""
        return cast("AbstractContextManager[Any]", flint.ctx.workprec(BALL_BITS))

    def power(self, base: Quantity, exponent: Fraction) -> Quantity:
        """Return enclosures of base ** exponent."""
        if exponent.denominator == 1:
            return super().power(base, exponent)
        power = flint.arb(flint.fmpq(exponent.numerator, exponent.denominator))
        return each(lambda x: flint.arb(0) if x == 0 else flint.arb(x) ** power, base)

    def exponential(self, argument: Quantity) -> Quantity:
        """Return enclosures of exp."""
        return each(lambda x: flint.arb(x).exp(), argument)

    def exponential_less_one(self, argument: Quantity) -> Quantity:
        """Return enclosures of exp - 1."""
        return each(lambda x: flint.arb(x).expm1(), argument)

    def logarithm(self, argument: Quantity) -> Quantity:
        """Return enclosures of log."""
        return each(lambda x: flint.arb(x).log(), argument)

    def error_function(self, argument: Quantity) -> Quantity:
        """Return enclosures of erf."""
        return each(lambda x: flint.arb(x).erf(), argument)

    def root(self, argument: Quantity) -> Quantity:
        """Return enclosures of the square root."""
        return each(lambda x: flint.arb(x).sqrt(), argument)

    def between(self, low: Quantity, high: Quantity) -> Quantity:
        """Return the hulls."""
        return objects(np.frompyfunc(hull, 2, 1)(low, high))


FLOAT = FloatArithmetic()
INTERVALS = IntervalArithmetic()
BALLS = BallArithmetic()
EXACT = RationalArithmetic()
