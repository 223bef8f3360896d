"""Numbers of a sweep's rows for reading: what no check tells from 0 is 0."""

from __future__ import annotations

from typing import Any

from mdsolve.study.sweep_table import Row
from mdsolve.tolerance import DEFAULT

MONEY = ("welfare", "least_utility", "alone_margin", "revenue", "minimal_revenue")
"""Numbers of a row that are money."""


def money_scale(row: Row) -> float:
    """Return the largest money in a row, that of its agents included."""
    numbers = (float(row.numbers.get(key) or 0.0) for key in MONEY)
    columns = (row.agents.get(key, ()) for key in ("utilities", "payments"))
    return max(abs(x) for x in (*numbers, *(float(x) for column in columns for x in column)))


def shown_number(row: Row, key: str) -> Any:
    """Return a number of a row, 0 where it is money that is rounding; None where undefined.

    Examples
    --------
    >>> numbers = {"welfare": 20.0, "alone_margin": 2.6e-13}
    >>> row = Row(1, (), "", "none", "solved", "pass", numbers, {})
    >>> shown_number(row, "alone_margin"), shown_number(row, "welfare")
    (0.0, 20.0)
    """
    found = row.numbers.get(key)
    small = DEFAULT.verify * money_scale(row)
    noise = key in MONEY and found is not None and abs(float(found)) <= small
    return 0.0 if noise else found
