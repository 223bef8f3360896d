"""`power`: c(s) = rate * s ** exponent, exponent >= 1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mdsolve.certificate.numbers import Arithmetic
from mdsolve.certificate.reading.costs.base import CostForm, Part


def parts(specs: Sequence[Any], arithmetic: Arithmetic) -> list[Part]:
    """Return a formula each: exponents stay exact."""
    return [
        Part([place], _form(spec, arithmetic), curved=spec.rate > 0 and spec.exponent > 1)
        for place, spec in enumerate(specs)
    ]


def _form(spec: Any, arithmetic: Arithmetic) -> CostForm:
    rate, factor = (arithmetic.constant(x) for x in (spec.rate, spec.rate * spec.exponent))
    return CostForm(
        lambda s: rate * arithmetic.power(s, spec.exponent),
        lambda s, side: factor * arithmetic.power(s, spec.exponent - 1),  # noqa: ARG005 - smooth
    )


def bends(spec: Any, top: float) -> tuple[float, float] | None:
    """Return the least and largest second derivative on [0, top], None where it has no bound."""
    exponent = spec.exponent
    if not (exponent in (1, 2) or exponent > 2):
        return None
    factor = float(spec.rate * exponent * (exponent - 1))
    if exponent <= 2:
        return factor, factor
    if not math.isfinite(top):
        return None
    return 0.0, factor * float(top) ** float(exponent - 2)
