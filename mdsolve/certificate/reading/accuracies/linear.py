"""`linear`: a = y, the weights carry all the meaning."""

from __future__ import annotations

import math
from typing import Any

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.curves import Curve, Piece, Side


def curve(spec: Any, arithmetic: Arithmetic) -> Curve:
    """Return the identity."""
    del spec

    def slope(y: Quantity, side: Side) -> Quantity:  # noqa: ARG001 - the same everywhere
        return 1 + 0 * y

    piece = Piece(arithmetic.constant(0), lambda y: y, slope)
    return Curve(arithmetic, (piece,), math.inf, 0.0, rate=arithmetic.constant(1))
