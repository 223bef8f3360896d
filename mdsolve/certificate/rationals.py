"""Single numbers of the checker: fractions and balls, as written, as stored, compared, rounded."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import numpy.typing as npt

from mdsolve.certificate.intervals import down
from mdsolve.instance.numbers import decimal_ratio, exact_number


class IrrationalError(Exception):
    """Exact arithmetic met a number that is no fraction; the message names the expression."""


def as_written(value: Any) -> Any:
    """Return a number of an instance as it stands there.

    Examples
    --------
    >>> as_written(0.1)
    1/10
    """
    if isinstance(value, float) and math.isfinite(value):
        return flint.fmpq(*decimal_ratio(value))
    exact = exact_number(value.item() if isinstance(value, np.generic) else value)
    return flint.fmpq(exact.numerator, exact.denominator)


def as_stored(value: Any) -> Any:
    """Return the dyadic number that a double is, or the exact number that a fraction is.

    Examples
    --------
    >>> as_stored(0.75), as_stored(0.1) == as_written(0.1)
    (3/4, False)
    """
    if isinstance(value, float):
        return flint.fmpq(*value.as_integer_ratio())
    if isinstance(value, flint.fmpq | flint.arb):
        return value
    exact = Fraction(float(value)) if isinstance(value, np.floating) else exact_number(value)
    return flint.fmpq(exact.numerator, exact.denominator)


def each(function: Callable[[Any], Any], values: Any) -> Any:
    """Return a function of every entry."""
    entries = values if isinstance(values, np.ndarray) else np.asarray(values, dtype=object)
    return objects(np.frompyfunc(function, 1, 1)(entries))


def objects(values: Any) -> npt.NDArray[np.object_]:
    """Return an array of objects."""
    return np.asarray(values, dtype=object)


def larger(left: Any, right: Any) -> Any:
    """Return the larger of two numbers."""
    if type(left) is flint.arb or type(right) is flint.arb:
        return flint.arb(left).max(flint.arb(right))
    return max(left, right)


def hull(left: Any, right: Any) -> Any:
    """Return what encloses two numbers."""
    rational = isinstance(left, flint.fmpq) and isinstance(right, flint.fmpq)
    if rational and left == right:
        return left
    return flint.arb(left).union(flint.arb(right))


def ends(value: Any) -> tuple[float, float]:
    """Return the largest double that is not above, and the smallest that is not below.

    Examples
    --------
    >>> ends(as_written("1/4"))
    (0.25, 0.25)
    >>> ends(as_written("1/3"))
    (0.3333333333333333, 0.33333333333333337)
    """
    if type(value) is not flint.fmpq:
        return below(value), -below(-value)
    top, bottom = int(value.p), int(value.q)
    try:
        nearest = top / bottom
    except OverflowError:  # beyond the doubles
        most = float(np.finfo(np.float64).max)
        return (most, math.inf) if top > 0 else (-math.inf, -most)
    number, unit = nearest.as_integer_ratio()
    left, right = number * bottom, top * unit
    if left > right:
        return math.nextafter(nearest, -math.inf), nearest
    # Zero from above is the negative of zero from below.
    return nearest, math.nextafter(nearest, math.inf) if left < right else nearest or -0.0


def below(value: Any) -> float:
    """Return the largest double that is not above."""
    if isinstance(value, flint.arb):
        return float(down(float(value.lower())))
    exact = Fraction(int(value.p), int(value.q)) if isinstance(value, flint.fmpq) else value
    try:
        nearest = float(exact)
    except OverflowError:  # beyond the doubles: the largest is below, or nothing finite is
        return float(np.finfo(np.float64).max) if exact > 0 else -np.inf
    return float(down(nearest)) if Fraction(nearest) > exact else nearest


def only_at(argument: Any, place: int, result: int, expression: str) -> Any:
    """Return a constant where an irrational function has a rational value; raise elsewhere."""
    if not np.all(np.asarray(argument == place, dtype=np.bool_)):
        raise IrrationalError(expression)
    return each(lambda _: flint.fmpq(result), argument)


def rational_root(value: Any) -> Any:
    """Return the square root of a fraction that has a rational one; raise for others."""
    top, bottom = (math.isqrt(int(part)) for part in (value.p, value.q))
    if top * top != value.p or bottom * bottom != value.q:
        message = f"the square root of {value}"
        raise IrrationalError(message)
    return flint.fmpq(top, bottom)
