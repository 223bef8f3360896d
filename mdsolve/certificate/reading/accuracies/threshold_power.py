"""`threshold-power`: b(m) = value (1 - (threshold / m)^exponent) from the threshold on, else 0."""

from __future__ import annotations

from typing import Any

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.curves import Curve, Piece, Side


def curve(spec: Any, arithmetic: Arithmetic) -> Curve:
    """Return zero and the bound, which is 0 at the threshold and concave from there on."""
    top, start = arithmetic.constant(spec.value), arithmetic.constant(spec.threshold)
    factor = arithmetic.constant(spec.value * spec.exponent)

    def value(m: Quantity) -> Quantity:
        return top * (1 - arithmetic.power(start / m, spec.exponent))

    def slope(m: Quantity, side: Side) -> Quantity:  # noqa: ARG001 - smooth
        return factor / m * arithmetic.power(start / m, spec.exponent)

    nothing = Piece(arithmetic.constant(0), lambda m: 0 * m, lambda m, side: 0 * m)  # noqa: ARG005
    pieces = (nothing, Piece(start, value, slope))
    height, unit = float(spec.value), float(spec.threshold)
    return Curve(arithmetic, pieces, height, unit, clipped=True)
