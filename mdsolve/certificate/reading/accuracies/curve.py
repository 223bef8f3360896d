"""`curve`: lines through measured points, made concave by least squares; flat beyond the last."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

from mdsolve.certificate.numbers import Arithmetic
from mdsolve.certificate.reading.concave_fit import concave_fit
from mdsolve.certificate.reading.curves import Curve, Piece
from mdsolve.certificate.reading.lines import Lines


def curve(spec: Any, arithmetic: Arithmetic) -> Curve:
    """Return the concave non-decreasing lines nearest to the points, exactly."""
    samples = [x for x, _ in spec.points]
    heights = [y for _, y in spec.points]
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(spec.points)]
    if any(a < b for a, b in pairwise([*slopes, Fraction(0)])):
        heights = concave_fit(samples, heights)
    lines = Lines(arithmetic, list(zip(samples, heights, strict=True)), flat_end=True)
    piece = Piece(arithmetic.constant(0), lines.least, lines.slope)
    first = heights[0] - samples[0] * (heights[1] - heights[0]) / (samples[1] - samples[0])
    height = max(abs(float(heights[-1])), abs(float(first)))
    return Curve(arithmetic, (piece,), height, float(samples[-1]))
