"""`linear`: c(s) = fixed + rate * s."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mdsolve.certificate.numbers import Arithmetic
from mdsolve.certificate.reading.costs.base import Part, parabola


def parts(specs: Sequence[Any], arithmetic: Arithmetic) -> list[Part]:
    """Return one formula for all."""
    fixed = arithmetic.written([spec.fixed for spec in specs])
    rate = arithmetic.written([spec.rate for spec in specs])
    form = parabola(fixed, rate, arithmetic.zeros(len(specs)))
    return [Part(range(len(specs)), form, linear=True)]


def bends(spec: Any, top: float) -> tuple[float, float]:
    """Return zeros, the second derivative everywhere."""
    del spec, top
    return 0.0, 0.0
