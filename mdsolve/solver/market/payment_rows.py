"""The linear inequalities that payments with side constraints must satisfy, named row by row."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np

from mdsolve.game.arithmetic import Array
from mdsolve.game.market import Market, QualityMarket, own_first
from mdsolve.game.side_constraints import SMALLEST_CAP, SideConstraints
from mdsolve.instance.numbers import written_number

Cell = tuple[int, ...]
"""One payment: agent, then type numbers of everybody."""


@dataclass(frozen=True)
class Row:
    """sum of coefficients times payments <= bound.

    Parameters
    ----------
    kind : str
        ``rationality``, ``incentive``, ``revenue`` or a side constraint.
    terms : tuple of (Cell, int)
        Payments with coefficients +1 or -1; those of a coalition's members come first to last.
    spread : int
        Coefficient of the auxiliary variable, a spread or a limit: 0 or -1.
    """

    kind: str
    terms: tuple[tuple[Cell, int], ...]
    bound: float
    spread: int = 0

    def describe(self, market: Market, multiplier: Fraction) -> dict[str, Any]:
        """Return the row as stored in a proof: what it says and how often it is used."""
        (agent, *profile), _ = self.terms[0]
        exact = market.arithmetic.name == "exact"

        def types(numbers: list[int]) -> dict[str, Any]:
            values = [grid.exact(k) for grid, k in zip(market.grids, numbers, strict=True)]
            shown = values if exact else [written_number(value) for value in values]
            return dict(zip(market.agents, shown, strict=True))

        stored: dict[str, Any] = {
            "kind": self.kind,
            "agent": market.agents[agent],
            "profile": types(list(profile)),
            "bound": self.bound,
            "multiplier": str(multiplier),
        }
        if self.kind == "incentive":
            stored["report"] = types(list(self.terms[1][0][1:]))[market.agents[agent]]
        if self.kind == "spread":
            stored["other"] = market.agents[self.terms[1][0][0]]
        if self.kind == "coalition":
            stored["members"] = [market.agents[cell[0]] for cell, _ in self.terms]
        return stored


def outside_bounds(market: Market) -> Array:
    """Return the rationality bounds v(in) - v(out), shape (n, m_1, ..., m_n)."""
    agents = range(len(market.agents))
    return np.stack([market.truthful_values(i) - market.outside_values(i) for i in agents])


def count_rows(market: Market, side: SideConstraints, objective: str) -> int:
    """Return the number of rows, before any of them is made."""
    n, profiles = len(market.agents), market.profile_count
    rows = n * profiles + sum(profiles * (m - 1) // 2 for m in market.shape)
    rows += profiles * (0 if side.deficit_allowed else 2 if side.budget_balance else 1)
    rows += profiles * (side.revenue_floor is not None)
    capped = sum(side.cap_of(agent) is not None for agent in market.agents)
    rows += profiles * (capped + n * (side.floor is not None))
    rows += profiles * coalition_count(n) * side.coalitions
    pairs = n * (n - 1) * profiles
    if objective == SMALLEST_CAP:
        return rows + 2 * n * profiles + pairs * (side.spread is not None)
    return rows + pairs * ((side.spread is not None) + (objective != "revenue"))


def coalition_count(agents: int) -> int:
    """Return how many sets of two agents or more there are.

    Examples
    --------
    >>> coalition_count(3)
    4
    """
    return int(2**agents) - agents - 1


def all_rows(market: Market, side: SideConstraints, objective: str) -> Iterator[Row]:
    """Yield every row of the program."""
    bounds = outside_bounds(market)
    caps = [side.cap_of(agent) for agent in market.agents]
    yield from _rationality(bounds, side, caps)
    for agent in range(len(market.agents)):
        yield from _incentives(market, agent)
    yield from _sums(market, side)
    if side.coalitions:
        yield from _coalitions(market)
    yield from _spreads(market, side, objective, bounds)
    if objective == SMALLEST_CAP:
        yield from _limits(bounds)


def _rationality(
    bounds: Array, side: SideConstraints, caps: Sequence[Fraction | None]
) -> Iterator[Row]:
    for cell in np.ndindex(bounds.shape):
        yield Row("rationality", ((cell, 1),), float(bounds[cell]))
        cap = caps[cell[0]]
        if cap is not None:
            yield Row("cap", ((cell, 1),), float(cap))
        if side.floor is not None:
            yield Row("floor", ((cell, -1),), -float(side.floor))


def _incentives(market: Market, agent: int) -> Iterator[Row]:
    truth = own_first(market.truthful_values(agent), agent)
    numbers = np.arange(math.prod(market.shape)).reshape(market.shape)
    columns = own_first(numbers, agent)
    for report in range(market.shape[agent] - 1):
        gaps = truth[report + 1 :] - market.report_values(agent, report)[1:]
        for offset in np.ndindex(gaps.shape):
            others = offset[1:]
            own = int(columns[(report + 1 + offset[0], *others)])
            lie = int(columns[(report, *others)])
            cells = (_cell(agent, own, market), _cell(agent, lie, market))
            yield Row("incentive", ((cells[0], 1), (cells[1], -1)), float(gaps[offset]))


def _cell(agent: int, flat: int, market: Market) -> Cell:
    return (agent, *(int(k) for k in np.unravel_index(flat, market.shape)))


def _sums(market: Market, side: SideConstraints) -> Iterator[Row]:
    agents = range(len(market.agents))
    for profile in np.ndindex(market.shape):
        negative = tuple(((i, *profile), -1) for i in agents)
        if side.subsidy is not None:
            yield Row("subsidy", negative, float(side.subsidy))
        elif not side.deficit_allowed:
            yield Row("revenue", negative, 0.0)
        if side.budget_balance:
            yield Row("no-surplus", tuple(((i, *profile), 1) for i in agents), 0.0)
        if side.revenue_floor is not None:
            yield Row("revenue-floor", negative, -float(side.revenue_floor))


def _coalitions(market: Market) -> Iterator[Row]:
    """Yield what members pay together: no more than they lose by leaving together.

    That everybody leaves changes no value where all take part in one rule anyway: payments sum to
    no more than zero.
    """
    assert isinstance(market, QualityMarket)
    agents = range(len(market.agents))
    for size in range(2, len(agents) + 1):
        for members in combinations(agents, size):
            lost = [
                market.truthful_values(i) - market.coalition_values(members, i) for i in members
            ]
            bounds = np.sum(lost, axis=0)
            for profile in np.ndindex(market.shape):
                terms = tuple(((i, *profile), 1) for i in members)
                yield Row("coalition", terms, float(bounds[profile]))


def _spreads(market: Market, side: SideConstraints, objective: str, bounds: Array) -> Iterator[Row]:
    agents = range(len(market.agents))
    for profile in np.ndindex(market.shape):
        for i in agents:
            for j in agents:
                if i == j:
                    continue
                first, second = (i, *profile), (j, *profile)
                pair = ((first, 1), (second, -1))
                if side.spread is not None:
                    yield Row("spread", pair, float(side.spread))
                if objective == "spread":
                    yield Row("least-spread", pair, 0.0, spread=-1)
                if objective == "fairness":
                    # gain of j minus gain of i, gains being bound minus payment
                    yield Row("fairness", pair, float(bounds[first] - bounds[second]), spread=-1)


def _limits(bounds: Array) -> Iterator[Row]:
    """Yield that no payment, made or received, is above the auxiliary variable."""
    for cell in np.ndindex(bounds.shape):
        yield Row("limit", ((cell, 1),), 0.0, spread=-1)
        yield Row("limit", ((cell, -1),), 0.0, spread=-1)


def table_of(values: dict[Cell, float], market: Market) -> Array:
    """Return payments by cell as a table of shape (n, m_1, ..., m_n)."""
    table = np.empty((len(market.agents), *market.shape))
    for cell, value in values.items():
        table[cell] = value
    return table
