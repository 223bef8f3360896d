"""Numbers for reading."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

LONGEST_FRACTION = 12
"""Characters; longer fractions are shown as decimals, and stored whole in solutions."""


def number(value: Any, digits: int = 6) -> str:
    """Return a number for reading: short fractions as they are, others with few digits.

    Examples
    --------
    >>> number(Fraction(10, 11)), number(0.909090909), number(3.0)
    ('10/11', '0.909091', '3')
    >>> number(Fraction(-41786523, 10**8))
    '-0.417865'
    """
    if value is None:
        return ""
    if isinstance(value, Fraction) and len(str(value)) <= LONGEST_FRACTION:
        return str(value)
    if isinstance(value, bool | str):
        return str(value)
    return f"{float(value):.{digits}g}"
