"""`power`: Q(t) = t ** exponent, exponent > 0."""

from __future__ import annotations

from typing import Any

from mdsolve.certificate.numbers import Arithmetic
from mdsolve.certificate.reading.qualities import Quality


def quality(spec: Any, arithmetic: Arithmetic) -> Quality:
    """Return powers."""
    return lambda samples: arithmetic.power(samples, spec.exponent)
