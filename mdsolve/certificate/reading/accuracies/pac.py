"""`pac`: b(m) = ceiling - (4 + sqrt(2k (2 + log(m/k)))) / sqrt(m) where that is positive, else 0.

With r(m) the inner root, b' = ((4 + r)/2 - k/r) m^(-3/2). For m >= k, r >= 2 sqrt(k) and the
bracket is at least 2 + r/4 > 0. It grows like r'(1/2 + k/r^2) = (k/(r m))(1/2 + k/r^2)
<= (3/4) k/(r m) <= (3/16) r/m, less than (3/2)/m times the bracket, so b' falls: b is concave from
k on. With a ceiling below 2 + 4/sqrt(k) also b(k) < 0: nothing is lost below k, where the curve
starts.
"""

from __future__ import annotations

from typing import Any

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.curves import Curve, Piece, Side
from mdsolve.certificate.reading.unread import UnreadError


def curve(spec: Any, arithmetic: Arithmetic) -> Curve:
    """Return zero and the bound.

    Raises
    ------
    UnreadError
        For a ceiling of 2 or more, where the bound is positive before it is concave.
    """
    if spec.ceiling >= 2:
        message = "a PAC bound with a ceiling of 2 or more"
        raise UnreadError(message)
    ceiling, k = arithmetic.constant(spec.ceiling), arithmetic.constant(spec.complexity)

    def root(m: Quantity) -> Quantity:
        return arithmetic.root(2 * k * (2 + arithmetic.logarithm(m / k)))

    def value(m: Quantity) -> Quantity:
        return ceiling - (4 + root(m)) / arithmetic.root(m)

    def slope(m: Quantity, side: Side) -> Quantity:  # noqa: ARG001 - smooth
        inner = root(m)
        return ((4 + inner) / 2 - k / inner) / (m * arithmetic.root(m))

    nothing = Piece(arithmetic.constant(0), lambda m: 0 * m, lambda m, side: 0 * m)  # noqa: ARG005
    unit = float(spec.complexity)
    pieces = (nothing, Piece(k, value, slope))
    return Curve(arithmetic, pieces, float(spec.ceiling), unit, clipped=True)
