"""`side-constraints`: caps, floors, revenue floors and spreads that the options ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import permutations
from typing import Any

import numpy as np

from mdsolve.certificate.checks.market_balance import revenue
from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.market_rows import Group, decided_rows, remembered
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.reading.market_sizes import Integers
from mdsolve.certificate.registry import condition
from mdsolve.conditions import Condition

NAME = "side-constraints"

Rows = Callable[[MarketContext, Integers], Quantity]


@condition(NAME, "market", about="payments keep the bounds that the options ask for")
@remembered
def side_constraints(context: MarketContext) -> Condition:
    """Check every bound on payments."""
    bounds = context.claim.side.bounds
    if not bounds:
        message = "no bound on payments was asked for"
        raise NoRouteError(message)
    words = [f"{name}={amount}" for name, amount in bounds.items()]
    return decided_rows(
        context,
        NAME,
        groups(context),
        words=("every side constraint holds", "a side constraint is violated"),
        scope=f"{', '.join(words)} at all {context.profiles:,} profiles",
    )


def groups(context: MarketContext) -> list[Group]:
    """Return the rows of every bound."""
    side, money = context.claim.side, context.money
    agents = range(context.size)
    found = []
    for name, amount in side.bounds.items():
        word = f"{name}={amount}"
        if name == "cap":
            parts = [(_at_most(i, amount, 1), money[i]) for i in agents]
        elif name.startswith("cap."):
            agent = context.names.index(name.removeprefix("cap."))
            parts = [(_at_most(agent, amount, 1), money[agent])]
        elif name == "floor":
            parts = [(_at_most(i, amount, -1), money[i]) for i in agents]
        elif name == "revenue-floor":
            parts = [(_revenue_at_least(amount), money.max())]
        elif name == "subsidy":
            parts = [(_revenue_at_least(-amount), money.max())]
        else:
            parts = [
                (_apart(i, j, amount), max(money[i], money[j])) for i, j in permutations(agents, 2)
            ]
        found += [
            Group(context.profiles, rows, lambda _, s=scale: float(s), _witness(word))  # type: ignore[misc]
            for rows, scale in parts
        ]
    return found


def _paid(context: MarketContext, agent: int, rows: Integers) -> Quantity:
    return context.paid(agent, context.profile(rows))


def _at_most(agent: int, amount: Any, sign: int) -> Rows:
    return lambda where, rows: (
        sign * _paid(where, agent, rows) - where.arithmetic.constant(sign * amount)
    )


def _revenue_at_least(amount: Any) -> Rows:
    return lambda where, rows: where.arithmetic.constant(amount) - revenue(where, rows)


def _apart(first: int, second: int, amount: Any) -> Rows:
    return lambda where, rows: (
        _paid(where, first, rows) - _paid(where, second, rows) - where.arithmetic.constant(amount)
    )


def _witness(word: str) -> Callable[[MarketContext, int], Mapping[str, Any]]:
    def witness(context: MarketContext, row: int) -> Mapping[str, Any]:
        rows = np.array([row])
        return {
            "constraint": word,
            "profile": context.types_at([int(k[0]) for k in context.profile(rows)]),
            "payments": {
                name: context.shown(_paid(context, i, rows)[0])
                for i, name in enumerate(context.names)
            },
        }

    return witness
