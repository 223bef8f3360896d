"""`table`: the values themselves, for every report, type and profile of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np

from mdsolve.game.arithmetic import FLOAT, Arithmetic, Array
from mdsolve.game.market import Market, own_back
from mdsolve.game.valuations.base import Property
from mdsolve.instance.market import MarketInstance


def market(instance: MarketInstance, arithmetic: Arithmetic) -> TabulatedMarket:
    """Return the market that a table describes."""
    table: Any = instance.valuation
    found = TabulatedMarket(
        instance.agents, instance.grids, value=table.value, outside=table.outside
    )
    return found if arithmetic is FLOAT else found.with_arithmetic(arithmetic)


@dataclass(frozen=True)
class TabulatedMarket(Market):
    """A market given by the values themselves.

    Parameters
    ----------
    value : array of shape (n, M, M, M, ...)
        ``value[i, r, t, others...]``: v_i with own report r and own type t; M is the largest grid.
    outside : array of shape (n, M, M, ...)
        ``outside[i, t, others...]``: v_i when i stays out.
    """

    value: Array = field(kw_only=True, compare=False)
    outside: Array = field(kw_only=True, compare=False)

    def _others(self, agent: int) -> tuple[slice, ...]:
        return tuple(slice(0, m) for j, m in enumerate(self.shape) if j != agent)

    def truthful_values(self, agent: int) -> Array:
        """Return the diagonal of the agent's table."""
        own = np.arange(self.shape[agent])
        block = self.value[agent][(slice(None), slice(None), *self._others(agent))]
        return own_back(block[own, own], agent)

    def outside_values(self, agent: int) -> Array:
        """Return the agent's outside table."""
        m = self.shape[agent]
        return own_back(self.outside[agent][(slice(0, m), *self._others(agent))], agent)

    def report_values(self, agent: int, report: int) -> Array:
        """Return one row of the agent's table, from the report on."""
        m = self.shape[agent]
        return np.asarray(self.value[agent][(report, slice(report, m), *self._others(agent))])

    def properties(self) -> tuple[Property, ...]:
        """Return 'unknown' for all: a table does not say how values depend on qualities."""
        reason = "a table of values does not show how they depend on each quality"
        names = ("non-competitive", "quasi-monotone", "growing-market")
        return tuple(Property(name, None, reason) for name in names)

    @property
    def rational(self) -> bool:
        """Hold: table entries are taken as exact."""
        return True

    def column(
        self, agent: int, others: Sequence[int], highest: int | None = None
    ) -> TabulatedMarket:
        """Return the market with the others' types fixed; only this agent's tables remain valid."""
        grids = self._column_grids(agent, others, highest)
        own = slice(0, grids[agent].count)
        picks = tuple(slice(k, k + 1) for k in others)
        return replace(
            self,
            grids=grids,
            value=self.value[(slice(None), own, own, *picks)],
            outside=self.outside[(slice(None), own, *picks)],
        )

    def with_arithmetic(self, arithmetic: Arithmetic) -> TabulatedMarket:
        """Return the same tables in another number system."""

        def convert(table: Array) -> Array:
            exact = [Fraction(str(entry)) for entry in np.asarray(table).ravel().tolist()]
            return arithmetic.array(exact).reshape(np.shape(table))

        return replace(
            self,
            arithmetic=arithmetic,
            value=convert(self.value),
            outside=convert(self.outside),
        )
