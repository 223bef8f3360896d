"""`efficiency` and `feasibility` of the models that a market hands out ([C20] Definition 5).

Efficiency compares the total value with that of every choice "best model or nothing" that can be
the best one; a total over agents is a formula of its own in the reading, not a sum of values.
Feasibility: nobody is handed a model that all reports together cannot train.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.market_rows import Group, decided_rows
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.reading.market import QualityReading
from mdsolve.certificate.reading.market_lottery import LotteryReading
from mdsolve.certificate.reading.market_models import StatedModels
from mdsolve.certificate.reading.market_sizes import Integers
from mdsolve.certificate.registry import condition
from mdsolve.conditions import Condition

EFFICIENT = "efficiency"
FEASIBLE = "feasibility"

TRIVIAL = Group(
    1,
    lambda where, rows: where.arithmetic.zeros(len(rows)),
    lambda rows: 0.0,  # noqa: ARG005 - nothing to compare
    lambda where, row: {},  # noqa: ARG005 - nothing to see
)
"""Rows that hold by what was decided before."""


@condition(EFFICIENT, "market", about="no other choice of recipients has a larger total value")
def efficiency(context: MarketContext) -> Condition:
    """Check the total value of the models handed out against the best choice of recipients."""
    market = context.reading
    if not isinstance(market, QualityReading):
        message = "a table of values already contains the allocation; there is no other"
        raise NoRouteError(message)
    everybody = list(range(context.size))
    choices = market.allocation.choices(everybody)
    if market.models.by_rule and market.allocation.efficient:
        # Who receives what was decided by comparing totals; recomputing decides again.
        market.allocation.recipients(everybody, np.ogrid[tuple(slice(m) for m in market.shape)])
        groups = [TRIVIAL]
    else:
        largest = float(context.money.max())
        groups = [
            Group(
                context.profiles,
                _shortfall,
                lambda rows: largest,  # noqa: ARG005 - the same everywhere
                _better_choice,
            )
        ]
    return decided_rows(
        context,
        EFFICIENT,
        groups,
        words=(
            "no choice of recipients has a larger total value",
            "another choice of recipients has a larger total value",
        ),
        scope=f"all {context.profiles:,} profiles, {_choices(len(choices))}",
    )


def _choices(count: int) -> str:
    return "the one choice that can be the best" if count == 1 else f"{count:,} possible choices"


def _quality(context: MarketContext) -> QualityReading:
    assert isinstance(context.reading, QualityReading)
    return context.reading


def _totals(context: MarketContext, rows: Integers) -> tuple[Quantity, list[Quantity]]:
    """Return the claimed total and that of every choice."""
    market = _quality(context)
    profile, everybody = context.profile(rows), list(range(context.size))
    deal = market.deal(profile)
    claimed = market.together(everybody, [deal.used(j) for j in everybody])
    choices = market.allocation.choices(everybody)
    totals = market.allocation.totals(market.arithmetic, everybody, choices, profile)
    return claimed, list(totals)


def _shortfall(context: MarketContext, rows: Integers) -> Quantity:
    claimed, totals = _totals(context, rows)
    best = totals[0]
    for total in totals[1:]:
        best = context.arithmetic.maximum(best, total)
    return best - claimed


def _better_choice(context: MarketContext, row: int) -> Mapping[str, Any]:
    rows = np.array([row])
    claimed, totals = _totals(context, rows)
    near = [float(context.arithmetic.nearest(total).reshape(-1)[0]) for total in totals]
    best = int(np.argmax(near))
    choice = _quality(context).allocation.choices(list(range(context.size)))[best]
    return {
        "profile": context.types_at([int(k[0]) for k in context.profile(rows)]),
        "better_recipients": [context.names[j] for j in sorted(choice)],
        **context.numbers(total_claimed=claimed, total_better=totals[best]),
    }


@condition(FEASIBLE, "market", about="every model handed out can be trained from the reports")
def feasibility(context: MarketContext) -> Condition:
    """Check 0 <= x_i(t) <= Q(sum of reports) for every agent and every profile."""
    _ = context.tables
    market = context.reading
    if isinstance(market, LotteryReading):
        groups, scope = lottery_groups(context, market), "every outcome of the lottery"
        context.cover(FEASIBLE, ["table.lottery", "table.probability"])
    elif not isinstance(market, QualityReading):
        if context.claim.allocation is not None:
            message = "a table of values already contains the models; those stored mean nothing"
            raise NoRouteError(message)
        groups, scope = [TRIVIAL], "models are part of the values given"
    elif not isinstance(market.models, StatedModels):
        groups, scope = [TRIVIAL], "the models of the instance's rule"
    else:
        groups = [_models(context, agent) for agent in range(context.size)]
        scope = f"all {context.profiles:,} profiles, every agent"
        context.cover(FEASIBLE, ["table.allocation"])
    return decided_rows(
        context,
        FEASIBLE,
        groups,
        words=(
            "every model handed out can be trained from the reports",
            "a model handed out is better than the reports allow, or of negative quality",
        ),
        scope=scope,
    )


def lottery_groups(context: MarketContext, market: LotteryReading) -> list[Group]:
    """Return the rows that say that chances are a lottery's, and add up to those of the agents."""
    chances = market.chances.reshape(len(market.chances), -1)
    stated = context.claim.probability

    def negative(where: MarketContext, rows: Integers) -> Quantity:
        return where.arithmetic.stored(-chances.reshape(-1)[rows])

    def off(where: MarketContext, rows: Integers) -> Quantity:
        arithmetic = where.arithmetic
        found = arithmetic.total(arithmetic.stored(chances[:, rows])) - arithmetic.constant(1)
        return arithmetic.maximum(found, -found)

    def handed(agent: int) -> Callable[[MarketContext, Integers], Quantity]:
        assert stated is not None
        own = stated[agent].reshape(-1)
        among = [k for k in range(len(chances)) if market.receives(k, agent)]

        def apart(where: MarketContext, rows: Integers) -> Quantity:
            arithmetic = where.arithmetic
            found = arithmetic.total(arithmetic.stored(chances[among][:, rows]))
            found = found - arithmetic.stored(own[rows])
            return arithmetic.maximum(found, -found)

        return apart

    def group(rows: Callable[[MarketContext, Integers], Quantity], count: int) -> Group:
        return Group(count, rows, lambda _: 1.0, lambda _, row: {"profile": row % chances.shape[1]})

    found = [group(negative, chances.size), group(off, chances.shape[1])]
    if stated is not None:
        found += [group(handed(agent), chances.shape[1]) for agent in range(context.size)]
    return found


def best_quality(context: MarketContext, rows: Integers) -> np.ndarray:
    """Return the quality that all reports train, in doubles: what models are measured by."""
    market = _quality(context.screen)
    return market.arithmetic.upper(market.best(context.profile(rows)))


def _models(context: MarketContext, agent: int) -> Group:
    """Return the rows of one agent's models."""

    def excess(where: MarketContext, rows: Integers) -> Quantity:
        market, profile = _quality(where), where.profile(rows)
        handed = market.deal(profile).handed(agent)
        return where.arithmetic.maximum(handed - market.best(profile), -handed)

    def witness(where: MarketContext, row: int) -> Mapping[str, Any]:
        market, profile = _quality(where), where.profile(np.array([row]))
        handed = market.deal(profile).handed(agent)
        return {
            "agent": where.names[agent],
            "profile": where.types_at([int(k[0]) for k in profile]),
            **where.numbers(handed_out=handed, best=market.best(profile)),
        }

    return Group(context.profiles, excess, lambda rows: best_quality(context, rows), witness)
