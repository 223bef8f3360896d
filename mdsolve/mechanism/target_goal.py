"""The goal of a design as an option: a word, or ``p-mean=P``."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from mdsolve.errors import Finding
from mdsolve.instance.numbers import exact_number
from mdsolve.mechanism.options import Option
from mdsolve.solver.target.requirements import Goal

MEAN = "p-mean="


@dataclass(frozen=True)
class GoalOption(Option):
    """What is made as large as possible."""

    def parse(self, value: Any, where: str) -> Any | Finding:
        """Return the goal's name, hyphenated, or the finding that says why it is refused."""
        text = str(value).strip().replace("_", "-")
        if text.startswith(MEAN):
            try:
                p = exact_number(text.removeprefix(MEAN))
            except ValueError:
                return Finding(where, repr(value), "p-mean=P with a number P")
            if p > 1:
                return Finding(where, repr(value), "an exponent of at most 1")
            return "welfare" if p == 1 else f"{MEAN}{float(p):g}"
        words = [choice for choice in self.choices if "=" not in choice]
        if text in words:
            return text
        close = get_close_matches(text, words, n=1)
        fix = f"did you mean {close[0]!r}?" if close else ""
        return Finding(where, repr(value), "one of " + ", ".join(self.choices), fix)


def goal_of(text: str) -> Goal:
    """Return the goal that the option's effective value stands for.

    Examples
    --------
    >>> goal_of("p-mean=0.5")
    Goal(aim='p-mean', exponent=0.5)
    """
    if text.startswith(MEAN):
        return Goal("p-mean", float(text.removeprefix(MEAN)))
    return Goal(text)  # type: ignore[arg-type]
