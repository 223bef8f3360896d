"""`table`: the values themselves, for every report, type and profile of the others.

Who is handed what is part of the numbers, and so is staying out; there is no allocation to look at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.market import MarketReading
from mdsolve.certificate.reading.market_sizes import Profiles, Sizes
from mdsolve.certificate.reading.valuations.base import Property
from mdsolve.instance.market import MarketInstance

REASON = "a table of values does not show how they depend on each quality"


def reading(instance: MarketInstance, sizes: Sizes, arithmetic: Arithmetic) -> MarketReading:
    """Return the market that a table describes."""
    return TableReading(instance, arithmetic, sizes)


@dataclass(frozen=True)
class TableReading(MarketReading):
    """``value[i, report, own, others...]`` and ``outside[i, own, others...]`` of the instance."""

    def in_arithmetic(self, arithmetic: Arithmetic) -> TableReading:
        """Return the table in another number system."""
        return replace(self, arithmetic=arithmetic)

    @property
    def hands_out(self) -> bool:
        """Tell that there are no models."""
        return False

    def value(self, agent: int, report: Any, own: Any, others: Profiles) -> Quantity:
        """Return entries of the table, numbers as written."""
        table: Any = self.instance.valuation
        return self._written(table.value[agent][(report, own, *others)])

    def outside(self, agent: int, own: Any, others: Profiles) -> Quantity:
        """Return entries of the outside table."""
        table: Any = self.instance.valuation
        return self._written(table.outside[agent][(own, *others)])

    def _written(self, entries: Any) -> Quantity:
        return self.arithmetic.written(np.asarray(entries))

    def interchangeable(self, first: int, second: int) -> bool:
        """Tell nothing: every table is looked at."""
        del first, second
        return False

    def properties(self) -> tuple[Property, Property, Property]:
        """Return that nothing is known."""
        return (
            Property("non-competitive", None, REASON),
            Property("quasi-monotone", None, REASON),
            Property("growing-market", None, REASON),
        )
