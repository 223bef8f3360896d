"""Payments of largest revenue of a growth market on integers, with the paths that bind."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mdsolve.instance.numbers import exact_number
from mdsolve.proving.checker import checker
from mdsolve.proving.record import NotProvableError
from mdsolve.tolerance import PAYMENT_AGREEMENT, PAYMENT_MARGIN_OF_UTILITY, PAYMENT_MARGIN_OF_VALUE

FORMAT = "market-proof 1"

UNIT = 10**18
"""Payments of irrational markets are stated in units of one over this."""

MOST_PROFILES = 10**6
"""Most multisets of types that a proof lists."""


@dataclass(frozen=True)
class Columns:
    """W, h and the report that binds h, per sum of the others' types and own type.

    Parameters
    ----------
    market, types
        As claims hold them.
    unit : int
        Numbers are integers over this.
    value, utility : list of list of int
        W, and h: what rationality and truthfulness leave to an agent.
    before : list of list of (int or None)
        The report that binds, None for staying out.
    """

    market: Mapping[str, Any]
    types: Sequence[int]
    unit: int
    value: list[list[int]]
    utility: list[list[int]]
    before: list[list[int | None]]

    @classmethod
    def of(cls, market: Mapping[str, Any], types: Sequence[int]) -> Columns:
        """Solve every column.

        Raises
        ------
        NotProvableError
            Where there are too many.
        """
        n, (lo, hi) = market["n"], types
        if math.comb(hi - lo + n, n) > MOST_PROFILES:
            message = f"a table of more than {MOST_PROFILES:,} profiles is too large for a proof"
            raise NotProvableError(message)
        program = checker()
        program.STEPS[0] = 0
        powers = program.Market(dict(market), list(types))
        try:
            powers.tabulate(n * n * hi)
        except program.Refused as refused:
            raise NotProvableError(str(refused)) from None
        columns = [
            _column(powers.high, market, types, tau)
            for tau in range((n - 1) * lo, (n - 1) * hi + 1)
        ]
        value, utility, before = (list(part) for part in zip(*columns, strict=True))
        return cls(market, types, powers.unit, value, utility, before)

    @property
    def worth(self) -> Fraction:
        """The largest value of an agent."""
        return Fraction(max(map(max, self.value)), self.unit)

    @property
    def rational(self) -> bool:
        """Whether values are fractions."""
        return Fraction(self.market["alpha"]) in {0, -1}

    def payments(self) -> tuple[Fraction, list[list[int]]]:
        """Return the unit of money and the payments in it, by the others' sum and the own type."""
        pairs = [
            list(zip(*rows, strict=True)) for rows in zip(self.value, self.utility, strict=True)
        ]
        if self.rational:
            exact = [[Fraction(w - h, self.unit) for w, h in row] for row in pairs]
            below = math.lcm(*(p.denominator for row in exact for p in row))
            return Fraction(1, below), [[int(p * below) for p in row] for row in exact]
        keep = 1 - exact_number(PAYMENT_MARGIN_OF_VALUE)
        give = 1 + exact_number(PAYMENT_MARGIN_OF_UTILITY)
        rows = [
            [math.floor((w * keep - h * give) * UNIT / self.unit) for w, h in row] for row in pairs
        ]
        return Fraction(1, UNIT), rows

    def distance(self, table: Any) -> Fraction:
        """Return how far a table of payments, shape (n, m, ..., m), is from these."""
        unit, rows = self.payments()
        n, size = self.market["n"], self.types[1] - self.types[0] + 1
        furthest = Fraction(0)
        for profile in itertools.product(range(size), repeat=n):
            total = sum(profile)
            for agent, own in enumerate(profile):
                due = rows[total - own][own] * unit
                furthest = max(furthest, abs(Fraction(table[(agent, *profile)]) - due))
        return furthest

    def claim(self) -> dict[str, Any]:
        """Return the claim that these payments form a desirable mechanism, with maximality."""
        unit, rows = self.payments()
        near = exact_number(PAYMENT_AGREEMENT)
        while near < 10 * exact_number(PAYMENT_MARGIN_OF_UTILITY) * self.worth:
            near *= 10
        return {
            "format": FORMAT,
            "claim": "payments",
            "market": dict(self.market),
            "types": list(self.types),
            "unit": str(unit),
            "eps": "0",
            "pay": rows,
            "maximal": "0" if self.rational else str(near),
            "pred": self.before,
        }


def _column(
    power: Sequence[int], market: Mapping[str, Any], types: Sequence[int], tau: int
) -> tuple[list[int], list[int], list[int | None]]:
    """Return W, h and the binding reports against others who total tau.

    h(s) is the largest of O(s) and of h(r) + s (s + c y)^a - y (n y)^a over reports r with y = r +
    tau < s; a report whose model is no worse than the own data gains nothing.
    """
    n, lo, hi = market["n"], *types
    c = n - 1
    kept = c if market["outside"] == "pooled" else 1
    value = [power[n * (s + tau)] * (s + tau) for s in range(lo, hi + 1)]
    utility: list[int] = []
    before: list[int | None] = []
    for s in range(lo, hi + 1):
        best, report = power[s + kept * tau] * s, None
        for r in range(lo, min(s, s - tau)):
            y = r + tau
            found = utility[r - lo] + power[s + c * y] * s - power[n * y] * y
            if found > best:
                best, report = found, r
        if (
            utility and utility[-1] > best
        ):  # a report next to the truth gains nothing and loses nothing
            best, report = utility[-1], s - 1
        utility.append(best)
        before.append(report)
    return value, utility, before
