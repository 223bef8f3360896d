"""A data market as an object: values, outside options and payments at any profile of types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UsageError
from mdsolve.game import market
from mdsolve.game.build import market_game
from mdsolve.instance.numbers import exact_number
from mdsolve.objects.base import Played
from mdsolve.solution import Solution
from mdsolve.study import solve as solving

Floats = npt.NDArray[np.float64]
Types = Sequence[Any] | Floats | Mapping[str, Any]


class Market(Played):
    """Agents who report how much data they have and pay for the model trained on all of it.

    Profiles are types in agent order, or a mapping by name.

    Examples
    --------
    >>> market = Market(agents=["north", "south"], types=[1, 2, 3],
    ...                 valuation={"family": "growth", "exponent": "-1/2"})
    >>> market
    Market of 2 agents: north, south; 9 profiles
    >>> found = market.payments()
    >>> market.utilities([3, 1], found).round(4).tolist()
    [1.5, 0.5]
    >>> market.outside({"north": 3, "south": 1}).round(4).tolist()
    [1.5, 0.5]
    """

    kind = "market"

    @cached_property
    def game(self) -> market.Market:
        """The market in numbers."""
        return market_game(self.instance)

    @property
    def agents(self) -> tuple[str, ...]:
        """Names of the agents."""
        return self.game.agents

    @property
    def types(self) -> tuple[Floats, ...]:
        """Each agent's possible types, in samples."""
        return tuple(grid.values() for grid in self.game.grids)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of types per agent."""
        return self.game.shape

    def position(self, types: Types) -> tuple[int, ...]:
        """Return the place of a profile in tables of shape (m_1, ..., m_n); raises `UsageError`."""
        listed = self._by_name(types) if isinstance(types, Mapping) else list(types)
        if len(listed) != len(self.agents):
            expected = f"{len(self.agents)}, one per agent"
            raise UsageError.single("types", f"{len(listed)} types", expected)
        found = []
        for name, grid, entry in zip(self.agents, self.game.grids, listed, strict=True):
            plain = entry.item() if isinstance(entry, np.generic) else entry
            try:
                place = grid.index(exact_number(plain))
            except (TypeError, ValueError):
                place = None
            if place is None:
                expected = f"a type of {name} on its grid {grid.first} .. {grid.last}"
                raise UsageError.single("types", repr(plain), expected)
            found.append(place)
        return tuple(found)

    def values(self, types: Types) -> Floats:
        """Return v_i when everybody reports truthfully, in money, shape (n,)."""
        place = self.position(types)
        tables = map(self.game.truthful_values, range(len(self.agents)))
        return np.array([float(table[place]) for table in tables])

    def outside(self, types: Types) -> Floats:
        """Return v_i when agent i alone stays out, in money, shape (n,)."""
        place = self.position(types)
        tables = map(self.game.outside_values, range(len(self.agents)))
        return np.array([float(table[place]) for table in tables])

    def payments(self, **keywords: Any) -> Solution:
        """Return maximal-revenue payments; see `mdsolve.payments`."""
        return solving.payments(self.instance, **keywords)

    def utilities(self, types: Types, payments: Solution | Any) -> Floats:
        """Return what agents keep when everybody reports truthfully: v_i - p_i, shape (n,).

        Parameters
        ----------
        payments : Solution or array of shape (n, m_1, ..., m_n)
            Money paid.
        """
        table = payments.table["payments"] if isinstance(payments, Solution) else payments
        place = self.position(types)
        paid = np.array([float(exact_number(np.asarray(row)[place])) for row in table])
        return np.asarray(self.values(types) - paid)

    def best_report(self, agent: str, types: Types, payments: Solution | Any) -> float:
        """Return the type, up to the true one, that an agent would best report under payments.

        Of reports that earn the same, the largest.
        """
        place = self.position(types)
        k = self._place(agent)
        table = payments.table["payments"] if isinstance(payments, Solution) else payments
        others = tuple(number for j, number in enumerate(place) if j != k)
        own = market.own_first(np.asarray(table[k]), k)
        earned = [
            float(self.game.report_values(k, report)[(place[k] - report, *others)])
            - float(exact_number(own[(report, *others)]))
            for report in range(place[k] + 1)
        ]
        best = max(report for report, value in enumerate(earned) if value >= max(earned))
        return float(self.types[k][best])

    def _place(self, agent: str) -> int:
        if agent not in self.agents:
            raise UsageError.single("agent", repr(agent), "one of " + ", ".join(self.agents))
        return self.agents.index(agent)

    def _by_name(self, types: Mapping[str, Any]) -> list[Any]:
        for name in types:
            self._place(name)
        missing = [name for name in self.agents if name not in types]
        if missing:
            got = f"nothing for {', '.join(missing)}"
            raise UsageError.single("types", got, "a type of every agent")
        return [types[name] for name in self.agents]

    def __repr__(self) -> str:
        """Return one line: who the agents are, and how many profiles there are."""
        called = f" {self.name!r}" if self.name else ""
        who = ", ".join(self.agents)
        return (
            f"Market{called} of {len(self.agents)} agents: {who}; "
            f"{self.game.profile_count:,} profiles"
        )
