"""The largest type disparity with a desirable mechanism in a growth market.

Types are the integers lo..D (lo = 1 or 0), n agents, v_i = (sum q)^a q_i, identity quality. Since
payments do not depend on D, existence is monotone in D: the frontier is one below the least type s
at which some profile has negative revenue

    n W(s + tau) - h(s; tau) - E,

with E the outside values of the others (their h, for only an agent with s > tau can have a useful
lie). For pooled outsiders E is convex in how tau is split, so the worst split is at a vertex: all
others at lo but one. Without useful lies the revenue is never negative, because outside values sum
to at most n^(1+a) S^(1+a); so only types s > kappa tau matter.

Columns. The column tau_0 = (n-1) lo is solved on the integers. All columns tau > tau_0 are covered
at once: in units of tau / m, types on any finer grid are bounded by the column with steps of 1,
outside value at tau = m and lies at y = r + m - 1 (h rises with s, lies fall with y, W rises). If
that bound has positive revenue for all s <= D / (tau_0 + 1) they are settled for a resolution m;
otherwise the next columns are solved themselves until the bound covers the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any, Literal

import flint
import numpy as np

from mdsolve.errors import MemoryLimitError, UsageError
from mdsolve.game.enclosure import ENCLOSURE, RATIONAL, RationalArithmetic, to_float
from mdsolve.progress import Monitor
from mdsolve.solver.market.growth_column import Floats, rise_level, solve_column, useful_ratio
from mdsolve.solver.market.integer_tables import (
    charge_outsiders,
    fill_column,
    integer_powers,
    next_near_zero,
)
from mdsolve.solver.market.routes import MEMORY_LIMIT, readable
from mdsolve.solver.market.threshold import existence_threshold
from mdsolve.tolerance import ROUND_OFF

Grid = Literal["one", "zero"]
FIRST_ROWS = 512
GROWTH_OF_ROWS = 8
RESOLUTIONS = (1, 2, 4, 8, 16, 32)
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
class Refutation:
    """A profile where no payments work: the chain of lies and the deficit it proves."""

    types: tuple[int, ...]
    chain: tuple[int, ...]
    revenue: float
    arithmetic: str


@dataclass(frozen=True)
class Frontier:
    """Largest disparity with a desirable mechanism.

    Parameters
    ----------
    frontier : int or "infinite"
        Largest D; with `reached_limit` the limit, up to which a mechanism exists.
    threshold : float
        alpha*_n of `existence_threshold`.
    refutation : Refutation or None
        Why D + 1 is impossible.
    """

    agents: int
    exponent: Fraction
    grid: Grid
    outside: str
    frontier: int | Literal["infinite"]
    threshold: float
    reached_limit: bool
    reason: str
    decided: str
    refutation: Refutation | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the result under the names of the interface."""
        found = self.refutation
        witness = None
        if found is not None:
            witness = {
                "types": list(found.types),
                "chain": list(found.chain),
                "revenue": found.revenue,
                "arithmetic": found.arithmetic,
            }
        return {
            "agents": self.agents,
            "exponent": float(self.exponent),
            "grid": self.grid,
            "outside": self.outside,
            "frontier": self.frontier,
            "threshold": self.threshold,
            "reached_limit": self.reached_limit,
            "reason": self.reason,
            "decided": self.decided,
            "witness": witness,
        }


@dataclass(frozen=True)
class _Family:
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
        return float(self.exponent)

    @property
    def others(self) -> int:
        return self.agents - 1

    @property
    def weight(self) -> int:
        return self.others if self.outside == "pooled" else 1

    def split(self, tau: int) -> list[int]:
        """Return the others' types with the largest total outside value."""
        return [tau - (self.agents - 2) * self.low] + [self.low] * (self.agents - 2)

    def check_memory(self, rows: int) -> None:
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


def frontier(
    agents: int,
    exponent: Fraction,
    grid: Grid = "one",
    outside: str = "pooled",
    *,
    limit: int = 10**6,
    monitor: Monitor | None = None,
    memory_limit: int = MEMORY_LIMIT,
) -> Frontier:
    """Return the largest D such that a desirable mechanism exists on the types lo..D.

    Parameters
    ----------
    agents : int
        n >= 2.
    exponent : Fraction
        Growth exponent a.
    grid : {"one", "zero"}
        Types 1..D or 0..D.
    outside : {"pooled", "separate"}
        What the others do when somebody stays out.
    limit : int
        Largest D that is decided.

    Raises
    ------
    UsageError
        For fewer than two agents or a limit below 1.
    MemoryLimitError
        If the limit needs more memory than allowed; nothing is allocated then.

    Examples
    --------
    >>> frontier(2, Fraction(-9, 10)).frontier, frontier(2, Fraction(-9, 10), "zero").frontier
    (15, 1)
    """
    _check(agents, limit)
    watch = monitor or Monitor()
    threshold = existence_threshold(agents)
    reason = everywhere_reason(agents, exponent, threshold)
    if reason is not None:
        return Frontier(
            agents, exponent, grid, outside, "infinite", threshold, False, reason, "analytic"
        )
    low = 1 if grid == "one" else 0
    family = _Family(agents, exponent, low, outside, memory_limit)
    family.check_memory(limit - low + 1)
    column, found = _search_first_column(family, limit, watch)
    best = limit if found is None else low + found[0] - 1
    decided = "float" if found is None else found[1]
    failing = None if found is None else column
    del column  # a long one is not needed beside those that follow
    for later in _unsettled_columns(family, best, watch):
        hit = family.first_deficit(later)
        if hit is not None and low + hit[0] - 1 < best:
            found, best, failing = hit, low + hit[0] - 1, later
            decided = hit[1]
    if found is None or failing is None:
        text = f"a mechanism exists up to the limit {limit:,}; larger D were not decided"
        return Frontier(agents, exponent, grid, outside, limit, threshold, True, text, decided)
    chain = family.chain(failing, found[0])
    tau = failing.tau
    value, arithmetic = family.chain_revenue(chain, tau)
    refutation = Refutation(
        (chain[-1], *family.split(tau)), chain, to_float(value), arithmetic.name
    )
    text = (
        f"on types up to {best + 1} the profile {refutation.types} loses money: truthfulness along "
        f"the reports {chain} leaves revenue {refutation.revenue:.3g}"
    )
    return Frontier(
        agents, exponent, grid, outside, best, threshold, False, text, decided, refutation
    )


def _check(agents: int, limit: int) -> None:
    if agents < 2:
        raise UsageError.single("agents", str(agents), "at least 2 agents")
    if limit < 1:
        raise UsageError.single("limit", str(limit), "a limit of at least 1")


def everywhere_reason(agents: int, exponent: Fraction, threshold: float) -> str | None:
    """Return why a mechanism exists for every D, or None if that is not known in advance."""
    if exponent >= 0:
        return "the market is non-competitive: the best model for everybody, free of charge"
    if exponent < -1:
        return (
            "the market shrinks: handing out no model and charging nothing is efficient, and "
            "whoever stays out only faces better-equipped rivals"
        )
    if float(exponent) >= threshold:
        return f"the exponent is at least alpha*_{agents} = {threshold:.15g}"
    return None


def _search_first_column(
    family: _Family, limit: int, monitor: Monitor
) -> tuple[Column, tuple[int, str] | None]:
    """Solve the column tau_0 with growing length until a deficit or the limit is met."""
    tau = family.others * family.low
    rows = min(FIRST_ROWS, limit - family.low + 1)
    while True:
        column = family.column(family.low, tau, rows)
        found = family.first_deficit(column)
        if found is not None or rows == limit - family.low + 1:
            return column, found
        monitor.advance("frontier", rows, limit)
        rows = min(rows * GROWTH_OF_ROWS, limit - family.low + 1)


def _unsettled_columns(family: _Family, best: int, monitor: Monitor) -> Any:
    """Yield the columns after tau_0 that the bound for finer grids does not settle."""
    tau = family.others * family.low + 1
    kappa = useful_ratio(family.a, family.agents, family.outside, _ratio_span(best + 1, 1))
    settled = kappa
    for resolution in RESOLUTIONS:
        if (best + 1) / tau <= settled:
            return
        settled = max(settled, _settled_ratio(family, resolution, (best + 1) / tau))
    while (best + 1) / tau > settled:
        monitor.advance("frontier", tau, int(best / settled) + 1)
        yield family.column(family.low, tau, best + 2 - family.low)
        tau += 1


def _settled_ratio(family: _Family, resolution: int, wanted: float) -> float:
    """Return the ratio s / tau up to which the bound proves positive revenue on finer grids."""
    rows = int(np.ceil(wanted)) * resolution + 1
    column = family.column(0, resolution, rows, early=1)
    bad = next_near_zero(column.revenue, column.utility, family.agents, column.first)
    return ((rows if bad < 0 else bad) - 1) / resolution
