"""`nash` and `dominant-strategies` of designed rules, along everybody's own line.

Under affine penalties each side of the wanted contribution is a maximum of concave functions, and
whoever pays the cap has what the best free deviation yields less the cap. General penalties take
what leaving gains, up to the cap, so that only the cap matters.
"""

from __future__ import annotations

import numpy as np

from mdsolve.certificate.checks.nash import NAME, equilibrium, impossible, nash, overspending
from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.own import Responses
from mdsolve.certificate.registry import condition
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.target.needs import dominance_gains, free_deviations
from mdsolve.certificate.target.sides import beside, penalised, unmoved
from mdsolve.certificate.target.stated_rule import stated_rule
from mdsolve.conditions import Condition

DOMINANT = "dominant-strategies"
RULES = ("target",)


@condition(NAME, "sharing", rules=RULES, about="nobody gains by changing their own contribution")
def target_nash(context: SharingContext) -> Condition:
    """Check wanted contributions against everybody's best response under the stated penalties."""
    if context.outside.any():
        return impossible(context)
    rule = context.derived(stated_rule)
    if rule.penalty == "rates":
        context.cover(NAME, ["target.rates", "target.caps", "target.penalty"])
        found: Condition = nash(context)
        return found
    if not np.array_equal(context.given, rule.given):
        raise NoRouteError("contributions are not those that the rule wants")
    overspent = overspending(context)
    if overspent is not None:
        return overspent
    reading = context.reading
    own = reading.benefits(context.s) - reading.costs.value(context.s)
    free, caps = free_deviations(context), (rule.caps, rule.capped)
    if rule.penalty == "affine":
        responses = penalised(context, free, rule.rates, caps)
    else:
        stays = unmoved(context, own)
        responses = Responses(beside(context, stays, free, caps), stays)
    context.cover(NAME, ["target.rates", "target.caps", "target.penalty"])
    return equilibrium(context, responses, own)


@condition(
    DOMINANT,
    "sharing",
    rules=RULES,
    about="the wanted contribution is best whatever the others contribute",
)
def dominant_strategies(context: SharingContext) -> Condition:
    """Check that penalties take what leaving gains at the others' most tempting contributions."""
    rule = context.derived(stated_rule)
    if not np.array_equal(context.given, rule.given):
        raise NoRouteError("contributions are not those that the rule wants")
    gains = dominance_gains(context)
    if rule.penalty == "affine" and bool((context.given >= context.reading.ends).all()):
        # Others can only bring less than they do, which makes leaving less tempting.
        found = context.decided_as(NAME)
        if found.verdict != "pass":
            raise NoRouteError("the wanted contributions are not proved to be an equilibrium")
        rows = context.arithmetic.zeros(context.size)
    elif rule.penalty == "dominant":
        short = gains - rule.caps
        rows = context.arithmetic.where(rule.capped, short, context.arithmetic.zeros(context.size))
    else:
        message = f"penalties of the form {rule.penalty} are not known to dominate"
        raise NoRouteError(message)
    return context.decided(
        DOMINANT,
        rows,
        context.scales.money,
        words=(
            "whatever the others contribute, nobody gains by contributing anything else",
            "a penalty is capped below what leaving can gain",
        ),
        scope=f"{context.size:,} agents, every profile of the others",
        witness=lambda k: context.agent(k, gains=gains, cap=rule.caps),
    )
