"""What a sharing solution says beside its profile: other equilibria, viability, private contracts.

Words for the terminal; the numbers are keys of the solution.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mdsolve.report.agent_rows import largest
from mdsolve.report.numbers import number
from mdsolve.tolerance import DEFAULT

SHOWN = 12
"""Most totals that are listed one by one."""


def findings_words(answers: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each of these findings that a solution has.

    Examples
    --------
    >>> found = {"equilibrium_totals": [0.0, 478.1566, 541.6639], "smallest_viable": 176}
    >>> for words in findings_words(found):
    ...     print(words)
    Equilibrium totals: 0, 478.157, 541.664.
    Smallest number of agents with a positive total: 176.
    """
    return [
        words
        for words in (
            _totals(answers),
            _viability(answers.get("viable_alone")),
            _least(answers.get("smallest_viable")),
            _rents(answers),
        )
        if words
    ]


def _totals(answers: Mapping[str, Any]) -> str:
    """Return the totals of all equilibria, intervals as such; empty for a single one."""
    intervals = answers.get("equilibrium_intervals")
    if intervals is None:
        stated = answers.get("equilibrium_totals", answers.get("equilibria"))
        if not isinstance(stated, list | tuple | np.ndarray):
            return ""
        intervals = [(total, total) for total in stated]
    ranges = [tuple(number(float(end)) for end in interval) for interval in intervals]
    listed = [low if low == high else f"{low} to {high}" for low, high in ranges]
    if len(listed) < 2 and all(low == high for low, high in ranges):
        return ""
    more = f", and {len(listed) - SHOWN:,} more" if len(listed) > SHOWN else ""
    return f"Equilibrium totals: {', '.join(listed[:SHOWN])}{more}."


def _viability(viable: Any) -> str:
    if viable is None:
        return ""
    count, size = int(np.sum(viable)), len(viable)
    return f"Agents who would collect data alone: {count:,} of {size:,}."


def _least(count: Any) -> str:
    return "" if count is None else f"Smallest number of agents with a positive total: {count:,}."


def _rents(answers: Mapping[str, Any]) -> str:
    """Return what private knowledge of low costs is worth to those who have it."""
    if "information_rent" not in answers:
        return ""
    rents = np.asarray(answers["information_rent"], dtype=float)
    money = largest(rents, np.asarray(answers.get("utilities", ()), dtype=float))
    rents = np.where(np.abs(rents) <= DEFAULT.verify * money, 0.0, rents)
    if rents.max(initial=0.0) <= 0:
        return "Information rent of low costs: none."
    low, high = number(float(rents.min()), 4), number(float(rents.max()), 4)
    amount = low if low == high else f"{low} to {high}"
    return f"Information rent of low costs, beyond what they earn alone: {amount} per agent."
