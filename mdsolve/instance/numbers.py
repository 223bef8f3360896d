"""Exact numbers: a decimal keeps its written value, a string may hold a fraction.

``0.1`` in a file is 1/10, not the nearest double; ``"1/3"`` is one third. Infinities and NaN are
refused, and so are numbers outside the range of doubles, which also keeps a short text from
expanding into a gigantic integer.
"""

from __future__ import annotations

import math
import numbers
import re
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

EXPONENT_LIMIT = 400
"""Largest power of ten that a number may reach in either direction."""

DIGIT_LIMIT = 1000
"""Most digits a single number may be written with."""

WHOLE = 2.0**53
"""Below this, the shortest decimals of doubles that are whole numbers are these numbers."""

SAFE_BITS = 1000
"""Integers of so many binary digits are within every bound, which need not be computed then."""

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?")
_FRACTION = re.compile(r"\s*([+-]?[0-9]+)\s*/\s*([0-9]+)\s*")
_WITH_UNIT = re.compile(r"([+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?)\s*([^\W\d_]{2,12}|[%\u20ac$\u00a3])")
"""A number with a unit written behind it."""

NUMBER_SCHEMA = {
    "anyOf": [
        {"type": "number"},
        {"type": "string", "pattern": r"^\s*[+-]?[0-9]+(\s*/\s*[0-9]+|[0-9.eE+-]*)\s*$"},
    ],
    "description": "a number; a string may hold a fraction such as 1/3",
}


def exact_number(value: Any) -> Fraction:
    """Return the exact value of a number as written.

    Parameters
    ----------
    value : int, float, Decimal, Fraction or str
        A float stands for its shortest decimal, so 0.1 is 1/10.

    Raises
    ------
    ValueError
        If it is not a finite number within the range of doubles.

    Examples
    --------
    >>> exact_number("0.1"), exact_number("1/3"), exact_number(2.5e-3)
    (Fraction(1, 10), Fraction(1, 3), Fraction(1, 400))
    """
    if isinstance(value, Fraction):
        return value
    if isinstance(value, float) and math.isfinite(value):
        # Shortest decimals of doubles are within every bound: no text has to be looked at.
        return Fraction(*decimal_ratio(value))
    if isinstance(value, bool):
        message = "true or false is not a number"
        raise ValueError(message)
    if isinstance(value, int):
        return _bounded(Fraction(value))
    if not isinstance(value, str | numbers.Number):
        message = f"a {type(value).__name__} is not a number"
        raise ValueError(message)
    text = value.strip() if isinstance(value, str) else str(value)
    if len(text) > DIGIT_LIMIT:
        message = f"a number of {len(text)} characters"
        raise ValueError(message)
    parts = _FRACTION.fullmatch(text)
    if parts:
        if int(parts[2]) == 0:
            message = "a fraction with denominator 0"
            raise ValueError(message)
        return _bounded(Fraction(int(parts[1]), int(parts[2])))
    if not _DECIMAL.fullmatch(text):
        message = f"{text[:40]!r} is not a finite number"
        raise ValueError(message)
    decimal = Decimal(text)
    if decimal and abs(decimal.adjusted()) > EXPONENT_LIMIT:
        message = f"{text[:40]!r} is outside the range of doubles"
        raise ValueError(message)
    return _bounded(Fraction(decimal))


def decimal_ratio(value: float) -> tuple[int, int]:
    """Return the shortest decimal of a finite double as a fraction in lowest terms.

    Examples
    --------
    >>> decimal_ratio(0.1), decimal_ratio(3.0), decimal_ratio(-2.5e-3)
    ((1, 10), (3, 1), (-1, 400))
    """
    if value.is_integer() and -WHOLE < value < WHOLE:
        return int(value), 1
    return Decimal(float.__repr__(value)).as_integer_ratio()


def written_number(value: Fraction) -> float | Fraction:
    """Return the double that `exact_number` reads back as the value, else the fraction itself.

    Examples
    --------
    >>> written_number(Fraction(1, 10)), written_number(Fraction(1, 3))
    (0.1, Fraction(1, 3))
    """
    nearest = float(value)
    return nearest if exact_number(nearest) == value else value


def _bounded(value: Fraction) -> Fraction:
    if value.numerator.bit_length() < SAFE_BITS:
        return value
    if abs(value) >= 10**EXPONENT_LIMIT:
        message = "a number outside the range of doubles"
        raise ValueError(message)
    try:
        float(value)
    except OverflowError:
        message = "a number outside the range of doubles"
        raise ValueError(message) from None
    return value


def is_number_text(text: str) -> bool:
    """Tell whether an unquoted scalar of an instance file is a number.

    Examples
    --------
    >>> is_number_text("1e-3"), is_number_text("12:30"), is_number_text(".inf")
    (True, False, False)
    """
    return _DECIMAL.fullmatch(text) is not None


def number_advice(value: Any) -> str:
    """Return how to mend a number that something is written behind; empty where nothing is.

    Examples
    --------
    >>> number_advice("60 %"), number_advice("7 EUR"), number_advice("many")
    ("leave out '%': 60 % as a share is 0.6", "leave out 'EUR'", '')
    """
    match = _WITH_UNIT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return ""
    number, unit = match.groups()
    share = f": {number} % as a share is {float(number) / 100:.12g}" if unit == "%" else ""
    return f"leave out {unit!r}{share}"


def bad_value(expected: str, fix: str = "") -> PydanticCustomError:
    """Return the validation error that becomes one finding with this expectation."""
    context = {"expected": expected, "fix": fix}
    return PydanticCustomError("mdsolve", "expected {expected}", context)


def _validate(value: Any) -> Fraction:
    try:
        return exact_number(value)
    except (ValueError, TypeError):
        expected = "a finite number, or a fraction in quotes such as '1/3'"
        raise bad_value(expected, number_advice(value)) from None


def _positive(value: Fraction) -> Fraction:
    if value <= 0:
        raise bad_value("a number greater than 0")
    return value


def _non_negative(value: Fraction) -> Fraction:
    if value < 0:
        raise bad_value("a number that is not negative")
    return value


def _written(value: Fraction) -> str:
    return str(value)


Number = Annotated[
    Fraction,
    BeforeValidator(_validate),
    PlainSerializer(_written),
    WithJsonSchema(NUMBER_SCHEMA),
]
"""An exact number of an instance file."""


def _whole(value: Any) -> int:
    number = _validate(value)
    if number.denominator != 1:
        raise bad_value("a whole number")
    return int(number)


WholeNumber = Annotated[int, BeforeValidator(_whole), WithJsonSchema({"type": "integer"})]
"""An integer, also where it is written as 1e4; true and false are none."""

PositiveNumber = Annotated[Number, AfterValidator(_positive)]
NonNegativeNumber = Annotated[Number, AfterValidator(_non_negative)]
