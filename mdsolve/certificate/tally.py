"""Collecting violations: the worst one, where it is, and what is certain about all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mdsolve.conditions import ArithmeticName, Condition, Verdict
from mdsolve.game.arithmetic import Array
from mdsolve.game.enclosure import to_float

Locate = Callable[[tuple[int, ...]], Mapping[str, Any]]


@dataclass
class Tally:
    """Running maximum of violations of one condition.

    Parameters
    ----------
    allowance : number
        Largest accepted violation, in the number system of the violations.
    """

    allowance: Any
    worst: float = -np.inf
    worst_value: Any = None
    locate: Callable[[], Mapping[str, Any]] | None = None
    certainly_violated: bool = False
    undecided: bool = False
    count: int = 0
    _as_float: Any = field(default=np.frompyfunc(to_float, 1, 1), repr=False)

    def add(self, violations: Array, locate: Locate) -> None:
        """Take in an array of violations; `locate` describes an entry by its index."""
        if violations.size == 0:
            return
        self.count += violations.size
        if violations.dtype == object:
            allowed = np.asarray(violations <= self.allowance, dtype=bool)
            if not allowed.all():
                violated = np.asarray(violations > self.allowance, dtype=bool)
                self.certainly_violated |= bool(violated.any())
                self.undecided |= bool((~allowed & ~violated).any())
            measured = np.asarray(self._as_float(violations), dtype=np.float64)
        else:
            measured = violations
        flat = int(np.argmax(measured))
        if measured.ravel()[flat] > self.worst:
            index = tuple(int(k) for k in np.unravel_index(flat, measured.shape))
            self.worst = float(measured[index])
            self.worst_value = violations[index]
            self.locate = lambda: locate(index)
            if violations.dtype != object:
                self.certainly_violated |= bool(self.worst > self.allowance)

    @property
    def verdict(self) -> Verdict:
        """Pass only when every violation is certainly within the allowance."""
        if self.certainly_violated:
            return "fail"
        return "not-checked" if self.undecided else "pass"

    def condition(
        self,
        name: str,
        claimed: bool,
        *,
        scale: float,
        arithmetic: ArithmeticName,
        scope: str,
        good: str,
        bad: str,
    ) -> Condition:
        """Return the condition this tally decides."""
        verdict = self.verdict
        undecided = "the enclosures are too wide to decide; use exact arithmetic or a tolerance"
        detail = {"pass": good, "fail": bad, "not-checked": undecided}[verdict]
        return Condition(
            name=name,
            claimed=claimed,
            verdict=verdict,
            violation=self.worst if self.count else None,
            scale=scale,
            tolerance=to_float(self.allowance),
            arithmetic=arithmetic,
            scope=scope,
            detail=detail,
            witness=self.locate() if self.locate is not None else None,
        )


def shown_number(value: Any) -> Any:
    """Return a number for a witness: a fraction string if exact, else a float."""
    if type(value).__name__ == "fmpq":
        return str(value)
    return to_float(value)
