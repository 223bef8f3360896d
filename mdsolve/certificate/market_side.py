"""Side constraints on payments in words, as the checker reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from mdsolve.errors import Finding
from mdsolve.instance.numbers import exact_number

SWITCHES = ("budget-balance", "deficit-allowed")
AMOUNTS = ("cap", "floor", "revenue-floor", "spread")
OBJECTIVES = ("revenue", "fairness", "spread")


@dataclass(frozen=True)
class Side:
    """What payments satisfy besides rationality and truthfulness.

    Parameters
    ----------
    switches : frozenset of str
        ``budget-balance``: they sum to zero; ``deficit-allowed``: the sum may be negative.
    amounts : mapping of str to Fraction
        Money: ``cap`` and ``floor`` of every payment, ``revenue-floor`` of every sum, ``spread``
        of two payments at one profile.
    """

    switches: frozenset[str] = frozenset()
    amounts: dict[str, Fraction] = field(default_factory=dict)

    @property
    def given(self) -> bool:
        """Tell whether there are any."""
        return bool(self.switches or self.amounts)

    @property
    def balanced(self) -> bool:
        """Tell whether payments sum to zero."""
        return "budget-balance" in self.switches

    @property
    def deficit(self) -> bool:
        """Tell whether payments may sum to less than zero."""
        return "deficit-allowed" in self.switches

    def words(self) -> list[str]:
        """Return the constraints in words."""
        amounts = [f"{name}={self.amounts[name]}" for name in AMOUNTS if name in self.amounts]
        return [*(name for name in SWITCHES if name in self.switches), *amounts]


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
    for word in words:
        name, separator, amount = (part.strip() for part in word.partition("="))
        name = name.replace("_", "-")
        if name in switches or name in amounts:
            findings.append(Finding(where, f"{word!r}, given twice", "each constraint once"))
        elif name in SWITCHES and not separator:
            switches.add(name)
        elif name in AMOUNTS and separator:
            try:
                amounts[name] = exact_number(amount)
            except ValueError:
                findings.append(Finding(where, repr(word), "an amount of money, such as cap=2.5"))
        else:
            known = ", ".join((*SWITCHES, *(f"{entry}=X" for entry in AMOUNTS)))
            findings.append(Finding(where, repr(word), f"one of {known}"))
    if len(switches) == len(SWITCHES):
        findings.append(Finding(where, " and ".join(SWITCHES), "one of the two"))
    if amounts.get("spread", Fraction(0)) < 0:
        findings.append(Finding(where, f"spread={amounts['spread']}", "an amount of 0 or more"))
    return Side(frozenset(switches), amounts)
