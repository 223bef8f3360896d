"""Accuracy as a function of the amount of data, in rigorous numbers.

Two kinds. A `ConcaveCurve` is concave on [0, inf). A `ClippedCurve` is max(0, b) from a first
amount on and 0 before it, with b concave and non-decreasing there; nobody needs to know where b
crosses 0, because a maximum over both branches bounds every deviation.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from mdsolve.certificate.rigorous.costs import Points, Side, line_through, slope_between
from mdsolve.certificate.rigorous.numbers import ONE, ZERO, Calculus, Number, as_written, larger
from mdsolve.errors import UnsupportedError
from mdsolve.instance.sharing_accuracy import (
    CurveAccuracySpec,
    LinearAccuracySpec,
    PacAccuracySpec,
    PowerAccuracySpec,
    ThresholdPowerAccuracySpec,
)


class Curve(ABC):
    """A non-decreasing function of the amount of data."""

    concave: bool

    @abstractmethod
    def value(self, y: Number) -> Number:
        """Return the accuracy at y >= 0 samples."""


class ConcaveCurve(Curve):
    """A curve that is concave on [0, inf)."""

    concave = True

    @abstractmethod
    def slope(self, y: Number, side: Side) -> Number:
        """Return the derivative of that side."""


@dataclass(frozen=True)
class PowerCurve(ConcaveCurve):
    """ceiling - scale (1 + y)^-exponent.

    Examples
    --------
    >>> from mdsolve.certificate.rigorous.numbers import EXACT
    >>> PowerCurve(EXACT, ONE, ONE, ONE).value(ONE)
    1/2
    """

    calculus: Calculus
    ceiling: Number
    scale: Number
    exponent: Number

    def value(self, y: Number) -> Number:
        """Return the accuracy."""
        return self.ceiling - self.scale * self.calculus.power(1 + y, -self.exponent)

    def slope(self, y: Number, side: Side) -> Number:  # noqa: ARG002
        """Return scale exponent (1 + y)^(-exponent - 1)."""
        return self.scale * self.exponent * self.calculus.power(1 + y, -self.exponent - 1)


@dataclass(frozen=True)
class LinearCurve(ConcaveCurve):
    """The amount of data itself."""

    def value(self, y: Number) -> Number:
        """Return y."""
        return y

    def slope(self, y: Number, side: Side) -> Number:  # noqa: ARG002
        """Return 1."""
        return ONE


@dataclass(frozen=True)
class MeasuredCurve(ConcaveCurve):
    """Lines through measured points that rise concavely; flat beyond the last."""

    points: Points

    def value(self, y: Number) -> Number:
        """Return the interpolation; before the first point its slope continues."""
        return line_through(self.points, y, endless=False)

    def slope(self, y: Number, side: Side) -> Number:
        """Return the slope of the piece on that side."""
        return slope_between(self.points, y, side, endless=False)


class ClippedCurve(Curve):
    """max(0, b(y)) for y >= start, 0 below; b concave and non-decreasing on [start, inf)."""

    concave = False
    start: Number

    @abstractmethod
    def bound(self, y: Number) -> Number:
        """Return b(y) for y >= start."""

    @abstractmethod
    def bound_slope(self, y: Number) -> Number:
        """Return b'(y) for y >= start."""

    def value(self, y: Number) -> Number:
        """Return the clipped bound."""
        return ZERO if y < self.start else larger(self.bound(y), ZERO)


@dataclass(frozen=True)
class PacCurve(ClippedCurve):
    """b(m) = ceiling - (4 + sqrt(2 k (2 + log(m / k)))) / sqrt(m), from m = k on.

    With r(m) the inner root, b' = ((4 + r)/2 - k/r) m^(-3/2). For m >= k, r >= 2 sqrt(k) and the
    bracket is at least 2 + r/4 > 0. It grows like r'(1/2 + k/r^2) = (k/(r m))(1/2 + k/r^2)
    <= (3/4) k/(r m) <= (3/16) r/m, less than (3/2)/m times the bracket, so b' falls: b is concave.
    With a ceiling below 2 + 4/sqrt(k) also b(k) < 0, so nothing is lost below k.
    """

    calculus: Calculus
    ceiling: Number
    start: Number

    def _root(self, m: Number) -> Number:
        return self.calculus.root(2 * self.start * (2 + self.calculus.logarithm(m / self.start)))

    def bound(self, y: Number) -> Number:
        """Return b(m)."""
        return self.ceiling - (4 + self._root(y)) / self.calculus.root(y)

    def bound_slope(self, y: Number) -> Number:
        """Return b'(m)."""
        root = self._root(y)
        return ((4 + root) / 2 - self.start / root) / (y * self.calculus.root(y))


@dataclass(frozen=True)
class ThresholdPowerCurve(ClippedCurve):
    """b(m) = ceiling (1 - (start / m)^exponent), from m = start on, where it is 0."""

    calculus: Calculus
    ceiling: Number
    start: Number
    exponent: Number

    def bound(self, y: Number) -> Number:
        """Return b(m)."""
        return self.ceiling * (1 - self.calculus.power(self.start / y, self.exponent))

    def bound_slope(self, y: Number) -> Number:
        """Return b'(m)."""
        ratio = self.calculus.power(self.start / y, self.exponent)
        return self.ceiling * self.exponent / y * ratio


def curve_of(spec: Any, calculus: Calculus) -> Curve:
    """Return the curve of an accuracy family.

    Raises
    ------
    UnsupportedError
        For a family without rigorous formulas, saying why.
    """
    if isinstance(spec, PowerAccuracySpec):
        numbers = (as_written(x) for x in (spec.ceiling, spec.scale, spec.exponent))
        return PowerCurve(calculus, *numbers)
    if isinstance(spec, LinearAccuracySpec):
        return LinearCurve()
    if isinstance(spec, PacAccuracySpec):
        curve = PacCurve(calculus, as_written(spec.ceiling), as_written(spec.complexity))
        if curve.ceiling >= 2:
            raise _unsupported("pac", "a ceiling of 2 or more", "a ceiling below 2")
        return curve
    if isinstance(spec, ThresholdPowerAccuracySpec):
        numbers = (as_written(x) for x in (spec.value, spec.threshold, spec.exponent))
        return ThresholdPowerCurve(calculus, *numbers)
    if isinstance(spec, CurveAccuracySpec):
        points = tuple((as_written(x), as_written(y)) for x, y in spec.points)
        if not _rises_concavely(points):
            got = "points that do not rise concavely, so that a least-squares fit stands for them"
            raise _unsupported("curve", got, "points that rise concavely")
        return MeasuredCurve(points)
    name = getattr(spec, "family", type(spec).__name__)
    raise _unsupported(name, "a family without rigorous formulas", "another family")


def _rises_concavely(points: Sequence[tuple[Number, Number]]) -> bool:
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(points)]
    return all(a >= b for a, b in pairwise([*slopes, ZERO]))


def _unsupported(family: str, got: str, expected: str) -> UnsupportedError:
    return UnsupportedError.single(f"arithmetic: family {family}", got, expected)
