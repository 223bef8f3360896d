"""What a certificate amounts to: how many conditions are proved, computed, open or violated."""

from __future__ import annotations

from dataclasses import dataclass

from mdsolve.conditions import Certificate, Condition

MARKS = {"pass": "✓", "fail": "✗", "not-checked": "?"}
WITHIN = "≈"
"""Mark of a condition that passes with a violation, however small."""

RANKS = {"fail": 0, "not-checked": 1, "pass": 2}


@dataclass(frozen=True)
class Tally:
    """Numbers of conditions by what is known of them.

    Parameters
    ----------
    proved, floats : int
        Of those that hold: proved rigorously, or checked in floating-point numbers.
    unchecked, violated : int
    unpromised : int
        Of the violated ones, those that the mechanism does not promise.
    """

    proved: int
    floats: int
    unchecked: int
    violated: int
    unpromised: int = 0

    @property
    def words(self) -> str:
        """The numbers in words, those that are 0 left out.

        Examples
        --------
        >>> Tally(9, 1, 0, 0).words
        '9 conditions proved, 1 checked in floats'
        >>> Tally(0, 7, 1, 2, 2).words
        '7 conditions checked in floats, 1 not checked, 2 violated (not promised)'
        """
        parts = {
            "proved": self.proved,
            "checked in floats": self.floats,
            "not checked": self.unchecked,
            f"violated{self._promise()}": self.violated,
        }
        said = [f"{count:,} {word}" for word, count in parts.items() if count]
        if not said:
            return "no condition was looked at"
        count, _, rest = said[0].partition(" ")
        noun = "condition" if count == "1" else "conditions"
        return ", ".join([f"{count} {noun} {rest}", *said[1:]])

    def _promise(self) -> str:
        if not self.unpromised:
            return ""
        some = f"{self.unpromised} " if self.unpromised < self.violated else ""
        return f" ({some}not promised)"


def tally_of(certificate: Certificate) -> Tally:
    """Return how many conditions of a certificate are proved, computed, open or violated."""
    verdicts = [condition.verdict for condition in certificate.conditions]
    holding = [c for c in certificate.conditions if c.verdict == "pass"]
    floats = sum(condition.arithmetic == "float" for condition in holding)
    return Tally(
        proved=len(holding) - floats,
        floats=floats,
        unchecked=verdicts.count("not-checked"),
        violated=verdicts.count("fail"),
        unpromised=sum(c.verdict == "fail" and not c.claimed for c in certificate.conditions),
    )


def mark_of(condition: Condition) -> str:
    """Return the mark of a condition; a tick only where nothing is violated at all.

    Examples
    --------
    >>> mark_of(Condition("nash", True, "pass", violation=0.5, tolerance=1e3))
    '≈'
    """
    exceeded = condition.violation is not None and condition.violation > 0
    return WITHIN if condition.verdict == "pass" and exceeded else MARKS[condition.verdict]


def worst_first(certificate: Certificate) -> list[Condition]:
    """Return the conditions, violated ones first, then open ones, promised ones first in each."""
    return sorted(certificate.conditions, key=lambda c: (RANKS[c.verdict], not c.claimed))
