"""Numbers for reading."""

from __future__ import annotations

from fractions import Fraction
from typing import Any


def number(value: Any, digits: int = 6) -> str:
    """Return a number for reading: fractions as they are, floats with few significant digits.

    Examples
    --------
    >>> number(Fraction(10, 11)), number(0.909090909), number(3.0)
    ('10/11', '0.909091', '3')
    """
    if value is None:
        return ""
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, bool | str):
        return str(value)
    return f"{float(value):.{digits}g}"
