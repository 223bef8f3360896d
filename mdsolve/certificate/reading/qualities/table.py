"""`table`: straight lines through measured points, as the sum of what each piece contributes.

Q(t) = sum_k slope_k min(max(t - t_k, 0), t_k+1 - t_k): no piece has to be looked up.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.qualities import Quality


def quality(spec: Any, arithmetic: Arithmetic) -> Quality:
    """Return the broken line; instances have a point at the total of the largest types."""
    constant = arithmetic.constant
    pieces = [
        (constant(start), constant(end - start), constant((height - base) / (end - start)))
        for (start, base), (end, height) in pairwise(spec.points)
    ]
    nothing = constant(0)

    def line(samples: Quantity) -> Quantity:
        found = 0 * samples
        for start, width, slope in pieces:
            part = arithmetic.minimum(arithmetic.maximum(samples - start, nothing), width)
            found = found + part * slope
        return found

    return line
