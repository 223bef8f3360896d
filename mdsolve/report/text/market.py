"""The outcome of a market at one profile as tables for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from mdsolve.report.numbers import column, number
from mdsolve.report.text.console import Grid
from mdsolve.report.units import NO_UNITS, Units
from mdsolve.solution import Solution
from mdsolve.tolerance import ROUND_OFF

COLUMNS = {
    "type": "profile",
    "model": "model_quality",
    "chance": "model_chance",
    "value": "values",
    "outside": "outside_values",
    "pays": "payments",
    "utility": "utilities",
}
"""Heading -> key of the solution."""

MONEY = ("values", "outside_values", "payments", "utilities")


def market_view(solution: Solution, units: Units = NO_UNITS) -> RenderableType:
    """Return a row per agent at the profile shown, and the sums of payments."""
    answers = solution.answers
    scale = _scale(answers)
    present = {head: list(answers[key]) for head, key in COLUMNS.items() if key in answers}
    if "utilities" in answers and "outside_values" in answers:
        pairs = zip(answers["utilities"], answers["outside_values"], strict=True)
        present["gain"] = [inside - outside for inside, outside in pairs]
    for head in ("pays", "utility", "gain"):
        if head in present:
            present[head] = [_without_rounding(value, scale) for value in present[head]]
    named = {**COLUMNS, "gain": "utilities"}
    heads = ["agent", *(units.heading(head, named[head]) for head in present)]
    cells = [list(solution.agents), *(column(values) for values in present.values())]
    return Group(
        Grid("Outcome at the profile shown", heads, cells), _revenue(answers, scale, units)
    )


def _revenue(answers: Mapping[str, Any], scale: float, units: Units) -> RenderableType:
    """Return the sums of payments, as far as they are known."""
    lowest = ", ".join(number(t) for t in answers.get("minimal_profile", ()))
    at = f" at types ({lowest})" if lowest else ""
    words = {
        "revenue": "{} here",
        "minimal_revenue": "least {}" + at,
        "mean_revenue": "mean {} over all profiles",
    }
    known = [
        text.format(units.after(number(_without_rounding(answers[key], scale)), key))
        for key, text in words.items()
        if key in answers
    ]
    return Text(f"Revenue {'; '.join(known)}.\n" if known else "")


def _scale(answers: Mapping[str, Any]) -> float:
    """Return the largest amount of money of the outcome."""
    sizes = [abs(float(value)) for key in MONEY for value in answers.get(key, ())]
    return max(sizes, default=0.0)


def _without_rounding(value: Any, scale: float) -> Any:
    """Return money for reading; what is rounding beside the largest amount is 0."""
    return 0 if abs(float(value)) <= ROUND_OFF * scale else value
