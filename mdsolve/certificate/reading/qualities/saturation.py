"""`saturation`: Q(t) = (1 - exp(-t)) / (1 + exp(-t)), computed as -e / (2 + e), e = exp(-t) - 1."""

from __future__ import annotations

from typing import Any

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.qualities import Quality


def quality(spec: Any, arithmetic: Arithmetic) -> Quality:
    """Return the hyperbolic tangent of half the data, without cancellation for small amounts."""
    del spec

    def saturating(samples: Quantity) -> Quantity:
        lost = arithmetic.exponential_less_one(-samples)
        return -lost / (2 + lost)

    return saturating
