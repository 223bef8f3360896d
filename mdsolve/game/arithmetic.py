"""The number systems a game can be evaluated in, behind one small protocol.

A game is written once, in terms of NumPy arrays and the few operations that differ between number
systems. Floats use ``float64`` arrays; exact fractions use object arrays. The checker adds ball
arithmetic through the same protocol, so that a formula of the game is never written twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError

Array = npt.NDArray[Any]


class Arithmetic(Protocol):
    """What a number system must offer to evaluate a game.

    Arrays may be ``float64`` or object arrays; ``+``, ``-``, ``*``, ``/`` are those of the entries.
    """

    name: str

    def context(self) -> AbstractContextManager[Any]:
        """Return the context computations in this system have to run in."""

    def number(self, value: Fraction) -> Any:
        """Return one exact number in this system."""

    def array(self, values: Iterable[Fraction]) -> Array:
        """Return exact numbers as a one-dimensional array of this system."""

    def power(self, base: Array, exponent: Fraction) -> Array:
        """Return ``base ** exponent`` entry by entry, for ``base > 0``."""

    def exponential(self, argument: Array) -> Array:
        """Return ``exp(argument)`` entry by entry."""

    def maximum(self, left: Array, right: Array) -> Array:
        """Return the larger entry of two broadcast arrays."""


class FloatArithmetic:
    """IEEE double precision on ``float64`` arrays."""

    name = "float"

    def context(self) -> AbstractContextManager[Any]:
        """Change nothing."""
        return nullcontext()

    def number(self, value: Fraction) -> float:
        """Return the nearest double."""
        return float(value)

    def array(self, values: Iterable[Fraction]) -> Array:
        """Return the nearest doubles."""
        return np.array([float(value) for value in values], dtype=np.float64)

    def power(self, base: Array, exponent: Fraction) -> Array:
        """Return ``base ** exponent``; a reciprocal for exponent -1, which is correctly rounded."""
        if exponent == -1:
            return np.reciprocal(np.asarray(base, dtype=np.float64))
        return np.power(base, float(exponent))

    def exponential(self, argument: Array) -> Array:
        """Return ``exp(argument)``."""
        return np.exp(argument)

    def maximum(self, left: Array, right: Array) -> Array:
        """Return the entry-wise maximum."""
        return np.maximum(left, right)


class FractionArithmetic:
    """Exact rationals on object arrays of `fractions.Fraction`.

    Only what is rational can be evaluated: a fractional exponent or an exponential raises
    `UnsupportedError`.
    """

    name = "exact"

    def context(self) -> AbstractContextManager[Any]:
        """Change nothing."""
        return nullcontext()

    def number(self, value: Fraction) -> Fraction:
        """Return the number itself."""
        return value

    def array(self, values: Iterable[Fraction]) -> Array:
        """Return the numbers themselves in an object array."""
        entries = list(values)
        result = np.empty(len(entries), dtype=object)
        result[:] = entries
        return result

    def power(self, base: Array, exponent: Fraction) -> Array:
        """Return ``base ** exponent`` for an integer exponent."""
        return np.asarray(base ** require_integer(exponent), dtype=object)

    def exponential(self, argument: Array) -> Array:  # noqa: ARG002
        """Refuse: exp of a rational is irrational."""
        raise irrational("exp(x)")

    def maximum(self, left: Array, right: Array) -> Array:
        """Return the entry-wise maximum."""
        return np.maximum(left, right)


def require_integer(exponent: Fraction) -> int:
    """Return an integer exponent, or raise `UnsupportedError` because the power is irrational."""
    if exponent.denominator != 1:
        raise irrational(f"x ** ({exponent})")
    return exponent.numerator


def irrational(expression: str) -> UnsupportedError:
    """Return the error that says why exact arithmetic cannot evaluate an expression."""
    return UnsupportedError.single(
        "arithmetic",
        f"exact, on a game that needs {expression}",
        "a game whose values are rational",
        "use --arithmetic enclosure, which is rigorous for irrational values too",
    )


FLOAT = FloatArithmetic()
EXACT = FractionArithmetic()
