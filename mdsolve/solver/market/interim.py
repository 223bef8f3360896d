"""Payments that are rational and truthful on average over the others' types, given the own one.

Types are independent: agent i of type t expects the same of the others whatever t is. What a report
r costs on average, P_i(r), is then one number whoever reports it, and rationality and truthfulness
are difference constraints on m_i numbers::

    P_i(t)          <=  E[v_i(in) - v_i(out)]                     at t
    P_i(t) - P_i(r) <=  E[v_i(report t; t) - v_i(report r; t)]    r < t

whose highest solution are shortest paths. Any P_i are the averages of a rule whose payments sum to
one number R, the sum of the E P_i, at *every* profile::

    p_i(t) = P_i(t_i) - 1 / (n - 1) * sum_{j != i} (P_j(t_j) - E P_j)

so that whatever is asked of sums, at every profile or on average, can be had iff R allows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from mdsolve.errors import UnsupportedError
from mdsolve.game.arithmetic import EXACT, Array
from mdsolve.game.market import Market, own_first
from mdsolve.progress import Monitor
from mdsolve.tolerance import ROUND_OFF, TIE

STAY_OUT = -1
"""What stands for a report where staying out bounds an expected payment."""

EXACT_LIMIT = 300_000
"""Most lies, at all profiles, that are valued in fractions to decide a revenue near zero."""


@dataclass(frozen=True)
class InterimPayments:
    """The highest expected payments and the rule that has them.

    Parameters
    ----------
    payments : array of shape (n, m_1, ..., m_n)
        What agents pay at every profile, in money.
    expected : sequence of (m_i,)
        P_i by own type.
    through : sequence of (m_i,) of int
        Per own type the number of the report that bounds P_i, `STAY_OUT` for rationality.
    revenue : number
        What payments sum to at every profile: the largest expected revenue.
    """

    payments: Array
    expected: Sequence[Array]
    through: Sequence[tuple[int, ...]]
    revenue: Any

    @property
    def blur(self) -> float:
        """How near zero doubles cannot tell sums of expected payments from it."""
        return TIE * max(float(np.max(np.abs(own))) for own in self.expected)

    @property
    def balanced(self) -> bool:
        """Tell whether the revenue is zero but for rounding."""
        return abs(float(self.revenue)) <= self.blur


def marginals(market: Market) -> list[list[Fraction]]:
    """Return how likely each agent's types are, by the prior.

    Raises
    ------
    UnsupportedError
        If types are not independent, or one has no chance.
    """
    if market.prior is None or _uniform(market.prior):
        return [[Fraction(1, m)] * m for m in market.shape]
    agents = range(len(market.agents))
    sums = [market.prior.sum(axis=tuple(j for j in agents if j != i)) for i in agents]
    product = np.ones(())
    for chances in sums:
        product = np.multiply.outer(product, chances)
    if not np.all(np.abs(market.prior - product) <= ROUND_OFF * product):
        raise UnsupportedError.single(
            "prior",
            "types that depend on each other, with interim",
            "independent types: a table that is the product of its margins, or uniform",
            "drop interim, which asks for rationality and truthfulness at every profile",
        )
    if any(np.any(chances <= 0) for chances in sums):
        raise UnsupportedError.single(
            "prior",
            "a type without a chance, with interim",
            "a chance above 0 for every type",
            "leave types out that cannot occur",
        )
    found = [[Fraction(float(chance)) for chance in chances] for chances in sums]
    return [[chance / sum(chances) for chance in chances] for chances in found]


def _uniform(prior: Array) -> bool:
    return bool(np.all(prior == prior.ravel()[0]))


def interim_payments(market: Market, monitor: Monitor) -> InterimPayments:
    """Return the highest expected payments, and a rule with one sum at every profile that has them.

    Raises
    ------
    UnsupportedError
        If the prior does not allow it, or there is one agent only.
    """
    if len(market.agents) < 2:
        raise UnsupportedError.single(
            "side constraint interim",
            "a market with one agent",
            "two agents or more",
            "drop interim: there are no others to expect anything of",
        )
    chances = [market.arithmetic.array(entries) for entries in marginals(market)]
    expected, through = [], []
    for agent in range(len(market.agents)):
        own, path = _highest(market, agent, chances, monitor)
        expected.append(own)
        through.append(path)
    means = [(own * chance).sum() for own, chance in zip(expected, chances, strict=True)]
    payments = _shared(market, expected, means)
    revenue = means[0]
    for mean in means[1:]:
        revenue = revenue + mean
    return InterimPayments(payments, expected, through, revenue)


def _highest(
    market: Market, agent: int, chances: Sequence[Array], monitor: Monitor
) -> tuple[Array, tuple[int, ...]]:
    """Return the agent's highest expected payments and what bounds each of them."""
    weight = _others(chances, agent)
    truth = _expected(own_first(market.truthful_values(agent), agent), weight)
    outside = _expected(own_first(market.outside_values(agent), agent), weight)
    found, through = truth - outside, np.full(len(truth), STAY_OUT)
    for report in range(len(truth) - 1):
        told = _expected(market.report_values(agent, report)[1:], weight)
        bounds = found[report] + truth[report + 1 :] - told
        lower = np.asarray(bounds < found[report + 1 :], dtype=bool)
        found[report + 1 :] = np.where(lower, bounds, found[report + 1 :])
        through[report + 1 :][lower] = report
        monitor.advance(f"expected payments of {market.agents[agent]}", report + 1, len(truth) - 1)
    return found, tuple(int(report) for report in through)


def _others(chances: Sequence[Array], agent: int) -> Array:
    """Return how likely the others' types are, flat over their profiles in agent order."""
    found: Array | None = None
    for j, chance in enumerate(chances):
        if j != agent:
            found = chance if found is None else np.multiply.outer(found, chance)
    assert found is not None
    return np.asarray(found).ravel()


def _expected(table: Array, weight: Array) -> Array:
    """Return averages over the others of a table with the own types in front."""
    flat = np.ascontiguousarray(table).reshape(len(table), -1)
    return np.asarray((flat * weight).sum(axis=1))


def _shared(market: Market, expected: Sequence[Array], means: Sequence[Any]) -> Array:
    """Return payments with these averages that sum to one number at every profile."""
    size = len(market.agents)
    along = [_along(own, agent, size) for agent, own in enumerate(expected)]
    shares = [(own - mean) / (size - 1) for own, mean in zip(along, means, strict=True)]
    table = []
    for agent in range(size):
        payment = along[agent]
        for j in range(size):
            if j != agent:
                payment = payment - shares[j]
        table.append(np.broadcast_to(payment, market.shape))
    return np.stack(table)


def _along(values: Array, axis: int, size: int) -> Array:
    """Return numbers per own type, to be broadcast along the agent's axis."""
    shape = [1] * size
    shape[axis] = len(values)
    return values.reshape(shape)


@dataclass(frozen=True)
class Verdict:
    """Whether the largest expected revenue suffices, and what that was decided with."""

    exists: bool
    decided: str
    found: InterimPayments


def suffices(market: Market, found: InterimPayments, least: Fraction, monitor: Monitor) -> Verdict:
    """Return whether the revenue reaches a number; near it in fractions where values are."""
    wanted = market.arithmetic.number(least)
    if market.arithmetic.name == "exact":
        return Verdict(bool(found.revenue >= wanted), "exact", found)
    if abs(found.revenue - wanted) > found.blur:
        return Verdict(bool(found.revenue > wanted), "float", found)
    lies = market.profile_count * sum(market.shape)
    if not market.rational or lies > EXACT_LIMIT:
        return Verdict(True, "tolerance", found)
    certain = interim_payments(market.with_arithmetic(EXACT), monitor)
    if certain.revenue >= least:
        return Verdict(True, "exact", found)
    return Verdict(False, "exact", certain)
