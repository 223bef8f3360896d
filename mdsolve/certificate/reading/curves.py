"""Accuracy as a function of the amount of data: concave pieces, the largest of which counts.

A curve is max_p piece_p(max(y, start_p)) over pieces that are concave and non-decreasing from their
start on, and no better than the others there. A concave curve is one piece; a clipped one is the
zero piece and the bound's. Whatever bounds every piece bounds the curve, so nobody needs to know
where two of them cross.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from mdsolve.certificate.numbers import Arithmetic, Quantity

Side = Literal["left", "right"]


@dataclass(frozen=True)
class Piece:
    """A concave, non-decreasing function of the amount of data, from `start` on.

    Parameters
    ----------
    start : quantity of shape ()
        Samples.
    value : callable
        Accuracy at amounts y >= start, any shape.
    slope : callable
        One-sided derivative there.
    """

    start: Quantity
    value: Callable[[Quantity], Quantity]
    slope: Callable[[Quantity, Side], Quantity]


@dataclass(frozen=True)
class Decay:
    """A curve that is constant - scale (offset + y)^-exponent: a mixture of exponentials of y.

    Parameters
    ----------
    exponent, offset : Fraction
        Positive exponent; samples, 0 or more.
    scale : quantity of shape ()
    """

    exponent: Fraction
    offset: Fraction
    scale: Quantity


@dataclass(frozen=True)
class Curve:
    """What a family says about the amount of data a model has seen.

    Parameters
    ----------
    pieces : tuple of Piece
    height : float
        Largest absolute accuracy; infinite where there is none.
    unit : float
        Amount of data that the family itself knows, in samples: what tolerances are relative to
        where nothing else is; 0 where it knows none.
    decay : Decay or None
        The curve as such a mixture, where it is one.
    rate : quantity of shape () or None
        Accuracy per sample, where it is the same everywhere.
    strict : bool
        Whether the curve certainly is strictly concave and rising on [0, inf).
    clipped : bool
        Whether it has two pieces: 0, and one that is strictly concave and rising.
    """

    arithmetic: Arithmetic
    pieces: tuple[Piece, ...]
    height: float
    unit: float
    decay: Decay | None = None
    rate: Quantity | None = None
    strict: bool = False
    clipped: bool = False

    @property
    def concave(self) -> bool:
        """Tell whether the curve is concave on [0, inf)."""
        return len(self.pieces) == 1

    def value(self, y: Quantity) -> Quantity:
        """Return the accuracy at y >= 0 samples."""
        first, *others = self.pieces
        found = first.value(y)
        for piece in others:
            found = self.arithmetic.maximum(
                found, piece.value(self.arithmetic.maximum(y, piece.start))
            )
        return found

    def steepness(self, low: Quantity, high: Quantity | None) -> tuple[Quantity, Quantity]:
        """Return bounds of all slopes between two amounts; None is no end.

        A piece counts unless it certainly starts later, or the largest it reaches lies below what
        another one has throughout.
        """
        arithmetic = self.arithmetic
        nothing = 0 * low
        bounds = [self._of_piece(piece, low, high) for piece in self.pieces]
        if len(bounds) == 1:
            return bounds[0]
        begins = [arithmetic.maximum(low, piece.start) for piece in self.pieces]
        floors = [piece.value(begin) for piece, begin in zip(self.pieces, begins, strict=True)]
        # Slopes are not negative, so 0 and the largest of all are the bounds of nobody at all.
        most = nothing
        for _, steep in bounds:
            most = arithmetic.maximum(most, steep)
        least, most = most, nothing
        for number, piece in enumerate(self.pieces):
            away = np.zeros(low.shape, dtype=np.bool_)
            if high is not None:
                away = arithmetic.less(high, piece.start).holds
                top = piece.value(arithmetic.maximum(high, piece.start))
                for other, floor in enumerate(floors):
                    if other != number:
                        away = away | arithmetic.less(top, floor).holds
            flat, steep = bounds[number]
            least = arithmetic.where(away, least, arithmetic.minimum(least, flat))
            most = arithmetic.where(away, most, arithmetic.maximum(most, steep))
        return least, most

    def _of_piece(
        self, piece: Piece, low: Quantity, high: Quantity | None
    ) -> tuple[Quantity, Quantity]:
        """Return the least and the largest slope of one piece: those at the ends."""
        arithmetic = self.arithmetic
        steep = piece.slope(arithmetic.maximum(low, piece.start), "right")
        if high is None:
            return 0 * low, steep
        return piece.slope(arithmetic.maximum(high, piece.start), "left"), steep
