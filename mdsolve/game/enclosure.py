"""Ball arithmetic: numbers with a rigorous error bound, for values that are not rational.

Entries are `flint.fmpq` as long as they are rational and become `flint.arb` balls where a root or
an exponential enters. A comparison of balls answers "certainly", so ``a < b`` and ``a >= b`` can
both be false; whoever compares has to handle the third outcome.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from fractions import Fraction
from typing import Any, cast

import flint
import numpy as np

from mdsolve.game.arithmetic import Array, irrational, require_integer

PRECISION_BITS = 128
"""Working precision of balls; enough that rounding never shows beside a double's own."""


class RationalArithmetic:
    """Exact rationals as `flint.fmpq`, several times faster than `fractions.Fraction`."""

    name = "exact"

    def context(self) -> AbstractContextManager[Any]:
        """Change nothing: rationals have no precision."""
        return nullcontext()

    def number(self, value: Fraction) -> Any:
        """Return the number as an fmpq."""
        return flint.fmpq(value.numerator, value.denominator)

    def array(self, values: Iterable[Fraction]) -> Array:
        """Return the numbers as fmpq entries of an object array."""
        entries = [self.number(value) for value in values]
        result = np.empty(len(entries), dtype=object)
        result[:] = entries
        return result

    def power(self, base: Array, exponent: Fraction) -> Array:
        """Return ``base ** exponent`` for an integer exponent."""
        power = require_integer(exponent)
        return np.asarray(np.frompyfunc(lambda entry: entry**power, 1, 1)(base), dtype=object)

    def exponential(self, argument: Array) -> Array:  # noqa: ARG002
        """Refuse: exp of a rational is irrational."""
        raise irrational("exp(x)")

    def maximum(self, left: Array, right: Array) -> Array:
        """Return the entry-wise maximum."""
        return np.asarray(np.maximum(left, right), dtype=object)


class EnclosureArithmetic(RationalArithmetic):
    """Rationals where possible, balls of `PRECISION_BITS` bits elsewhere."""

    name = "enclosure"

    def context(self) -> AbstractContextManager[Any]:
        """Compute balls with `PRECISION_BITS` bits inside this context."""
        return cast("AbstractContextManager[Any]", flint.ctx.workprec(PRECISION_BITS))

    def power(self, base: Array, exponent: Fraction) -> Array:
        """Return an enclosure of ``base ** exponent`` for base > 0."""
        if exponent.denominator == 1:
            return super().power(base, exponent)
        power = flint.arb(self.number(exponent))
        raised = np.frompyfunc(lambda entry: flint.arb(entry) ** power, 1, 1)(base)
        return np.asarray(raised, dtype=object)

    def exponential(self, argument: Array) -> Array:
        """Return an enclosure of the exponential."""
        raised = np.frompyfunc(lambda entry: flint.arb(entry).exp(), 1, 1)(argument)
        return np.asarray(raised, dtype=object)

    def maximum(self, left: Array, right: Array) -> Array:
        """Return an enclosure of the entry-wise maximum."""
        return np.asarray(np.frompyfunc(_maximum, 2, 1)(left, right), dtype=object)


def _maximum(left: Any, right: Any) -> Any:
    if isinstance(left, flint.fmpq) and isinstance(right, flint.fmpq):
        return max(left, right)
    return flint.arb(left).max(flint.arb(right))


def to_float(value: Any) -> float:
    """Return the nearest double of an fmpq, the midpoint of an arb, or a float itself.

    Examples
    --------
    >>> to_float(flint.fmpq(1, 4))
    0.25
    """
    if isinstance(value, flint.fmpq):
        return int(value.p) / int(value.q)
    return float(value)


RATIONAL = RationalArithmetic()
ENCLOSURE = EnclosureArithmetic()
