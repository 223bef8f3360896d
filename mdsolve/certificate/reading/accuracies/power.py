"""`power`: a = ceiling - scale (1 + y)^-exponent, concave."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.curves import Curve, Decay, Piece, Side


def curve(spec: Any, arithmetic: Arithmetic) -> Curve:
    """Return the curve; its own unit of data is 1."""
    ceiling, scale, factor = (
        arithmetic.constant(x) for x in (spec.ceiling, spec.scale, spec.scale * spec.exponent)
    )

    def value(y: Quantity) -> Quantity:
        return ceiling - scale * arithmetic.power(1 + y, -spec.exponent)

    def slope(y: Quantity, side: Side) -> Quantity:  # noqa: ARG001 - smooth
        return factor * arithmetic.power(1 + y, -spec.exponent - 1)

    piece = Piece(arithmetic.constant(0), value, slope)
    nothing = float(spec.ceiling - spec.scale)
    return Curve(
        arithmetic,
        (piece,),
        max(abs(float(spec.ceiling)), abs(nothing)),
        1.0,
        decay=Decay(spec.exponent, Fraction(1), scale),
        strict=True,
    )
