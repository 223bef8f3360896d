"""Side constraints on payments: their names, their numbers, and how they are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from fractions import Fraction

from mdsolve.errors import Finding, UsageError
from mdsolve.instance.numbers import exact_number

LEAST_SUBSIDY = "least-subsidy"
SMALLEST_CAP = "smallest-cap"

OBJECTIVES = ("revenue", "fairness", "spread", LEAST_SUBSIDY, SMALLEST_CAP)

SWITCHES = ("budget-balance", "deficit-allowed", "expected-balance", "coalitions", "interim")
AMOUNTS = ("cap", "floor", "revenue-floor", "spread", "subsidy")
AT_LEAST_ZERO = ("spread", "subsidy")
PER_AGENT = ("cap",)
"""Amounts that may be one agent's: ``cap.NAME=2.5``."""

CONTRADICTIONS = (
    ("budget_balance", "deficit_allowed"),
    ("budget_balance", "subsidy"),
    ("deficit_allowed", "subsidy"),
    ("revenue_floor", "subsidy"),
    ("budget_balance", "expected_balance"),
    ("deficit_allowed", "expected_balance"),
    ("expected_balance", "subsidy"),
    ("expected_balance", "revenue_floor"),
)
"""Pairs that say different things about the sum of payments."""


@dataclass(frozen=True)
class SideConstraints:
    """Constraints that couple agents or profiles; amounts are in money.

    Parameters
    ----------
    budget_balance : bool
        Payments sum to zero at every profile.
    deficit_allowed : bool
        The sum may be negative (it may not by default).
    expected_balance : bool
        The sum is not negative on average, by the prior; it may be at a profile.
    coalitions : bool
        No set of agents gains by leaving together and pooling its data, at any profile.
    interim : bool
        Rationality and truthfulness hold on average over the others' types, given the own one.
    cap, floor : Fraction or None
        Bounds on every single payment.
    revenue_floor : Fraction or None
        Least sum of payments at every profile.
    spread : Fraction or None
        Largest difference of two agents' payments at any profile.
    subsidy : Fraction or None
        By how much payments may sum to less than zero, at every profile.
    caps : tuple of (str, Fraction)
        Bounds on the payments of single agents, besides `cap`.
    """

    budget_balance: bool = False
    deficit_allowed: bool = False
    expected_balance: bool = False
    coalitions: bool = False
    interim: bool = False
    cap: Fraction | None = None
    floor: Fraction | None = None
    revenue_floor: Fraction | None = None
    spread: Fraction | None = None
    subsidy: Fraction | None = None
    caps: tuple[tuple[str, Fraction], ...] = ()

    def words(self) -> list[str]:
        """Return the constraints as they are written on the command line."""
        given = [name for name in SWITCHES if getattr(self, name.replace("-", "_"))]
        return given + self.amounts()

    def amounts(self) -> list[str]:
        """Return those constraints that name an amount of money, as they are written."""
        given = [(name, getattr(self, name.replace("-", "_"))) for name in AMOUNTS]
        written = [f"{name}={amount}" for name, amount in given if amount is not None]
        return written + [f"cap.{agent}={amount}" for agent, amount in self.caps]

    def cap_of(self, agent: str) -> Fraction | None:
        """Return the smallest amount that an agent's payments may not exceed, None for any."""
        own = [amount for name, amount in self.caps if name == agent]
        return min([*own, *([] if self.cap is None else [self.cap])], default=None)

    @property
    def least_sum(self) -> Fraction | None:
        """What payments sum to at least, at every profile; None where nothing is asked."""
        if self.deficit_allowed or self.expected_balance:
            return self.revenue_floor
        if self.subsidy is not None:
            return -self.subsidy
        return max(Fraction(0), self.revenue_floor or Fraction(0))

    def require_agents(self, agents: Sequence[str]) -> None:
        """Raise `UsageError` for caps of agents that the market does not have."""
        findings = []
        for name, _ in self.caps:
            if name not in agents:
                close = get_close_matches(name, agents, n=1)
                fix = f"did you mean {close[0]!r}?" if close else ""
                expected = f"one of the agents {', '.join(agents)}"
                findings.append(Finding(f"side constraint cap.{name}", repr(name), expected, fix))
        if findings:
            raise UsageError(findings)


@dataclass
class _Words:
    """Side constraints being read, word by word."""

    values: dict[str, bool | Fraction] = field(default_factory=dict)
    caps: dict[str, Fraction] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def read(self, word: str) -> None:
        """Take one word in, or note what is wrong with it."""
        head, separator, amount = (part.strip() for part in word.rpartition("="))
        given, amount = (head, amount) if separator else (amount, "")
        base, dot, agent = given.partition(".")
        name, where = base.replace("_", "-"), f"side constraint {word!r}"
        key = name.replace("-", "_")
        if name not in (*SWITCHES, *AMOUNTS) or (dot and name not in PER_AGENT):
            self._unknown(where, given)
        elif (agent in self.caps) if dot else (key in self.values):
            self.findings.append(Finding(where, "given twice", "each constraint once"))
        elif name in SWITCHES:
            if separator:
                self.findings.append(Finding(where, f"={amount}", "no value"))
            self.values[key] = True
        else:
            self._amount(where, name, agent if dot else None, amount)

    def _unknown(self, where: str, given: str) -> None:
        close = get_close_matches(given, (*SWITCHES, *AMOUNTS), n=1)
        known = ", ".join((*SWITCHES, *(f"{entry}=X" for entry in AMOUNTS), "cap.NAME=X"))
        fix = f"did you mean {close[0]!r}?" if close else ""
        self.findings.append(Finding(where, f"the name {given!r}", f"one of {known}", fix))

    def _amount(self, where: str, name: str, agent: str | None, amount: str) -> None:
        try:
            number = exact_number(amount)
        except ValueError:
            expected = "an amount of money, such as 2.5"
            self.findings.append(Finding(where, repr(amount), expected))
            return
        if name in AT_LEAST_ZERO and number < 0:
            place = f"side constraint {name}"
            self.findings.append(Finding(place, str(number), "an amount of 0 or more"))
        if agent is None:
            self.values[name.replace("-", "_")] = number
        else:
            self.caps[agent] = number


def parse_side_constraints(words: Sequence[str]) -> SideConstraints:
    """Return side constraints from words such as ``budget-balance`` and ``cap=2.5``.

    Raises
    ------
    UsageError
        With a finding for every unknown, repeated or malformed word.

    Examples
    --------
    >>> parse_side_constraints(["cap=2.5", "cap.big=2"]).words()
    ['cap=5/2', 'cap.big=2']
    """
    found = _Words()
    for word in words:
        found.read(word)
    for first, second in CONTRADICTIONS:
        if first in found.values and second in found.values:
            got = f"{first} and {second}".replace("_", "-")
            found.findings.append(Finding("side constraints", got, "one of the two"))
    if found.findings:
        raise UsageError(found.findings)
    return SideConstraints(**found.values, caps=tuple(found.caps.items()))  # type: ignore[arg-type]
