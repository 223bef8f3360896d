"""Everything the conditions look at: the market under the claimed allocation, and the payments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from mdsolve.certificate.market.claim import MarketClaim, in_arithmetic
from mdsolve.certificate.tally import Tally, shown_number
from mdsolve.conditions import ArithmeticName, Condition
from mdsolve.game.arithmetic import FLOAT, Arithmetic, Array
from mdsolve.game.enclosure import ENCLOSURE, RATIONAL, to_float
from mdsolve.game.market import Market, QualityMarket, own_first
from mdsolve.instance.numbers import exact_number
from mdsolve.progress import Monitor

ARITHMETICS: dict[ArithmeticName, Arithmetic] = {
    "float": FLOAT,
    "enclosure": ENCLOSURE,
    "exact": RATIONAL,
}


@dataclass(frozen=True)
class Setting:
    """A market and a claim, in the number system of the check.

    Parameters
    ----------
    market : Market
        Evaluated under the claimed allocation; the outside option stays the instance's.
    payments : array of shape (n, m_1, ..., m_n)
        In the market's number system.
    tolerance : float
        Accepted violation relative to max(1, scale).
    """

    market: Market
    payments: Array
    claim: MarketClaim
    tolerance: float
    claimed: frozenset[str]
    monitor: Monitor

    @property
    def arithmetic(self) -> ArithmeticName:
        """Name of the number system."""
        name = self.market.arithmetic.name
        return "float" if name == "float" else "exact" if name == "exact" else "enclosure"

    @cached_property
    def truth(self) -> list[Array]:
        """v_i of the truth, one table per agent, own axis first."""
        agents = range(len(self.market.agents))
        return [own_first(self.market.truthful_values(agent), agent) for agent in agents]

    @cached_property
    def outside(self) -> list[Array]:
        """v_i of staying out, one table per agent, own axis first."""
        agents = range(len(self.market.agents))
        return [own_first(self.market.outside_values(agent), agent) for agent in agents]

    @cached_property
    def charge(self) -> list[Array]:
        """p_i, one table per agent, own axis first."""
        return [own_first(self.payments[i], i) for i in range(len(self.market.agents))]

    @cached_property
    def scale(self) -> float:
        """Largest absolute utility, staying out included."""
        largest = 0.0
        for truth, charge, outside in zip(self.truth, self.charge, self.outside, strict=True):
            largest = max(largest, magnitude(truth - charge), magnitude(outside))
        return largest

    @cached_property
    def allowance(self) -> Any:
        """Absolute accepted violation, as a number of the market's arithmetic."""
        return self.market.arithmetic.number(exact_number(self.tolerance * max(1.0, self.scale)))

    def tally(self) -> Tally:
        """Return an empty tally at this setting's allowance."""
        return Tally(self.allowance)

    def condition(self, tally: Tally, name: str, *, scope: str, good: str, bad: str) -> Condition:
        """Return the condition a tally decides."""
        return tally.condition(
            name,
            name in self.claimed,
            scale=self.scale,
            arithmetic=self.arithmetic,
            scope=scope,
            good=good,
            bad=bad,
        )

    def unchecked(self, name: str, reason: str) -> Condition:
        """Return a condition that was not checked, with the reason."""
        return Condition(
            name, name in self.claimed, "not-checked", arithmetic=self.arithmetic, detail=reason
        )

    def types_of_others(self, agent: int, others: Sequence[int]) -> dict[str, Any]:
        """Return the others' types by name."""
        names = [j for j in range(len(self.market.agents)) if j != agent]
        return {
            self.market.agents[j]: self.type_of(j, k) for j, k in zip(names, others, strict=True)
        }

    def type_of(self, agent: int, number: int) -> Any:
        """Return one type for a witness."""
        exact = self.market.grids[agent].exact(number)
        if self.arithmetic == "exact":
            return str(exact)
        return float(exact)

    def profile(self, index: Sequence[int]) -> dict[str, Any]:
        """Return a whole profile by agent names."""
        return {name: self.type_of(j, index[j]) for j, name in enumerate(self.market.agents)}

    def numbers(self, **values: Any) -> Mapping[str, Any]:
        """Return numbers for a witness under their names."""
        return {key: shown_number(value) for key, value in values.items()}


def magnitude(table: Array) -> float:
    """Return the largest absolute entry as a float."""
    if table.size == 0:
        return 0.0
    if table.dtype == object:
        return max(abs(to_float(entry)) for entry in np.asarray(table).ravel())
    return float(np.max(np.abs(table)))


def under_claimed_allocation(market: Market, claim: MarketClaim) -> Market:
    """Return the market in which lies and truths are valued under the claimed allocation."""
    if claim.allocation is None or not isinstance(market, QualityMarket):
        return market
    table = in_arithmetic(claim.allocation, market)
    return replace(market, handed_out=tuple(table))
