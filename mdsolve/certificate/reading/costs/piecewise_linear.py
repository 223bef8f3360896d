"""`piecewise-linear`: the largest of the lines through neighbouring points; the last goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mdsolve.certificate.numbers import Arithmetic
from mdsolve.certificate.reading.costs.base import CostForm, Part
from mdsolve.certificate.reading.lines import Lines


def parts(specs: Sequence[Any], arithmetic: Arithmetic) -> list[Part]:
    """Return lines each: numbers of points differ."""
    found = []
    for place, spec in enumerate(specs):
        lines = Lines(arithmetic, spec.points, flat_end=False)
        form = CostForm(lines.largest, lines.slope, levels=lines.slopes)
        found.append(Part([place], form))
    return found
