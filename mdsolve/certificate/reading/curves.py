"""Accuracy as a function of the amount of data: concave pieces, the largest of which counts.

A curve is max_p piece_p(max(y, start_p)) over pieces that are concave and non-decreasing from their
start on, and no better than the others there. A concave curve is one piece; a clipped one is the
zero piece and the bound's. Whatever bounds every piece bounds the curve, so nobody needs to know
where two of them cross.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

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
    """

    arithmetic: Arithmetic
    pieces: tuple[Piece, ...]
    height: float
    unit: float

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


Reader = Callable[[Any, Arithmetic], Curve]
"""From a family's parameters, as the instance has them, to the curve in a number system."""
