"""Names as they can be read: characters that hide, reverse or move text are shown by their code.

Whoever names an agent must not be able to turn the rest of a line around, to begin a new one, or
to send commands to a terminal. What is escaped has no ink of its own, so nothing readable is lost.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
"""Unicode categories: control, format (also of direction), private, surrogate, separators."""

JOINERS = "\u200c\u200d"
"""Invisible, but part of how some scripts and pictures are spelt."""


def legible(text: str) -> str:
    r"""Return text on one line in which every character that has no ink is written as its code.

    Examples
    --------
    >>> legible("north\u202ehtuos"), legible("a\nb"), legible("Zürich 東京")
    ('north\\u202ehtuos', 'a\\u000ab', 'Zürich 東京')
    """
    if text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if unicodedata.category(character) not in HIDDEN or character in JOINERS:
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def legible_lines(text: str) -> str:
    """Return text of several lines, each of them legible."""
    return "\n".join(map(legible, text.split("\n")))


def legible_data(value: Any) -> Any:
    """Return plain data with legible texts and keys; arrays and numbers are left alone."""
    if isinstance(value, str):
        return legible(value)
    if isinstance(value, Mapping):
        return {
            legible(key) if isinstance(key, str) else key: legible_data(entry)
            for key, entry in value.items()
        }
    if isinstance(value, list | tuple):
        numbers = bool(value) and isinstance(value[0], int | float)
        return value if numbers else type(value)(legible_data(entry) for entry in value)
    return value
