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

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from mdsolve.errors import UsageError
from mdsolve.game.enclosure import to_float
from mdsolve.progress import Monitor
from mdsolve.solver.market.growth_column import useful_ratio
from mdsolve.solver.market.growth_family import FIRST_ROWS, Column, GrowthFamily, _ratio_span
from mdsolve.solver.market.integer_tables import (
    next_near_zero,
)
from mdsolve.solver.market.routes import MEMORY_LIMIT
from mdsolve.solver.market.threshold import existence_threshold

Grid = Literal["one", "zero"]

GROWTH_OF_ROWS = 8

RESOLUTIONS = (1, 2, 4, 8, 16, 32)


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

    def to_plain(self) -> dict[str, Any]:
        """Return everything that is known, as plain data that `from_plain` reads."""
        return {**asdict(self), "exponent": str(self.exponent)}

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> Frontier:
        """Return the result in plain data."""
        found = data["refutation"]
        refutation = None
        if found is not None:
            lists = {key: tuple(found[key]) for key in ("types", "chain")}
            refutation = Refutation(**found | lists)
        changed = {"exponent": Fraction(data["exponent"]), "refutation": refutation}
        return cls(**data | changed)


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
    family = GrowthFamily(agents, exponent, low, outside, memory_limit)
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
    family: GrowthFamily, limit: int, monitor: Monitor
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


def _unsettled_columns(family: GrowthFamily, best: int, monitor: Monitor) -> Any:
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


def _settled_ratio(family: GrowthFamily, resolution: int, wanted: float) -> float:
    """Return the ratio s / tau up to which the bound proves positive revenue on finer grids."""
    rows = int(np.ceil(wanted)) * resolution + 1
    column = family.column(0, resolution, rows, early=1)
    bad = next_near_zero(column.revenue, column.utility, family.agents, column.first)
    return ((rows if bad < 0 else bad) - 1) / resolution
