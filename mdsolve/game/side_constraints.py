"""Side constraints on payments: their names, their numbers, and how they are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction

from mdsolve.errors import Finding, UsageError
from mdsolve.instance.numbers import exact_number

OBJECTIVES = ("revenue", "fairness", "spread")

SWITCHES = ("budget-balance", "deficit-allowed")
AMOUNTS = ("cap", "floor", "revenue-floor", "spread")


@dataclass(frozen=True)
class SideConstraints:
    """Constraints that couple agents or profiles; amounts are in money.

    Parameters
    ----------
    budget_balance : bool
        Payments sum to zero at every profile.
    deficit_allowed : bool
        The sum may be negative (it may not by default).
    cap, floor : Fraction or None
        Bounds on every single payment.
    revenue_floor : Fraction or None
        Least sum of payments at every profile.
    spread : Fraction or None
        Largest difference of two agents' payments at any profile.
    """

    budget_balance: bool = False
    deficit_allowed: bool = False
    cap: Fraction | None = None
    floor: Fraction | None = None
    revenue_floor: Fraction | None = None
    spread: Fraction | None = None

    def words(self) -> list[str]:
        """Return the constraints as they are written on the command line."""
        written = ["budget-balance"] if self.budget_balance else []
        written += ["deficit-allowed"] if self.deficit_allowed else []
        return written + self.amounts()

    def amounts(self) -> list[str]:
        """Return those constraints that name an amount of money, as they are written."""
        given = [(name, getattr(self, name.replace("-", "_"))) for name in AMOUNTS]
        return [f"{name}={amount}" for name, amount in given if amount is not None]


def parse_side_constraints(words: Sequence[str]) -> SideConstraints:
    """Return side constraints from words such as ``budget-balance`` and ``cap=2.5``.

    Raises
    ------
    UsageError
        With a finding for every unknown, repeated or malformed word.

    Examples
    --------
    >>> parse_side_constraints(["cap=2.5"]).cap
    Fraction(5, 2)
    """
    findings: list[Finding] = []
    values: dict[str, bool | Fraction] = {}
    for word in words:
        name, separator, amount = (part.strip() for part in word.partition("="))
        where = f"side constraint {word!r}"
        key = name.replace("-", "_")
        if name not in (*SWITCHES, *AMOUNTS):
            close = get_close_matches(name, (*SWITCHES, *AMOUNTS), n=1)
            known = ", ".join((*SWITCHES, *(f"{entry}=X" for entry in AMOUNTS)))
            fix = f"did you mean {close[0]!r}?" if close else ""
            findings.append(Finding(where, f"the name {name!r}", f"one of {known}", fix))
        elif key in values:
            findings.append(Finding(where, "given twice", "each constraint once"))
        elif name in SWITCHES:
            if separator:
                findings.append(Finding(where, f"={amount}", "no value"))
            values[key] = True
        else:
            try:
                values[key] = exact_number(amount)
            except ValueError:
                findings.append(Finding(where, repr(amount), "an amount of money, such as 2.5"))
    if values.get("budget_balance") and values.get("deficit_allowed"):
        findings.append(
            Finding("side constraints", "budget-balance and deficit-allowed", "one of the two")
        )
    spread = values.get("spread")
    if isinstance(spread, Fraction) and spread < 0:
        findings.append(Finding("side constraint spread", str(spread), "an amount of 0 or more"))
    if findings:
        raise UsageError(findings)
    return SideConstraints(**values)  # type: ignore[arg-type]
