"""`feasibility`: agents can choose and pay for what they bring, and models can be trained."""

from __future__ import annotations

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.registry import condition
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition

NAME = "feasibility"


@condition(NAME, "sharing", about="contributions are within capacities, money and data suffice")
def feasibility(context: SharingContext) -> Condition:
    """Check 0 <= s_i <= capacity_i, B_i - c_i(s_i) + p_i >= 0, and models of value at most a_i."""
    arithmetic, reading, given = context.arithmetic, context.reading, context.given
    if not np.all(np.isfinite(given)):
        raise NoRouteError("a contribution is not a number")
    s = context.s if not np.any(given < 0) else arithmetic.stored(given)
    zero = arithmetic.zeros(context.size)
    above = arithmetic.where(reading.bounded, s - reading.capacity, -abs(s))
    excess = arithmetic.maximum(-s, above)
    context.cover(NAME, ["contributions"] if context.rule is None else [])
    amounts = context.decided(
        NAME,
        excess,
        context.scales.samples,
        words=(
            "every contribution is within its capacity",
            "a contribution is negative or too large",
        ),
        scope=f"{context.size:,} contributions",
        witness=lambda k: context.agent(k, contribution=s),
    )
    if amounts.verdict != "pass":
        return amounts
    if context.received is not None:
        over = context.received - reading.accuracy.values(s)
        models = context.decided(
            NAME,
            over,
            context.scales.accuracy,
            words=("", "a model is worth more than all data together give"),
            scope=f"{context.size:,} models",
            witness=lambda k: context.agent(k, received=context.received, above=over),
        )
        if models.verdict != "pass":
            return models
    if not reading.limited.any():
        return amounts
    left = reading.budget - reading.costs.value(s) + context.payments
    short = arithmetic.where(reading.limited, -left, zero)
    return context.decided(
        NAME,
        short,
        context.scales.money,
        words=(
            "every contribution is within its capacity, and nobody spends more than their budget",
            "an agent spends more than their budget",
        ),
        scope=f"{context.size:,} contributions, {int(reading.limited.sum()):,} budgets",
        witness=lambda k: context.agent(k, money_left=left, budget=reading.budget, contribution=s),
    )
