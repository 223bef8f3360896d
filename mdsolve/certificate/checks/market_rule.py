"""`rule`: payments and models of a market are those of the named mechanism.

Models are compared as they are used: one that is no better than an agent's own is as good as none.
Payments of `free`, `mep` and `vcg` follow from formulas; those of `desirable` have a module of
their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mdsolve.certificate.checks.market_models import best_quality
from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.market_rows import Group, decided_rows
from mdsolve.certificate.market_rules.base import MarketRule
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.reading.market import QualityReading
from mdsolve.certificate.reading.market_models import PooledModels
from mdsolve.certificate.reading.market_sizes import Integers
from mdsolve.certificate.registry import condition
from mdsolve.conditions import Condition

NAME = "rule"

VOUCHED = ("mechanism", "table.payments", "table.allocation")
"""What a rule that holds vouches for."""


@condition(NAME, "market", about="payments and models are those of the named mechanism")
def rule(context: MarketContext) -> Condition:
    """Compare every payment with the mechanism's formula, and every model with its rule."""
    named = named_rule(context)
    groups = [*model_groups(context), *(_payments(context, named, i) for i in range(context.size))]
    found = decided_rows(
        context,
        NAME,
        groups,
        words=(
            f"payments and models are those of {named.name}",
            f"payments or models are not those of {named.name}",
        ),
        scope=f"all {context.profiles:,} profiles, every agent",
    )
    context.cover(NAME, VOUCHED)
    return found


def named_rule(context: MarketContext) -> MarketRule:
    """Return the mechanism; raises `NoRouteError` for a bare table."""
    if context.rule is None:
        message = "the solution names no mechanism"
        raise NoRouteError(message)
    return context.rule


def model_groups(context: MarketContext) -> list[Group]:
    """Return the rows that compare models, where they are not the same by construction."""
    market = context.reading
    if context.claim.lottery is not None:
        message = f"{named_rule(context).name} draws no lots"
        raise NoRouteError(message)
    if not isinstance(market, QualityReading):
        if context.claim.allocation is not None:
            message = "a table of values already contains the models; those stored mean nothing"
            raise NoRouteError(message)
        return []
    right = named_rule(context).models(market)
    everywhere = market.allocation.everywhere(range(context.size))
    if market.models == right or (
        isinstance(market.models, PooledModels)
        and isinstance(right, PooledModels)
        and all(everywhere.values())
    ):
        return []
    return [_models(context, agent) for agent in range(context.size)]


def _used(context: MarketContext, agent: int, rows: Integers) -> tuple[Quantity, Quantity]:
    """Return the model in use and the one that the mechanism makes of the reports."""
    market, profile = context.reading, context.profile(rows)
    assert isinstance(market, QualityReading)
    right = named_rule(context).models(market).deal(market.formulas, profile)
    return market.deal(profile).used(agent), right.used(agent)


def _models(context: MarketContext, agent: int) -> Group:
    def off(where: MarketContext, rows: Integers) -> Quantity:
        stored, right = _used(where, agent, rows)
        return abs(stored - right)

    def witness(where: MarketContext, row: int) -> Mapping[str, Any]:
        rows = np.array([row])
        stored, right = _used(where, agent, rows)
        return _place(where, agent, rows) | where.numbers(model=stored, recomputed=right)

    return Group(context.profiles, off, lambda rows: best_quality(context, rows), witness)


def _payments(context: MarketContext, named: MarketRule, agent: int) -> Group:
    def both(where: MarketContext, rows: Integers) -> tuple[Quantity, Quantity]:
        others = where.profile(rows)
        own = others.pop(agent)
        right = named.payment(where, agent, own, others)
        if right is None:
            message = f"no formula says what {named.name} charges"
            raise NoRouteError(message)
        return where.payment(agent, own, others), right

    def off(where: MarketContext, rows: Integers) -> Quantity:
        stored, right = both(where, rows)
        return abs(stored - right)

    def witness(where: MarketContext, row: int) -> Mapping[str, Any]:
        rows = np.array([row])
        stored, right = both(where, rows)
        return _place(where, agent, rows) | where.numbers(stored=stored, recomputed=right)

    money = named.stake(context, agent)
    return Group(context.profiles, off, lambda rows: money, witness)  # noqa: ARG005


def _place(context: MarketContext, agent: int, rows: Integers) -> dict[str, Any]:
    profile = [int(numbers[0]) for numbers in context.profile(rows)]
    return {"agent": context.names[agent], "profile": context.types_at(profile)}
