"""`weak-budget-balance` and `budget-balance` of markets: the platform never loses, or keeps, money.

Relative to the largest stake of any agent, at every profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.market_expectations import expectation
from mdsolve.certificate.market_rows import Group, decided_rows, remembered
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.reading.market_sizes import Integers
from mdsolve.certificate.registry import condition
from mdsolve.conditions import Condition

WEAK = "weak-budget-balance"
STRONG = "budget-balance"
EXPECTED = "expected-balance"


def revenue(context: MarketContext, rows: Integers) -> Quantity:
    """Return the sum of payments at some profiles, given by their place."""
    profile = context.profile(rows)
    payments = [context.paid(agent, profile) for agent in range(context.size)]
    found = payments[0]
    for payment in payments[1:]:
        found = found + payment
    return found


def _witness(context: MarketContext, row: int) -> Mapping[str, Any]:
    profile = context.profile(np.array([row]))
    paid = {
        name: context.shown(context.paid(agent, profile)[0])
        for agent, name in enumerate(context.names)
    }
    return {
        "profile": context.types_at([int(k[0]) for k in profile]),
        "payments": paid,
        **context.numbers(revenue=revenue(context, np.array([row]))),
    }


@condition(WEAK, "market", about="payments never sum to less than nothing")
@remembered
def weak(context: MarketContext) -> Condition:
    """Check sum_i p_i(t) >= 0 at every profile."""
    largest = float(context.money.max())
    group = Group(
        context.profiles,
        lambda where, rows: -revenue(where, rows),
        lambda rows: largest,  # noqa: ARG005 - the same everywhere
        _witness,
    )
    return decided_rows(
        context,
        WEAK,
        [group],
        words=("revenue is never negative", "the platform loses money"),
        scope=f"all {context.profiles:,} profiles",
    )


@condition(EXPECTED, "market", about="payments never sum to less than nothing on average")
@remembered
def expected(context: MarketContext) -> Condition:
    """Check E sum_i p_i(t) >= 0 by the prior, under which all profiles are alike if it is none."""
    screen = context.screen
    rows = np.arange(screen.profiles)
    found = revenue(screen, rows)
    ends = screen.arithmetic.lower(found), screen.arithmetic.upper(found)
    size = np.abs(screen.payment_ends).max(axis=0).sum(axis=0).ravel()
    low, high = expectation(screen, ends, size)
    stored = context.arithmetic.stored
    loss = context.arithmetic.between(stored(np.array([-high])), stored(np.array([-low])))
    return context.decided(
        EXPECTED,
        loss,
        float(context.money.max()),
        words=("revenue is not negative on average", "the platform loses money on average"),
        scope=f"the expectation over all {context.profiles:,} profiles",
        witness=lambda _: {"expected_revenue": low},
    )


@condition(STRONG, "market", about="payments always sum to nothing")
@remembered
def strong(context: MarketContext) -> Condition:
    """Check sum_i p_i(t) = 0 at every profile."""
    largest = float(context.money.max())

    def off(where: MarketContext, rows: Integers) -> Quantity:
        found = revenue(where, rows)
        return where.arithmetic.maximum(found, -found)

    group = Group(
        context.profiles,
        off,
        lambda rows: largest,  # noqa: ARG005 - the same everywhere
        _witness,
    )
    return decided_rows(
        context,
        STRONG,
        [group],
        words=("payments always sum to zero", "payments do not sum to zero"),
        scope=f"all {context.profiles:,} profiles",
    )
