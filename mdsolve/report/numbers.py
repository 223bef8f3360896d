"""Numbers for reading: thousands apart, few digits, and the same decimals all down a column."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from mdsolve.tolerance import ROUND_OFF

LONGEST_FRACTION = 12
"""Characters; longer fractions are shown as decimals, and stored whole in solutions."""

LONG_FRACTION = re.compile(rf"(?=.{{{LONGEST_FRACTION + 1},}}$)-?\d+/[1-9]\d*")
"""A text that stands for a fraction too long to be read."""

PLAIN = (1e-4, 1e15)
"""Sizes between which a number is written out; others have a power of ten."""

MOST_DIGITS = 8
"""Digits of the largest entry of a column, where small entries ask for more decimals."""


def number(value: Any, digits: int = 6) -> str:
    """Return a number for reading: short fractions as they are, others with few digits.

    Whole digits are never rounded away, and thousands are set apart.

    Examples
    --------
    >>> number(Fraction(10, 11)), number(0.909090909), number(3.0)
    ('10/11', '0.909091', '3')
    >>> number(Fraction(-41786523, 10**8)), number("41786523/99991")
    ('-0.417865', '417.903')
    >>> number(26480.3, 4), number(1e-7)
    ('26,480', '1e-07')
    """
    if value is None:
        return ""
    if isinstance(value, str) and LONG_FRACTION.fullmatch(value):
        value = Fraction(value)
    if isinstance(value, bool | str):
        return str(value)
    if is_short_fraction(value):
        return f"{int(value):,}" if value.denominator == 1 else str(value)
    found = float(value)
    rounded = float(f"{found:.{digits}g}")
    if not min(1000, 10**digits) <= abs(rounded) < PLAIN[1]:
        return f"{found:.{digits}g}"
    text = f"{found:,.{max(0, digits - _whole_digits(rounded))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def is_short_fraction(value: Any) -> bool:
    """Tell whether a value is an exact number that is short enough to be shown as it is."""
    return isinstance(value, Fraction) and len(str(value)) <= LONGEST_FRACTION


def as_float(value: Any) -> float:
    """Return a number, or a text such as 1/3 that stands for one."""
    return float(Fraction(value) if isinstance(value, str) else value)


def amount(value: Any, scale: float = 0.0) -> str:
    """Return a number for a board: thousands apart, four digits, rounding noise as 0.

    Parameters
    ----------
    scale : float
        Largest of the numbers that this one stands beside; what is rounding beside it is 0.

    Examples
    --------
    >>> amount(12345.678), amount(-0.0713449), amount(1e-15, 1.0), amount(None)
    ('12,346', '-0.07134', '0', 'not known')
    """
    if value is None:
        return "not known"
    found = as_float(value)
    return "0" if abs(found) <= ROUND_OFF * scale else number(found, 4)


def column(values: Iterable[Any], digits: int = 5) -> list[str]:
    """Return the numbers of a column with the same decimals, so that they can be compared.

    The largest has about so many digits; decimals are added where small ones would vanish, and
    what is smaller still has more of them for itself. None is left empty, infinity is no limit.
    A column of short fractions stays exact.

    Examples
    --------
    >>> column([26480.3, -975.25, 0]), column([183, 144.5, 139.7])
    (['26,480', '-975', '0'], ['183.0', '144.5', '139.7'])
    >>> column([0.25, None, 0.0005]), column([2.5e-7, 1e-8]), column([Fraction(1, 3), Fraction(2)])
    (['0.2500', '', '0.0005'], ['2.5e-07', '1.0e-08'], ['1/3', '2'])
    """
    listed = list(values)
    if any(isinstance(value, Fraction) for value in listed) and all(
        value is None or is_short_fraction(value) for value in listed
    ):
        return [number(value) for value in listed]
    numbers = [None if value is None else float(value) for value in listed]
    sizes = [abs(x) for x in numbers if x is not None and math.isfinite(x) and x != 0]
    if sizes and not PLAIN[0] <= max(sizes) < PLAIN[1]:
        return _powers(numbers, sizes, digits)
    decimals = _decimals(sizes, digits)
    return _without_common_zeros([_entry(value, decimals) for value in numbers])


def _whole_digits(size: float) -> int:
    """Return the digits before the point, at most 0 for what is smaller than 1."""
    return math.floor(math.log10(abs(size))) + 1


def _decimals(sizes: Sequence[float], digits: int) -> int:
    """Return how many decimals a column needs."""
    if all(size == round(size) for size in sizes):
        return 0
    before = _whole_digits(float(f"{max(sizes):.{digits}g}"))
    wanted = max(0, digits - before)
    asked = (2 - _whole_digits(size) for size in sizes)  # two digits of each
    return max([wanted, *(decimals for decimals in asked if decimals + before <= MOST_DIGITS)])


def _entry(value: float | None, decimals: int) -> str:
    if value is None:
        return ""
    if not math.isfinite(value):
        return "no limit" if value > 0 else str(value)
    if 0 < abs(value) < 10.0**-decimals:
        return number(value, 2)  # less than one unit of the last place
    text = f"{value:,.{decimals}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text


def _powers(numbers: Sequence[float | None], sizes: Sequence[float], digits: int) -> list[str]:
    """Return a column of very large or very small numbers."""
    needed = max(len(f"{size:.{digits}g}".split("e")[0].replace(".", "")) for size in sizes)
    shown = max(1, min(digits, needed) - 1)
    return [
        "" if x is None else "0" if x == 0 else f"{x:.{shown}e}" if math.isfinite(x) else "no limit"
        for x in numbers
    ]


def _without_common_zeros(shown: list[str]) -> list[str]:
    """Drop final zeros that all decimals of a column have."""
    decimals = [text for text in shown if "." in text and "e" not in text]
    while decimals and all(text.endswith("0") for text in decimals) and len(decimals[0]) > 1:
        decimals = [text[:-1] for text in decimals]
        shown = [text[:-1] if "." in text and "e" not in text else text for text in shown]
        if decimals[0].endswith("."):
            return [text.rstrip(".") for text in shown]
    return shown
