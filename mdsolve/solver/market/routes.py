"""Maximal payments of all agents: which route computes them, and the table they form.

Route ``monotone`` uses the structure of a growth market with everybody receiving the best model
and types on one arithmetic grid: payments depend on the others only through the sum of their
types, and lies are searched by monotonicity. Route ``sweep`` works for every valuation. The route
taken is on the result; an unsuitable one asked for by name is refused, never replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Literal

import numpy as np

from mdsolve.errors import MemoryLimitError, UnsupportedError
from mdsolve.game.arithmetic import FLOAT, Array
from mdsolve.game.market import Market, QualityMarket, own_back
from mdsolve.game.valuations.growth import GrowthValuation
from mdsolve.instance.grid import TypeGrid
from mdsolve.progress import Monitor
from mdsolve.solver.market.growth_column import growth_payments
from mdsolve.solver.market.shortest_path import maximal_payments_of

Route = Literal["auto", "monotone", "sweep"]

MEMORY_LIMIT = 4 * 2**30
"""Most bytes that a payment computation may need unless the caller allows more."""

FLOAT_BYTES = 8
OBJECT_BYTES = 120
"""Rough size of one exact fraction with its slot in an object array."""

SWEEP_TABLES = 6
"""Tables of one agent that the sweep holds at once: truth, utility, a report's values, parts."""


@dataclass(frozen=True)
class MaximalPayments:
    """The largest payments that IR and IC allow.

    Parameters
    ----------
    payments : array of shape (n, m_1, ..., m_n)
        ``payments[i]`` is what agent i pays at every profile, in money.
    method : str
        The route that computed them.
    """

    payments: Array
    method: str


def needed_bytes(market: Market) -> int:
    """Return the memory the payment table and its computation need, in bytes."""
    entry = FLOAT_BYTES if market.arithmetic.name == "float" else OBJECT_BYTES
    return (len(market.agents) + SWEEP_TABLES) * market.profile_count * entry


def check_memory(market: Market, limit: int = MEMORY_LIMIT) -> None:
    """Raise `MemoryLimitError` when the payment table would not fit; allocates nothing."""
    need = needed_bytes(market)
    if need > limit:
        sizes = " x ".join(str(size) for size in market.shape)
        raise MemoryLimitError.single(
            "types",
            f"{sizes} = {market.profile_count:,} profiles, which need about {readable(need)}",
            f"at most {readable(limit)}",
            "use coarser grids (a larger step), or allow more with --memory-limit",
        )


def readable(size: int) -> str:
    """Return a number of bytes in words.

    Examples
    --------
    >>> readable(3 * 2**30)
    '3.0 GiB'
    """
    amount = float(size)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.3g} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:,.1f} TiB"


def maximal_payments(
    market: Market,
    *,
    route: Route = "auto",
    caps: Sequence[Fraction | None] = (),
    monitor: Monitor | None = None,
    memory_limit: int = MEMORY_LIMIT,
) -> MaximalPayments:
    """Return the maximal-revenue payments under IR and IC ([C20] Algorithm 1, Theorem 6).

    Parameters
    ----------
    caps : sequence of (Fraction or None)
        What no payment of each agent may exceed; empty or None for no such bound.

    Raises
    ------
    MemoryLimitError
        If the table does not fit.
    UnsupportedError
        If the monotone route is asked for where its structure is missing.
    """
    check_memory(market, memory_limit)
    watch = monitor or Monitor()
    limits = list(caps) or [None] * len(market.agents)
    capped = any(cap is not None for cap in limits)
    reason = "payments are capped" if capped else monotone_obstacle(market)
    if route == "monotone" and reason is not None:
        raise UnsupportedError.single(
            "route",
            f"monotone, but {reason}",
            "a growth market on one arithmetic grid",
            "use route sweep, which works for every valuation",
        )
    monotone = route != "sweep" and reason is None
    table: Array = np.empty(
        (len(market.agents), *market.shape),
        dtype=np.float64 if market.arithmetic.name == "float" else object,
    )
    solved: dict[tuple[TypeGrid, Fraction, int], Array] = {}
    for agent in range(len(market.agents)):
        if monotone:
            assert isinstance(market, QualityMarket)
            table[agent] = _monotone_payments(market, agent, solved)
            watch.advance("payments", agent + 1, len(market.agents))
        else:
            table[agent] = maximal_payments_of(market, agent, watch, limits[agent])
    name = "monotone search (growth market)" if monotone else "sweep of the difference graph"
    return MaximalPayments(table, name)


def monotone_obstacle(market: Market) -> str | None:  # noqa: PLR0911 - one reason each
    """Return why the monotone route does not apply, or None if it does."""
    if not isinstance(market, QualityMarket):
        return "the market is given as a table of values"
    valuation = market.valuation
    if market.arithmetic is not FLOAT:
        return "it computes in floats only"
    if not isinstance(valuation, GrowthValuation) or not -1 <= valuation.exponent < 0:
        return "the valuation is not a growth valuation with exponent in [-1, 0)"
    if market.quality.family != "identity":
        return "quality is not the identity"
    if market.handed_out is not None:
        return "the allocation is given as a table"
    if len(market.agents) < 2:
        return "there is only one agent"
    if not all(grid.is_arithmetic for grid in market.grids):
        return "a grid of types is not arithmetic"
    if len({grid.step for grid in market.grids if grid.count > 1}) > 1:
        return "the grids of types have different steps"
    return None


def _monotone_payments(
    market: QualityMarket, agent: int, solved: dict[tuple[TypeGrid, Fraction, int], Array]
) -> Array:
    """Return the agent's payments at every profile; `solved` holds those of agents like them."""
    valuation = market.valuation
    assert isinstance(valuation, GrowthValuation)
    grids = market.grids
    others = [grid for j, grid in enumerate(grids) if j != agent]
    step = next((grid.step for grid in grids if grid.count > 1), None) or grids[agent].step
    first = sum((grid.first or Fraction(0) for grid in others), start=Fraction(0))
    sums = sum(grid.count - 1 for grid in others) + 1
    key = (grids[agent], first, sums)
    if key not in solved:
        solved[key] = growth_payments(
            own_first=float(grids[agent].first or 0),
            own_count=grids[agent].count,
            others_first=float(first),
            others_count=sums,
            step=float(step or 1),
            agents=len(grids),
            exponent=float(valuation.exponent),
            outside=market.outside,
        )
        if valuation.scale != 1:
            solved[key] *= float(valuation.scale)
    payments = solved[key]
    # Number of the others' sum on its lattice, at every profile of the others.
    number = reduce(np.add.outer, [np.arange(grid.count) for grid in others])
    return own_back(payments[:, number] if len(others) > 1 else payments, agent)
