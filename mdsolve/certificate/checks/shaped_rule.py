"""`rule` of value shaping: payments, models and curves are those of the mechanism as asked for.

With m* the best amount alone and u the best utility, the curve of an agent with contribution s is

    v(x) up to m*,   min(v(m*) + (c / q)(x - m*), v(x + others + P)) from there on,

or, at the capacity, the line from (m*, v(m*)) to the full model. The first break point has to be a
best amount alone: a maximum lies within the tolerance of it, on its piece of v, and it is worth as
much as the best of all pieces. The second is where the line comes down to v(x + others + P) for
good: both agree there, and v(x + others + P) rises at least as fast just before. The third is on
the line and on the full model. With `select: least-data` no other total has less.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.registry import condition
from mdsolve.certificate.shaped.curves import ShapedClaim, shaped_claim
from mdsolve.certificate.shaped.totals import nothing_above, nothing_asked
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition

NAME = "rule"
SELECT = ("most-data", "least-data")


@condition(
    NAME,
    "sharing",
    about="payments, models and curves are those of value shaping",
    rules=("value-shaping",),
)
def rule(context: SharingContext) -> Condition:
    """Compare payments, models, curves, and which equilibrium was asked for."""
    nothing = no_payments(context, NAME)
    if nothing.verdict != "pass":
        return nothing
    claim = context.derived(shaped_claim)
    for check in (selected, first_points, last_points, middle_points, models):
        found = check(claim)
        if found.verdict != "pass":
            return found
    context.cover(NAME, ["mechanism", "payments", "accuracies", "curves"])
    return found


def no_payments(context: SharingContext, name: str) -> Condition:
    """Return whether nobody is paid anything."""
    stored = context.claim.payments
    paid = context.reading.nothing if stored is None else context.arithmetic.stored(stored)
    return context.decided(
        name,
        abs(paid),
        context.scales.money,
        words=("", "the rule pays nobody anything"),
        scope=f"{context.size:,} payments",
        witness=lambda k: context.agent(k, stored=paid),
    )


def selected(claim: ShapedClaim) -> Condition:
    """Return whether the equilibrium is the one that `select` asks for."""
    context = claim.context
    asked = context.options.get("select", "most-data")
    if asked not in SELECT:
        message = f"select: expected {' or '.join(SELECT)}, got {asked!r}"
        raise NoRouteError(message)
    total = float(context.given.sum())
    fits: bool | None
    if asked == "most-data":
        fits = nothing_above(claim, total)[1]
    else:
        nothing = nothing_asked(claim)
        fits = None if nothing is None else (not nothing or total == 0)
    return context.decided(
        NAME,
        context.arithmetic.zeros(1),
        1.0,
        words=("", f"this is not the equilibrium that select: {asked} asks for"),
        scope="equilibrium totals",
        witness=lambda k: {"total": total},  # noqa: ARG005
        refuted=np.array([fits is False]),
        undecided=np.array([fits is None]),
    )


def first_points(claim: ShapedClaim) -> Condition:
    """Return whether curves leave v(x) at a best amount alone."""
    context = claim.context
    arithmetic, solo = context.arithmetic, claim.solo
    own, handed = claim.own[:, 0], claim.handed[:, 0]
    alone = claim.pool.value(own)
    off = context.decided(
        NAME,
        abs(handed - alone),
        context.scales.accuracy,
        words=("", "a curve does not begin with the model of an agent's own data"),
        scope=claim.scope,
        witness=lambda k: context.agent(k, contribution=own, stated=handed, own_model=alone),
    )
    if off.verdict != "pass":
        return off
    near = solo.near
    apart = arithmetic.maximum(near.low - own, own - near.high)
    delta = arithmetic.stored(context.tolerance * context.scales.samples)
    truth = arithmetic.at_most(apart, delta)
    lost = solo.value - (claim.agents.value * alone - claim.agents.rate * own)
    return context.decided(
        NAME,
        lost,
        context.scales.money,
        words=("", "a curve does not begin at a best amount alone"),
        scope=claim.scope,
        witness=lambda k: context.agent(k, contribution=own, lost=lost),
        refuted=truth.fails & near.only & near.found,
        undecided=~solo.found | ~near.found | ~(truth.holds | truth.fails),
    )


def last_points(claim: ShapedClaim) -> Condition:
    """Return whether curves end at the contribution with the full model, on the line."""
    context = claim.context
    arithmetic = context.arithmetic
    own, handed = claim.own[:, 2], claim.handed[:, 2]
    off = abs(handed - claim.full)
    # The line in money: q (y - v(m*)) = c (x - m*); steeper where the capacity ends first.
    gap = claim.agents.value * (handed - claim.handed[:, 0]) - claim.agents.rate * (
        own - claim.own[:, 0]
    )
    wrong = arithmetic.maximum(gap, -gap)
    # At the capacity the line is steeper, if anything.
    wrong = arithmetic.where(claim.full_up, -gap, wrong)
    for violation, scale, words in (
        (abs(own - context.s), context.scales.samples, "a curve does not end at the contribution"),
        (off, context.scales.accuracy, "a curve does not end at the model of all data"),
        (wrong, context.scales.money, "a curve does not rise by what a sample costs"),
    ):
        found = context.decided(
            NAME,
            violation,
            scale,
            words=("", words),
            scope=claim.scope,
            witness=_witness(claim, own, handed),
        )
        if found.verdict != "pass":
            return found
    return found


def _witness(claim: ShapedClaim, own: Quantity, handed: Quantity) -> Any:
    return lambda k: claim.context.agent(k, contribution=own, handed=handed)


def middle_points(claim: ShapedClaim) -> Condition:
    """Return whether the line starts where it comes down to what all data give."""
    context = claim.context
    arithmetic = context.arithmetic
    own, handed = claim.own[:, 1], claim.handed[:, 1]
    same = claim.places[:, 1] == claim.places[:, 0]
    # The line from the first to the third break point, at the second.
    run = claim.own[:, 2] - claim.own[:, 0]
    straight = arithmetic.less(context.reading.nothing, run).holds
    safe = arithmetic.where(straight, run, 1 + context.reading.nothing)
    share = arithmetic.where(straight, (own - claim.own[:, 0]) / safe, context.reading.nothing)
    rise = claim.handed[:, 2] - claim.handed[:, 0]
    off = abs(handed - (claim.handed[:, 0] + share * rise))
    seen = claim.pool.value(own + claim.others)
    apart = arithmetic.where(same, context.reading.nothing, abs(handed - seen))
    found = context.decided(
        NAME,
        arithmetic.maximum(off, apart),
        context.scales.accuracy,
        words=("", "a curve's line does not start where it meets what all data give"),
        scope=claim.scope,
        witness=_witness(claim, own, handed),
    )
    if found.verdict != "pass" or same.all():
        return found
    # Just before, the line is above: v(x + others + P) rises faster, and it is concave up to there.
    slower = rise / safe - claim.pool.slope(own + claim.others, "left")
    slower = arithmetic.where(same, context.reading.nothing, slower * claim.own[:, 2])
    return context.decided(
        NAME,
        slower,
        context.scales.accuracy,
        words=("", "a curve follows what all data give although the line is below"),
        scope=claim.scope,
        witness=_witness(claim, own, handed),
    )


def models(claim: ShapedClaim) -> Condition:
    """Return whether the models handed out are those that the curves end at."""
    context = claim.context
    off = abs(claim.received - claim.handed[:, 2])
    return context.decided(
        NAME,
        off,
        context.scales.accuracy,
        words=(
            "payments, models and curves are those of the mechanism",
            "a model handed out is not the mechanism's",
        ),
        scope=f"{context.size:,} curves and models",
        witness=lambda k: context.agent(k, received=claim.received, curve_ends=claim.handed[:, 2]),
    )
