"""`quadratic`: c(s) = fixed + rate * s + curvature * s^2 / 2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mdsolve.certificate.numbers import Arithmetic
from mdsolve.certificate.reading.costs.base import Part, parabola


def parts(specs: Sequence[Any], arithmetic: Arithmetic) -> list[Part]:
    """Return one formula for all."""
    columns = [
        arithmetic.written([getattr(spec, key) for spec in specs])
        for key in ("fixed", "rate", "curvature")
    ]
    bent = np.array([spec.curvature > 0 for spec in specs], dtype=np.bool_)
    return [Part(range(len(specs)), parabola(*columns), linear=~bent, curved=bent)]


def bends(spec: Any, top: float) -> tuple[float, float]:
    """Return the curvature, the second derivative everywhere."""
    del top
    return float(spec.curvature), float(spec.curvature)
