"""What a designed rule pays: its `rule`, `payment-limit` at every profile, margins and shares."""

from __future__ import annotations

import numpy as np

from mdsolve.certificate.checks.agreements import NAME as LIMIT
from mdsolve.certificate.checks.rationality import ALONE
from mdsolve.certificate.checks.reciprocity import NAME as RECIPROCITY
from mdsolve.certificate.checks.rule import NAME as RULE
from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.registry import condition
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.target.asked import asked
from mdsolve.certificate.target.needs import sharers
from mdsolve.certificate.target.stated_rule import paid_at_most, payments_at, stated_rule
from mdsolve.conditions import Condition

TARGET = ("target",)


@condition(RULE, "sharing", rules=TARGET, about="payments are those of the rule that is stated")
def target_rule(context: SharingContext) -> Condition:
    """Check that contributions are the wanted ones, and payments what the rule pays there."""
    arithmetic, rule, n = context.arithmetic, context.derived(stated_rule), context.size
    if context.derived(asked).rates and rule.penalty != "rates":
        raise NoRouteError("rates without lump sums were asked for, and another rule is stated")
    if rule.penalty == "rates":
        right = payments_at(context, rule, context.s, context.given)
        sums = rule.sums - right
    else:
        right, sums = rule.sums, arithmetic.zeros(n)
    stored = right if context.claim.payments is None else context.payments
    off, moved = stored - right, context.s - rule.wanted
    rows = [arithmetic.maximum(x, -x) for x in (off, sums, moved)]
    scales = [context.scales.money, context.scales.money, context.scales.samples]
    context.cover(RULE, ["mechanism", "payments", "target.contributions", "target.lump_sums"])
    return context.decided(
        RULE,
        arithmetic.concatenate(rows),
        np.concatenate(scales),
        words=(
            "contributions are the wanted ones, and payments the rule's",
            "contributions or payments stored are not those of the rule that is stated",
        ),
        scope=f"{n:,} agents",
        witness=lambda k: context.agent(
            k % n, contribution=context.s, wanted=rule.wanted, stored=stored, recomputed=right
        ),
    )


@condition(LIMIT, "sharing", rules=TARGET, about="nobody pays more than their limit at any profile")
def target_limit(context: SharingContext) -> Condition:
    """Check that the largest penalty less the lump sum is at most the limit."""
    wanted = context.derived(asked)
    if not wanted.limited.any():
        raise NoRouteError("no limit was asked for; give one with --limit")
    arithmetic = context.arithmetic
    most, known = paid_at_most(context, context.derived(stated_rule))
    over = arithmetic.where(wanted.limited, most - wanted.limits, arithmetic.zeros(context.size))
    endless = wanted.limited & ~known
    context.cover(LIMIT, ["target.caps"])
    return context.decided(
        LIMIT,
        over,
        context.scales.money,
        words=(
            "nobody is asked for more than their limit, whatever anybody contributes",
            "an agent can be asked for more than their limit",
        ),
        scope=f"{int(wanted.limited.sum()):,} limits, every profile",
        witness=lambda k: context.agent(k, pays_at_most=most, limit=wanted.limits),
        refuted=endless,
    )


@condition(
    ALONE, "sharing", rules=TARGET, about="nobody would rather train alone, by the margin asked for"
)
def target_alone(context: SharingContext) -> Condition:
    """Check u_i >= best alone + margin."""
    margin = context.derived(asked).margin or 0
    alone = context.alone
    more = context.arithmetic.constant(margin)
    by = f", by {float(margin):g}" if margin else ""
    return context.decided(
        ALONE,
        alone.value + more - context.utilities,
        context.scales.money,
        words=(
            f"nobody is better off training alone{by}",
            f"an agent is not better off than training alone{by}",
        ),
        scope=f"{context.size:,} agents, every contribution alone",
        witness=lambda k: context.agent(k, utility=context.utilities, alone=alone.value),
        undecided=~alone.found,
    )


@condition(
    RECIPROCITY, "sharing", rules=TARGET, about="everybody earns the part of their share asked for"
)
def target_reciprocity(context: SharingContext) -> Condition:
    """Check value_i (a_i - a_i(0)) + p_i >= r phi_i for every agent who contributes."""
    reading, arithmetic = context.reading, context.arithmetic
    part = context.derived(asked).reciprocity or 1
    shares = arithmetic.constant(part) * context.shares.values
    earned = reading.benefits(context.s) - reading.benefits(reading.nothing) + context.payments
    counts = sharers(context)
    return context.decided(
        RECIPROCITY,
        arithmetic.where(counts, shares - earned, arithmetic.zeros(context.size)),
        context.scales.money,
        words=(
            f"everybody earns at least {float(part):g} of their Shapley share",
            f"an agent earns less than {float(part):g} of their Shapley share",
        ),
        scope=f"{context.size:,} agents",
        witness=lambda k: context.agent(k, earned=earned, asked=shares),
    )
