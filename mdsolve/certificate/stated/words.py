"""Words and counts that a solution states: what they may be."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mdsolve.certificate.stated.figures import Said
from mdsolve.instance.numbers import exact_number


def unwhole(stated: Any) -> bool:
    """Tell whether something is no whole number."""
    return isinstance(stated, bool) or not isinstance(stated, int | np.integer)


def whole(least: int, most: float = math.inf) -> Said:
    """Return the statement of a whole number in a range."""

    def problem(stated: Any) -> str:
        fits = not unwhole(stated) and least <= stated <= most
        return "" if fits else f"a whole number from {least} on belongs here"

    return Said(problem)


def positive() -> Said:
    """Return the statement of a number above 0."""

    def problem(stated: Any) -> str:
        try:
            return "" if exact_number(stated) > 0 else "a number above 0 belongs here"
        except (TypeError, ValueError):
            return "a number belongs here"

    return Said(problem)


def one_of(*words: str) -> Said:
    """Return the statement of one word out of several."""
    return Said(lambda stated: "" if stated in words else f"one of {', '.join(words)}")


def text(stated: Any) -> str:
    """Return what is wrong with a text."""
    return "" if isinstance(stated, str) else "a text belongs here"
