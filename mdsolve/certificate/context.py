"""What every condition is given: the instance as read, the claim, and how to say what was found.

A condition computes violations in the number system of its context and hands them to `decided`,
which compares them with the tolerance times the instance's scale, row by row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Arithmetic, Booleans, Floats, Quantity
from mdsolve.conditions import Condition, Verdict
from mdsolve.progress import Monitor

Witness = Callable[[int], Mapping[str, Any]]

Figure = tuple[int, str, str]
"""A claim (as an object), a condition, and a path: what a proof of one figure is kept under."""


class NoRouteError(Exception):
    """The checker has no way to a condition here; the message says why."""


@dataclass(frozen=True)
class Context:
    """What conditions of all kinds of instance have in common.

    Parameters
    ----------
    arithmetic : Arithmetic
        Number system of the check.
    tolerance : float
        Accepted violation relative to the instance's scale.
    claimed : frozenset of str
        Conditions that the verdict speaks of.
    covered : mapping of str to set of str
        Which keys of the solution each condition vouches for, should it pass.
    proved : mapping
        Figures of the same claim that were proved in a number system tried before this one.
    """

    arithmetic: Arithmetic
    tolerance: float
    claimed: frozenset[str]
    monitor: Monitor
    covered: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    proved: dict[Figure, Condition] = field(default_factory=dict)

    def cover(self, condition: str, keys: Iterable[str]) -> None:
        """Note which keys of the solution a condition vouches for, should it pass."""
        self.covered[condition].update(keys)

    def decided(
        self,
        name: str,
        violations: Quantity,
        scale: Any,
        *,
        words: tuple[str, str],
        scope: str,
        witness: Witness | None = None,
        refuted: Booleans | None = None,
        undecided: Booleans | None = None,
        delta: float | None = None,
    ) -> Condition:
        """Return the condition that rows of violations decide.

        Parameters
        ----------
        violations : (rows,)
            Holds where at most the tolerance times the scale.
        scale : number or (rows,)
            Of the instance, in the units of the violations.
        words : (str, str)
            What passing and failing mean.
        witness : callable or None
            Describes a row by its number.
        refuted, undecided : (rows,) of bool or None
            Rows that fail, or stay open, for another reason than their violation.
        """
        arithmetic = self.arithmetic
        rows = violations.shape[0]
        scales = np.broadcast_to(np.asarray(scale, dtype=np.float64), (rows,))
        allowed = self.tolerance * scales
        truth = arithmetic.at_most(violations, arithmetic.stored(allowed))
        fails, holds = truth.fails, truth.holds
        if refuted is not None:
            fails, holds = fails | refuted, holds & ~refuted
        if undecided is not None:
            fails, holds = fails & ~undecided, holds & ~undecided
        verdict: Verdict = "fail" if fails.any() else "pass" if holds.all() else "not-checked"
        low, high = arithmetic.ends(violations)
        row = worst_row(verdict, fails, holds, low, high, scales)
        shown = None if row is None else float((low if verdict == "fail" else high)[row])
        open_interval = None
        if verdict == "not-checked" and row is not None:
            open_interval = (float(low[row]), float(high[row]))
        detail = {
            "pass": words[0],
            "fail": words[1],
            "not-checked": "neither proved nor refuted: what is known leaves room for both",
        }[verdict]
        return Condition(
            name,
            name in self.claimed,
            verdict,
            violation=shown if shown is not None and np.isfinite(shown) else None,
            scale=None if row is None else float(scales[row]),
            tolerance=None if row is None else float(allowed[row]),
            arithmetic=arithmetic.name,
            scope=scope,
            detail=detail,
            witness=None if witness is None or row is None else dict(witness(row)),
            delta=delta,
            interval=open_interval,
        )

    def unchecked(self, name: str, reason: str) -> Condition:
        """Return a condition that was not checked, with the reason."""
        return Condition(
            name,
            name in self.claimed,
            "not-checked",
            arithmetic=self.arithmetic.name,
            detail=reason,
        )

    def shown(self, number: Quantity) -> float | str:
        """Return one number for a witness: a short fraction in exact arithmetic, else a float."""
        if self.arithmetic.exact:
            text = str(np.asarray(number, dtype=object).item())
            if len(text) <= FRACTION_LENGTH:
                return text
        return float(np.asarray(self.arithmetic.nearest(number)).reshape(-1)[0])


FRACTION_LENGTH = 40
"""Most characters of a fraction that a witness shows."""


def worst_row(
    verdict: Verdict,
    fails: Booleans,
    holds: Booleans,
    low: Floats,
    high: Floats,
    scales: npt.NDArray[np.float64],
) -> int | None:
    """Return the row to show: the largest violation, relative to its scale, that decides."""
    if len(low) <= 1:
        return 0 if len(low) else None
    pool = {"fail": fails, "pass": np.ones_like(holds), "not-checked": ~holds}[verdict]
    size = low if verdict == "fail" else high
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(scales > 0, size / scales, np.sign(size) * np.inf)
    relative = np.where(np.isnan(relative), np.inf, relative)
    candidates = np.flatnonzero(pool)
    order = np.lexsort((size[candidates], relative[candidates]))
    return int(candidates[order[-1]])
