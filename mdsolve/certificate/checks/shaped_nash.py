"""`nash` of value shaping: no own contribution is better than the one where the curve ends.

Up to the first break point an agent has what own data give: at most the best alone. Up to the
second, and beyond the third, the model is that of all data: concave pieces, enclosed by brackets.
On the line the best is at an end. Along the rule's own line everything is worth the same to the
agent, who then gives most; so there is no distance within which every best response lies.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mdsolve.certificate.checks.nash import impossible
from mdsolve.certificate.numbers import Booleans, Quantity
from mdsolve.certificate.registry import condition
from mdsolve.certificate.shaped.curves import ShapedClaim, shaped_claim
from mdsolve.certificate.shaped.responses import Stretch, best_on
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition

NAME = "nash"


@condition(
    NAME,
    "sharing",
    about="nobody gains by another contribution against their own curve",
    rules=("value-shaping",),
)
def nash(context: SharingContext) -> Condition:
    """Check that the third break point is the contribution and a best response to the curve."""
    if context.outside.any():
        return impossible(context)
    claim = context.derived(shaped_claim)
    for found in (ends_at_contributions(claim), ends_at_models(claim)):
        if found.verdict != "pass":
            return found
    best, known = best_of_curve(claim)
    gains = best - claim.utilities
    context.cover(NAME, ["contributions"])
    return context.decided(
        NAME,
        gains,
        context.scales.money,
        words=(
            "no other contribution pays against the agents' own curves",
            "another contribution pays against an agent's own curve",
        ),
        scope=claim.scope,
        witness=lambda k: context.agent(
            k, contribution=context.s, utility=claim.utilities, best=best
        ),
        undecided=~known,
    )


def ends_at_contributions(claim: ShapedClaim) -> Condition:
    """Return whether everybody contributes what their curve ends at."""
    context = claim.context
    off = abs(claim.own[:, 2] - context.s)
    return context.decided(
        NAME,
        off,
        context.scales.samples,
        words=("", "an agent is not where their curve ends"),
        scope=f"{context.size:,} curves",
        witness=lambda k: context.agent(k, contribution=context.s, curve_ends=claim.own[:, 2]),
    )


def ends_at_models(claim: ShapedClaim) -> Condition:
    """Return whether everybody receives what their curve ends at."""
    context = claim.context
    off = abs(claim.handed[:, 2] - claim.received)
    return context.decided(
        NAME,
        off,
        context.scales.accuracy,
        words=("", "an agent does not receive the model that their curve ends at"),
        scope=f"{context.size:,} models",
        witness=lambda k: context.agent(k, received=claim.received, curve_ends=claim.handed[:, 2]),
    )


def best_of_curve(claim: ShapedClaim) -> tuple[Quantity, Booleans]:
    """Return enclosures of the best utility on whole curves, and where they are known, (n,)."""
    context = claim.context
    arithmetic, reading = context.arithmetic, context.reading
    best = arithmetic.maximum(claim.worth(1), claim.worth(2))
    best = arithmetic.maximum(best, claim.solo.value)
    every: Any = np.ones(context.size, dtype=np.bool_)
    early = Stretch(claim.agents, claim.others, claim.own[:, 0], claim.own[:, 1], every)
    late = Stretch(claim.agents, claim.others, claim.own[:, 2], reading.capacity, reading.bounded)
    known = claim.solo.found
    apart = np.flatnonzero(claim.places[:, 0] != claim.places[:, 1])
    if apart.size:
        value, found = best_on(
            claim.pool,
            claim.rounded,
            early.take(apart),
            claim.places[apart, 1],
            claim.worth(1)[apart],
        )
        spread = np.zeros(context.size, dtype=np.intp)
        spread[apart] = np.arange(apart.size)
        some = np.isin(np.arange(context.size), apart)
        best = arithmetic.where(some, arithmetic.maximum(best, value[spread]), best)
        known = known & (~some | found[spread])
    upper = np.asarray(arithmetic.upper(claim.own[:, 2]), dtype=np.float64)
    value, found = best_on(claim.pool, claim.rounded, late, upper, claim.worth(2))
    return arithmetic.maximum(best, value), known & found
