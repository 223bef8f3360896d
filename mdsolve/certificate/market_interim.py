"""Averages over the others' types, given one's own: beliefs, expected payments and their bounds.

What an agent of type t believes of the others is the prior given t. Where the prior is the product
of its margins but for rounding, types are independent and beliefs are those margins; otherwise they
are read off the table. Who has no chance of being of a type believes nothing, and is not asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.market_lottery_bound import weights
from mdsolve.certificate.numbers import Booleans, Floats, Quantity
from mdsolve.certificate.reading.market import MarketReading
from mdsolve.certificate.reading.market_sizes import Integers
from mdsolve.tolerance import ROUND_OFF

WORK_LIMIT = 60_000_000
"""Most values of lies, at all profiles, that are averaged."""

PIECE = 1 << 17
"""Values that are averaged at a time."""


@dataclass(frozen=True)
class Beliefs:
    """The prior of a market as agents see it.

    Parameters
    ----------
    prior : array of shape (m_1, ..., m_n)
        In doubles, which count as exact.
    even : bool
        Whether all profiles are alike, as where the instance says nothing.
    """

    prior: Floats
    even: bool

    @classmethod
    def of(cls, context: MarketContext) -> Beliefs:
        """Return the beliefs that an instance's prior makes."""
        table = weights(context).reshape(context.ruled.shape)
        return cls(table, bool(np.all(table == table.ravel()[0])))

    @cached_property
    def margins(self) -> tuple[Floats, ...]:
        """How likely each agent's types are, but for rounding."""
        agents = range(self.prior.ndim)
        return tuple(self.prior.sum(axis=tuple(j for j in agents if j != i)) for i in agents)

    @cached_property
    def independent(self) -> bool:
        """Whether no agent's type tells anything of the others'."""
        product = np.ones(())
        for chances in self.margins:
            product = np.multiply.outer(product, chances)
        return self.even or bool(np.all(np.abs(self.prior - product) <= ROUND_OFF * product))

    def possible(self, agent: int) -> Booleans:
        """Return which types of an agent have a chance, (m,)."""
        return np.asarray(self.margins[agent] > 0)

    def own(self, context: MarketContext, agent: int) -> Quantity:
        """Return how likely an agent's types are, (m,), one in sum."""
        count = context.ruled.shape[agent]
        if self.even:
            return context.arithmetic.zeros(count) + context.arithmetic.constant(1) / count
        chances = context.arithmetic.stored(self.margins[agent])
        return chances / context.arithmetic.total(chances)

    def others(self, context: MarketContext, agent: int, own: Integers) -> Quantity:
        """Return how likely the others' profiles are given own types, (types, columns)."""
        arithmetic = context.arithmetic
        if self.independent:
            found = arithmetic.zeros((1,)) + arithmetic.constant(1)
            for j in range(context.size):
                if j != agent:
                    found = (found[:, None] * self.own(context, j)[None, :]).reshape(-1)
            return arithmetic.broadcast(found[None, :], (len(own), found.shape[0]))
        table = np.moveaxis(self.prior, agent, 0).reshape(self.prior.shape[agent], -1)[own]
        stored = arithmetic.stored(table)
        return stored / arithmetic.total(stored, axis=1)[:, None]


def beliefs_of(context: MarketContext) -> Beliefs:
    """Return the beliefs of a market, made once."""
    screen = context.screen
    if "beliefs" not in screen.scratch:
        screen.scratch["beliefs"] = Beliefs.of(screen)
    found: Beliefs = screen.scratch["beliefs"]
    return found


class Averages:
    """What an agent's choices are worth on average to types of theirs, before and after paying.

    Parameters
    ----------
    market : MarketReading or None
        The market under some models; None takes those of the claim.
    """

    def __init__(
        self, context: MarketContext, agent: int, market: MarketReading | None = None
    ) -> None:
        self.context, self.agent = context, agent
        self.market = context.reading if market is None else market
        shape = context.ruled.shape
        self.columns = context.profiles // shape[agent]
        work = context.profiles * (shape[agent] + 1) // 2
        if work > WORK_LIMIT:
            message = f"{work:,} values of lies; at most {WORK_LIMIT:,} are averaged"
            raise NoRouteError(message)
        rest = [m for j, m in enumerate(shape) if j != agent]
        self._others = list(np.unravel_index(np.arange(self.columns), rest)) if rest else []

    def staying_out(self, own: Integers) -> Quantity:
        """Return what staying out is worth to some types, (types,)."""
        return self._averaged(own, own, "out")

    def reporting(self, report: Integers, own: Integers, *, paying: bool) -> Quantity:
        """Return what reports are worth to true types, (types,)."""
        return self._averaged(report, own, "paying" if paying else "free")

    def payment(self, report: Integers, own: Integers) -> Quantity:
        """Return what reports cost true types, (types,)."""
        return self._averaged(report, own, "cost")

    def _averaged(self, report: Integers, own: Integers, what: str) -> Quantity:
        arithmetic = self.context.arithmetic
        step = max(1, PIECE // self.columns)
        parts = []
        for start in range(0, len(own), step):
            part = slice(start, start + step)
            values = self._values(report[part], own[part], what)
            chances = beliefs_of(self.context).others(self.context, self.agent, own[part])
            parts.append(arithmetic.total(values * chances, axis=1))
            self.context.monitor.check_time()
        return arithmetic.concatenate(parts) if parts else arithmetic.zeros(0)

    def _values(self, report: Integers, own: Integers, what: str) -> Quantity:
        """Return numbers at all profiles of the others, (types, columns)."""
        context, agent = self.context, self.agent
        others = [numbers[None, :] for numbers in self._others]
        told, true = report[:, None], own[:, None]
        shape = (len(own), self.columns)
        broadcast = context.arithmetic.broadcast
        if what == "out":
            return broadcast(self.market.outside(agent, true, others), shape)
        if what == "cost":
            return broadcast(context.payment(agent, told, others), shape)
        worth = broadcast(self.market.value(agent, told, true, others), shape)
        if what == "paying":
            worth = worth - broadcast(context.payment(agent, told, others), shape)
        return worth


def lies_of(types: int) -> tuple[Integers, Integers]:
    """Return every lower report and the true type it is made by.

    Examples
    --------
    >>> [numbers.tolist() for numbers in lies_of(3)]
    [[0, 0, 1], [1, 2, 2]]
    """
    own, report = np.tril_indices(types, -1)
    order = np.lexsort((own, report))
    return report[order], own[order]


def bounds_along(
    context: MarketContext, agent: int, through: Sequence[int | None]
) -> tuple[Quantity, Quantity]:
    """Return what chains of lies bound expected payments by, (m,), and what enters them.

    Under the instance's own rule, whatever models a claim states.

    Parameters
    ----------
    through : sequence of (int or None)
        Per own type a lower report, whose own bound comes first; None is staying out.
    """
    averages, arithmetic = Averages(context, agent, context.ruled), context.arithmetic
    own = np.arange(len(through))
    told = np.array([k if report is None else report for k, report in enumerate(through)])
    truth = averages.reporting(own, own, paying=False)
    lies = averages.reporting(told, own, paying=False)
    out = averages.staying_out(own)
    found: list[Quantity] = []
    for k, report in enumerate(through):
        here = slice(k, k + 1)
        bound = truth[here] - out[here] if report is None else truth[here] - lies[here]
        found.append(bound if report is None else found[report] + bound)
    return arithmetic.concatenate(found), truth
