"""Numbers of rigorous checks: rationals where possible, balls elsewhere, and what is certain.

A number is a `flint.fmpq` or a `flint.arb` ball. Comparing balls answers "certainly", so both
``a <= b`` and ``a > b`` may be false; `at_most` returns None then, and nobody may read that as yes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

from mdsolve.conditions import ArithmeticName
from mdsolve.game.arithmetic import irrational
from mdsolve.instance.numbers import exact_number

Number = Any
"""A flint.fmpq or a flint.arb."""

ZERO, ONE = flint.fmpq(0), flint.fmpq(1)


def as_written(value: Any) -> Number:
    """Return a number of an instance as it stands there: 0.1 is 1/10.

    Examples
    --------
    >>> as_written(0.1)
    1/10
    """
    exact = exact_number(value)
    return flint.fmpq(exact.numerator, exact.denominator)


def as_stored(value: float) -> Number:
    """Return the dyadic number that a double of a solution is.

    Examples
    --------
    >>> as_stored(0.75), as_stored(0.1) == as_written(0.1)
    (3/4, False)
    """
    numerator, denominator = Fraction(float(value)).as_integer_ratio()
    return flint.fmpq(numerator, denominator)


@dataclass(frozen=True)
class Calculus:
    """Functions that leave the rationals: refused in exact arithmetic, balls in enclosures.

    Examples
    --------
    >>> EXACT.power(flint.fmpq(2, 3), flint.fmpq(-2))
    9/4
    >>> ENCLOSURE.power(flint.fmpq(4), flint.fmpq(1, 2)).contains(2)
    True
    """

    name: ArithmeticName

    @property
    def exact(self) -> bool:
        """Tell whether every number has to stay rational."""
        return self.name == "exact"

    def number(self, value: Number) -> Number:
        """Return a rational in the form in which nonlinear terms are added up."""
        return value if self.exact else flint.arb(value)

    def power(self, base: Number, exponent: Number) -> Number:
        """Return base ** exponent for base >= 0 (> 0 where the exponent is negative).

        Raises
        ------
        UnsupportedError
            In exact arithmetic, if the exponent is no integer.
        """
        if isinstance(base, flint.fmpq) and base == 0:
            return ONE if exponent == 0 else ZERO
        if exponent.q == 1:
            return self.number(base) ** int(exponent.p)
        self._irrational(f"x ** ({exponent})")
        return flint.arb(base) ** flint.arb(exponent)

    def logarithm(self, value: Number) -> Number:
        """Return log(value) for value > 0."""
        self._irrational("log(x)")
        return flint.arb(value).log()

    def root(self, value: Number) -> Number:
        """Return the square root of value > 0."""
        self._irrational("sqrt(x)")
        return flint.arb(value).sqrt()

    def _irrational(self, expression: str) -> None:
        if self.exact:
            raise irrational(expression)


EXACT = Calculus("exact")
ENCLOSURE = Calculus("enclosure")


def at_most(left: Number, right: Number) -> bool | None:
    """Return whether left <= right certainly holds, certainly fails, or None.

    Examples
    --------
    >>> at_most(flint.arb(2).sqrt() ** 2, flint.fmpq(2)) is None
    True
    """
    if left <= right:
        return True
    return False if left > right else None


def larger(left: Number, right: Number) -> Number:
    """Return the maximum of two numbers."""
    if isinstance(left, flint.fmpq) and isinstance(right, flint.fmpq):
        return max(left, right)
    return flint.arb(left).max(flint.arb(right))


def smaller(left: Number, right: Number) -> Number:
    """Return the minimum of two numbers."""
    if isinstance(left, flint.fmpq) and isinstance(right, flint.fmpq):
        return min(left, right)
    return flint.arb(left).min(flint.arb(right))


def between(low: Number, high: Number) -> Number:
    """Return a number that encloses everything from low to high; exact if they are equal."""
    if isinstance(low, flint.fmpq) and isinstance(high, flint.fmpq) and low == high:
        return low
    return flint.arb(low).union(flint.arb(high))


def total(terms: Sequence[Number]) -> Number:
    """Return the sum, halves first: fractions then grow only in the last few additions.

    Examples
    --------
    >>> total([flint.fmpq(1, k) for k in (2, 3, 6)])
    1
    """
    level = list(terms) or [ZERO]
    while len(level) > 1:
        pairs = [level[k] + level[k + 1] for k in range(0, len(level) - 1, 2)]
        level = pairs if len(level) % 2 == 0 else [*pairs, level[-1]]
    return level[0]


def dot(left: Sequence[Number], right: Sequence[Number]) -> Number:
    """Return the scalar product; zeros of the first vector cost nothing."""
    return total([a * b for a, b in zip(left, right, strict=True) if a != 0])
