"""Solutions as plain data that holds everything, for stores of finished work."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mdsolve.conditions import Certificate
from mdsolve.solution import Solution, plain
from mdsolve.status import Termination

STOPPED = (Termination.LIMIT, Termination.INTERRUPTED)
"""How solutions end that are computed again when the work goes on."""


def solution_to_plain(solution: Solution) -> dict[str, Any]:
    """Return a solution as plain data, arrays of any size included."""
    return solution.to_dict(lambda _, array: plain(array))


def solution_from_plain(data: dict[str, Any]) -> Solution:
    """Return the solution in plain data, its certificate as it was stored."""
    found = Solution.from_dict({key: x for key, x in data.items() if key != "certificate"})
    stored = data.get("certificate")
    return replace(found, certificate=None if stored is None else Certificate.from_dict(stored))


def is_final(solution: Solution) -> bool:
    """Tell whether nothing stopped the computation."""
    return solution.termination not in STOPPED
