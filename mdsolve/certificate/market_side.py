"""Side constraints on payments in words, as the checker reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from mdsolve.errors import Finding
from mdsolve.instance.numbers import exact_number

SUMS = ("budget-balance", "deficit-allowed", "expected-balance")
"""Switches that say what payments sum to."""

SWITCHES = (*SUMS, "coalitions", "interim")
AMOUNTS = ("cap", "floor", "revenue-floor", "spread", "subsidy")
OBJECTIVES = ("revenue", "fairness", "spread", "least-subsidy", "smallest-cap")

SUBSIDISED = "least-subsidy"
CAPPED = "smallest-cap"
EVEN = ("fairness", "spread")
"""Objectives that make a difference of two agents small."""


@dataclass(frozen=True)
class Side:
    """What payments satisfy besides rationality and truthfulness.

    Parameters
    ----------
    switches : frozenset of str
        ``budget-balance``: they sum to zero; ``deficit-allowed``: the sum may be negative;
        ``coalitions``: nobody gains by leaving together; ``interim``: agents compare averages over
        the others' types.
    amounts : mapping of str to Fraction
        Money: ``cap`` and ``floor`` of every payment, ``revenue-floor`` of every sum, ``spread``
        of two payments at one profile, ``subsidy``: by how much sums may be negative.
    caps : mapping of str to Fraction
        Money: bounds on the payments of single agents, besides ``cap``.
    """

    switches: frozenset[str] = frozenset()
    amounts: dict[str, Fraction] = field(default_factory=dict)
    caps: dict[str, Fraction] = field(default_factory=dict)

    @property
    def given(self) -> bool:
        """Tell whether there are any."""
        return bool(self.switches or self.bounds)

    @property
    def bounds(self) -> dict[str, Fraction]:
        """Every amount by the name it is written with."""
        return self.amounts | {f"cap.{agent}": amount for agent, amount in self.caps.items()}

    def cap_of(self, agent: str) -> Fraction | None:
        """Return what an agent's payments may not exceed, None for any amount."""
        found = [self.amounts.get("cap"), self.caps.get(agent)]
        return min((amount for amount in found if amount is not None), default=None)

    @property
    def least_sum(self) -> Fraction | None:
        """What payments sum to at least at every profile, None where no least is asked for."""
        floor = self.amounts.get("revenue-floor")
        if self.deficit or self.expected:
            return floor
        if "subsidy" in self.amounts:
            return -self.amounts["subsidy"]
        return max(Fraction(0), floor or Fraction(0))

    @property
    def balanced(self) -> bool:
        """Tell whether payments sum to zero."""
        return "budget-balance" in self.switches

    @property
    def deficit(self) -> bool:
        """Tell whether payments may sum to less than zero."""
        return "deficit-allowed" in self.switches

    @property
    def unbounded(self) -> bool:
        """Tell whether rationality and truthfulness alone bound payments from above."""
        coupled = self.balanced or self.coalitions or self.interim
        return not coupled and not self.bounds.keys() - {"subsidy"}

    @property
    def interim(self) -> bool:
        """Tell whether agents compare averages over the others' types, given their own."""
        return "interim" in self.switches

    @property
    def coupled(self) -> bool:
        """Tell whether more than sums from below and caps say what payments may be."""
        amounts = self.bounds.keys() & {"floor", "revenue-floor", "spread"}
        return self.balanced or self.coalitions or bool(amounts)

    @property
    def coalitions(self) -> bool:
        """Tell whether no set of agents may gain by leaving together."""
        return "coalitions" in self.switches

    @property
    def never_loses(self) -> bool:
        """Tell whether payments may never sum to less than zero."""
        return not self.deficit and not self.expected and "subsidy" not in self.amounts

    @property
    def expected(self) -> bool:
        """Tell whether payments may not sum to less than zero on average."""
        return "expected-balance" in self.switches

    def words(self) -> list[str]:
        """Return the constraints in words."""
        amounts = [f"{name}={self.amounts[name]}" for name in AMOUNTS if name in self.amounts]
        single = [f"cap.{agent}={amount}" for agent, amount in self.caps.items()]
        return [*(name for name in SWITCHES if name in self.switches), *amounts, *single]


def same_side(words: Sequence[str], side: Side) -> bool:
    """Tell whether words name the same side constraints."""
    findings: list[Finding] = []
    return read_side(words, "", findings) == side and not findings


def read_side(words: Sequence[str], where: str, findings: list[Finding]) -> Side:
    """Return the side constraints in words such as ``cap=2.5``; problems become findings.

    Examples
    --------
    >>> read_side(["cap=2.5", "budget_balance"], "side", []).words()
    ['budget-balance', 'cap=5/2']
    """
    switches: set[str] = set()
    amounts: dict[str, Fraction] = {}
    caps: dict[str, Fraction] = {}
    for word in words:
        head, separator, tail = (part.strip() for part in word.rpartition("="))
        written, amount = (head, tail) if separator else (tail, "")
        base, dot, agent = written.partition(".")
        name = base.replace("_", "-")
        target, key = (caps, agent) if dot and name == "cap" else (amounts, name)
        if key in target or name in switches:
            findings.append(Finding(where, f"{word!r}, given twice", "each constraint once"))
        elif name in SWITCHES and not separator and not dot:
            switches.add(name)
        elif name in AMOUNTS and separator and (not dot or target is caps):
            try:
                target[key] = exact_number(amount)
            except ValueError:
                findings.append(Finding(where, repr(word), "an amount of money, such as cap=2.5"))
        else:
            known = ", ".join((*SWITCHES, *(f"{entry}=X" for entry in AMOUNTS), "cap.NAME=X"))
            findings.append(Finding(where, repr(word), f"one of {known}"))
    _contradictions(switches, amounts, where, findings)
    return Side(frozenset(switches), amounts, caps)


def _contradictions(
    switches: set[str], amounts: dict[str, Fraction], where: str, findings: list[Finding]
) -> None:
    """Note amounts below zero, and what says different things about the sum of payments."""
    sums = [name for name in (*SUMS, "subsidy") if name in switches or name in amounts]
    floored = [name for name in ("expected-balance", "subsidy") if name in sums]
    floor = "revenue-floor" in amounts and bool(floored)
    if len(sums) > 1 or floor:
        got = " and ".join(["revenue-floor", *floored] if floor else sums)
        findings.append(Finding(where, got, "one of the two"))
    findings += [
        Finding(where, f"{name}={amounts[name]}", "an amount of 0 or more")
        for name in ("spread", "subsidy")
        if amounts.get(name, Fraction(0)) < 0
    ]
