"""Columns of growth markets that differ in the grid's end only, in doubles and in fractions."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any

import flint
import numpy as np

from mdsolve.errors import MemoryLimitError
from mdsolve.game.enclosure import ENCLOSURE, RATIONAL, RationalArithmetic
from mdsolve.solver.market.growth_column import Floats, rise_level, solve_column, useful_ratio
from mdsolve.solver.market.integer_tables import (
    charge_outsiders,
    fill_column,
    integer_powers,
    next_near_zero,
)
from mdsolve.solver.market.routes import readable
from mdsolve.tolerance import ROUND_OFF

FIRST_ROWS = 512

EXACT_ROWS = 2000
"""Most rows of a column that are solved again in exact fractions to decide a tie."""


@dataclass(frozen=True)
class Column:
    """A solved column: own types s = lo + k against others who total tau.

    Parameters
    ----------
    utility, gains, revenue : (m,)
        h, h - W, and the least revenue over the splits of tau.
    """

    low: int
    tau: int
    utility: Floats
    gains: Floats
    revenue: Floats
    first: int


@dataclass(frozen=True)
class GrowthFamily:
    """The growth markets of one question: everything but the grid's end."""

    agents: int
    exponent: Fraction
    low: int
    outside: str
    memory_limit: int
    _powers: list[Floats] = field(default_factory=list)

    def powers(self, count: int) -> Floats:
        """Return i ** a for i < count; the longest table so far is kept."""
        if not self._powers or len(self._powers[-1]) < count:
            known = self._powers[-1] if self._powers else None
            self._powers[:] = [integer_powers(count + FIRST_ROWS, self.a, known)]
        return self._powers[-1]

    @property
    def a(self) -> float:
        """Exponent of the total quality, as a double."""
        return float(self.exponent)

    @property
    def others(self) -> int:
        """Number of agents but one."""
        return self.agents - 1

    @property
    def weight(self) -> int:
        """How often the others' data count in the market that an outsider sees."""
        return self.others if self.outside == "pooled" else 1

    def split(self, tau: int) -> list[int]:
        """Return the others' types with the largest total outside value."""
        return [tau - (self.agents - 2) * self.low] + [self.low] * (self.agents - 2)

    def check_memory(self, rows: int) -> None:
        """Raise `MemoryLimitError` if a column of so many types would be too large."""
        need = 8 * rows * (self.agents + 6)
        if need > self.memory_limit:
            raise MemoryLimitError.single(
                "frontier limit",
                f"{rows:,} types, which need about {readable(need)}",
                f"at most {readable(self.memory_limit)}",
                "lower --limit, or allow more with --memory-limit",
            )

    def column(self, low: int, tau: int, rows: int, early: int = 0) -> Column:
        """Solve the column of tau; `early` shifts every lie down (the bound for finer grids)."""
        self.check_memory(rows)
        n, c, a = self.agents, self.others, self.a
        lowest = low + tau - early
        size = n * (low + rows) + max(c, self.weight) * tau + n * tau + 2
        powers = self.powers(size)
        types = np.arange(low, low + rows, dtype=np.float64)
        level = rise_level(types, powers[low : low + rows], a, n)
        del types
        utility, gains, revenue = np.empty(rows), np.empty(rows), np.empty(rows)
        fill_column(low, tau, early, n, self.weight, a, powers, utility, gains, revenue)
        self._charge_others(low, tau, powers, revenue)
        first = int(max(useful_ratio(a, n, self.outside, _ratio_span(rows, tau)) * tau - low, 0))
        solve_column(
            abs(a) / c,
            float(low),
            float(lowest),
            1.0,
            powers[low + c * lowest :],
            c,
            level,
            0 if early else first,
            utility,
            gains,
        )
        if early:  # a cell (k-1, k] pairs h at its upper with the rest at its lower edge
            revenue[1:] = revenue[:-1] - utility[1:]
            revenue[0] -= utility[0]
        else:
            revenue -= utility
        return Column(low, tau, utility, gains, revenue, first + (2 if early else 0))

    def _charge_others(self, low: int, tau: int, powers: Floats, revenue: Floats) -> None:
        """Take E, the others' outside values at their worst split, off the revenue per row."""
        step = self.others if self.outside == "pooled" else 1
        types = np.array([t for t in (self.split(tau) if low == self.low else [tau]) if t > 0])
        places = np.array([self._others_total(low, tau, t) for t in types.tolist()])
        charge_outsiders(types.astype(np.int64), places.astype(np.int64), step, powers, revenue)

    def _others_total(self, s: int, tau: int, t: int) -> int:
        """Return t + weight * (S - t), the market an outsider of type t sees."""
        return t + self.weight * (s + tau - t)

    def chain(self, column: Column, row: int) -> tuple[int, ...]:
        """Return the rising chain of own types behind h at a row."""
        numbers = [row]
        powers = self.powers(self.agents * (self.low + row + 1) + self.others * column.tau + 2)
        while True:
            k = numbers[-1]
            inside = min(max(k - column.tau, 0), k)
            s = column.low + k
            worth = s * powers[s + self.weight * column.tau]
            if inside == 0:
                break
            at = s + self.others * (column.low + column.tau)
            lies = column.gains[:inside] + s * powers[at :: self.others][:inside]
            best = int(np.argmax(lies))
            if lies[best] <= worth * (1 + ROUND_OFF):
                break
            numbers.append(best)
        return tuple(column.low + k for k in reversed(numbers))

    def chain_revenue(self, chain: tuple[int, ...], tau: int) -> tuple[Any, RationalArithmetic]:
        """Return the revenue that a chain of lies allows at its last type, certainly enclosed."""
        arithmetic = RATIONAL if self.exponent.denominator == 1 else ENCLOSURE
        with arithmetic.context():
            value = self._truth(chain[-1] + tau) * self.agents - self._outsider(chain[0], tau)
            for report, own in pairwise(chain):
                y = report + tau
                lie = own * self._power(own + self.others * y)
                value = value - (lie - self._truth(y))
            for t in self.split(tau):
                value = value - t * self._power(self._others_total(chain[-1], tau, t))
            return value, arithmetic

    def _power(self, base: int) -> Any:
        if base == 0:
            return flint.fmpq(0)
        entry = np.array([flint.fmpq(base)], dtype=object)
        arithmetic = RATIONAL if self.exponent.denominator == 1 else ENCLOSURE
        return arithmetic.power(entry, self.exponent)[0]

    def _truth(self, y: int) -> Any:
        return self._power(self.agents * y) * y

    def _outsider(self, s: int, tau: int) -> Any:
        return s * self._power(s + self.weight * tau)

    def exact_revenue(self, row: int, tau: int) -> Any:
        """Return the revenue at a row from the whole recursion in exact fractions."""
        utility: list[Any] = []
        for k in range(row + 1):
            s = self.low + k
            best = self._outsider(s, tau)
            for r, known in enumerate(utility):
                y = self.low + r + tau
                if y < s:
                    lie = s * self._power(s + self.others * y)
                    best = max(best, known - self._truth(y) + lie)
            utility.append(best)
        s = self.low + row
        others = [t * self._power(self._others_total(s, tau, t)) for t in self.split(tau)]
        return self.agents * self._truth(s + tau) - utility[-1] - sum(others)

    def first_deficit(self, column: Column) -> tuple[int, str] | None:
        """Return the first row with negative revenue and how its sign was decided."""
        row = column.first - 1
        while True:
            row = next_near_zero(column.revenue, column.utility, self.agents, row + 1)
            if row < 0:
                return None
            if column.revenue[row] < -ROUND_OFF * max(self.agents * column.utility[row], 1.0):
                return row, "float"
            value, arithmetic = self.chain_revenue(self.chain(column, row), column.tau)
            if value < 0:
                return row, arithmetic.name
            exact = self.exponent.denominator == 1 and row <= EXACT_ROWS
            if exact and self.exact_revenue(row, column.tau) < 0:
                return row, "exact"


def _ratio_span(rows: int, tau: int) -> float:
    return max(rows / max(tau, 1), 2.0)
