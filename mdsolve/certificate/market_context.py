"""A market, a claim about it, and everything that conditions have in common.

Tables of a market are looked through in doubles, or intervals of doubles (`screen`); what bounds in
doubles leave open is decided number by number in the number system of the context.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import Context, NoRouteError
from mdsolve.certificate.market_claim import MarketClaim
from mdsolve.certificate.market_columns import Columns, States, columns_of, states_of
from mdsolve.certificate.market_rules.base import MarketRule
from mdsolve.certificate.numbers import FLOAT, Floats, Quantity
from mdsolve.certificate.reading.market import (
    MarketReading,
    QualityReading,
    inserted,
)
from mdsolve.certificate.reading.market_lottery import LotteryReading
from mdsolve.certificate.reading.market_models import StatedModels
from mdsolve.certificate.reading.market_sizes import DOUBLE_LIMIT, Integers, Profiles
from mdsolve.instance.kept import kept

if TYPE_CHECKING:
    from mdsolve.certificate.market_survey import Survey


@dataclass(frozen=True)
class MarketContext(Context):
    """What conditions of markets are given.

    Parameters
    ----------
    ruled : MarketReading
        The market under the instance's own allocation rule.
    claim : MarketClaim
    rule : MarketRule or None
        The mechanism named; None for a bare table.
    options : mapping
        The rule's effective options.
    looked : MarketContext or None
        The same in the number system that tables are looked through in; None: this one.
    scratch : dict
        What conditions computed for others to use.
    """

    ruled: MarketReading = field(kw_only=True)
    claim: MarketClaim = field(kw_only=True)
    rule: MarketRule | None = field(kw_only=True)
    options: Mapping[str, Any] = field(kw_only=True)
    looked: MarketContext | None = field(kw_only=True, default=None)
    scratch: dict[str, Any] = field(kw_only=True, default_factory=dict, repr=False)

    @property
    def screen(self) -> MarketContext:
        """The context that tables are looked through in."""
        return self.looked or self

    @property
    def size(self) -> int:
        """Number of agents."""
        return self.ruled.size

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the agents."""
        return self.ruled.names

    @property
    def profiles(self) -> int:
        """Number of profiles."""
        return int(math.prod(float(m) for m in self.ruled.shape))

    @cached_property
    def reading(self) -> MarketReading:
        """The market under the models, or the lottery, of the claim."""
        lottery = self.claim.lottery
        if lottery is not None and isinstance(self.ruled, QualityReading):
            return LotteryReading.of(self.ruled, lottery)
        if self.claim.allocation is None or not isinstance(self.ruled, QualityReading):
            return self.ruled
        return self.ruled.under(StatedModels(self.claim.allocation))

    @cached_property
    def tables(self) -> npt.NDArray[Any]:
        """Claimed payments as they were read, shape (n, m_1, ..., m_n)."""
        if self.claim.payments is None:
            message = "the solution holds no payment table"
            raise NoRouteError(message)
        return self.claim.payments

    def payment(self, agent: int, own: Any, others: Profiles) -> Quantity:
        """Return what an agent pays at some profiles."""
        return self.paid(agent, inserted(agent, own, others))

    def paid(self, agent: int, profile: Profiles) -> Quantity:
        """Return what an agent pays at some profiles of everybody's type numbers."""
        place = tuple(profile)
        if self.looked is not None:
            return self.arithmetic.stored(self.tables[agent][place])
        low, high = (self.arithmetic.stored(end[agent][place]) for end in self.payment_ends)
        return low if self.tables.dtype != object else self.arithmetic.between(low, high)

    @cached_property
    def payment_ends(self) -> tuple[Floats, Floats]:
        """Doubles below and above all payments."""
        if self.tables.dtype != object:
            return self.tables, self.tables
        near = self.tables.astype(np.float64)
        if self.arithmetic is FLOAT:
            return near, near
        whole = np.asarray(np.frompyfunc(_whole, 1, 1)(self.tables), dtype=np.bool_)
        return (
            np.where(whole, near, np.nextafter(near, -np.inf)),
            np.where(whole, near, np.nextafter(near, np.inf)),
        )

    @cached_property
    def states(self) -> States | None:
        """States of all profiles under the claimed models."""
        return states_of(self.reading) if isinstance(self.reading, QualityReading) else None

    def columns(self, agent: int) -> Columns:
        """Return the columns of an agent under the claimed models."""
        return columns_of(self.reading, agent, self.states)

    @cached_property
    def money(self) -> Floats:
        """Largest absolute value of each agent, in or out, over all profiles: what is at stake.

        Of the instance under its own rule, in floats, whatever is claimed; shape (n,).
        """
        if self.looked is not None:
            return self.looked.money
        return kept(self.ruled.instance, "stakes", lambda: stakes(self))

    @cached_property
    def surveys(self) -> Mapping[int, Survey]:
        """What a look through the columns found, for all agents but the twins of others."""
        if self.looked is not None:
            return self.looked.surveys
        from mdsolve.certificate.market_survey import survey_of

        return {agent: survey_of(self, agent) for agent in sorted(set(self.twins))}

    @cached_property
    def twins(self) -> list[int]:
        """For each agent the first one whose part of the claim is the same after an exchange."""
        found = list(range(self.size))
        for agent in range(1, self.size):
            for first in range(agent):
                if found[first] == first and self._mirrored(first, agent):
                    found[agent] = first
                    break
        return found

    def _mirrored(self, first: int, second: int) -> bool:
        if self.ruled.shape[first] != self.ruled.shape[second]:
            return False
        alike = self.reading.interchangeable(first, second)
        tables = self.tables
        return alike and np.array_equal(np.swapaxes(tables[first], first, second), tables[second])

    def type_of(self, agent: int, number: int) -> Any:
        """Return a type for a witness: a fraction in exact arithmetic, else a float."""
        exact = self.ruled.instance.grids[agent].exact(int(number))
        return str(exact) if self.arithmetic.exact else float(exact)

    def types_at(self, profile: Sequence[int]) -> dict[str, Any]:
        """Return a profile of type numbers by agent names."""
        return {
            name: self.type_of(j, number)
            for j, (name, number) in enumerate(zip(self.names, profile, strict=True))
        }

    def numbers(self, **values: Quantity) -> dict[str, Any]:
        """Return numbers for a witness."""
        return {key: self.shown(value) for key, value in values.items()}

    def profile(self, rows: Integers) -> list[Integers]:
        """Return type numbers of profiles by their place in the table."""
        return list(np.unravel_index(rows, self.ruled.shape))


def _whole(number: Any) -> bool:
    """Tell whether a number certainly is its nearest double."""
    return bool(number.denominator == 1 and abs(number.numerator) < DOUBLE_LIMIT)


def stakes(context: MarketContext) -> Floats:
    """Return the largest absolute value of each agent, in or out."""
    game = context.ruled.in_arithmetic(FLOAT)
    states = None
    if isinstance(game, QualityReading):
        reading = context.reading
        stated = not isinstance(reading, QualityReading) or not reading.models.by_rule
        states = states_of(game) if stated else context.states
    found: list[float] = []
    with np.errstate(all="ignore"):
        for agent in range(game.size):
            twin = next((j for j in range(agent) if game.interchangeable(j, agent)), None)
            found.append(columns_of(game, agent, states).largest() if twin is None else found[twin])
    if not np.all(np.isfinite(found)):
        message = "values of this market are beyond the range of doubles"
        raise NoRouteError(message)
    # Who has nothing at stake has the others' measure.
    return np.array([money or max(found) for money in found])
