"""`nash` and `dominant-strategies` of designed rules, along everybody's own line.

Under affine penalties each side of the wanted contribution is a maximum of concave functions, and
whoever pays the cap has what the best free deviation yields less the cap. General penalties take
what leaving gains, up to the cap, so that only the cap matters.
"""

from __future__ import annotations

import numpy as np

from mdsolve.certificate.checks.nash import NAME, equilibrium, impossible, nash, overspending
from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.own import Responses
from mdsolve.certificate.registry import condition
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.target.needs import dominance_gains, free_deviations
from mdsolve.certificate.target.sides import beside, penalised, unmoved
from mdsolve.certificate.target.stated_rule import own_payoff, penalties, stated_rule
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
    overspent = overspending(context)
    if overspent is not None:
        return overspent
    context.cover(NAME, ["target.rates", "target.caps", "target.penalty"])
    arithmetic, reading, s = context.arithmetic, context.reading, context.s
    own = reading.benefits(s) - reading.costs.value(s)
    at_home = bool(np.array_equal(context.given, rule.given))
    if not at_home:
        own = own - penalties(context, rule, s)
    caps = (rule.caps, rule.capped)
    if rule.penalty == "affine":
        free = free_deviations(context)
        wanted = rule.wanted, rule.given
        return equilibrium(context, penalised(context, free, wanted, rule.rates, caps), own)
    if not at_home:
        return _elsewhere(context, rule.wanted, own)
    if rule.penalty == "dominant":
        dominance_gains(context)  # raises where such penalties are not known to suffice
    stays = unmoved(context, arithmetic.zeros(context.size) + own)
    best = beside(context, stays, free_deviations(context), caps)
    return equilibrium(context, Responses(best, stays), own)


def _elsewhere(context: SharingContext, wanted: Quantity, own: Quantity) -> Condition:
    """Return what going back to the wanted contribution, where nothing is taken, gains."""
    gains = own_payoff(context, context.s, wanted) - own
    return context.decided(
        NAME,
        gains,
        context.scales.money,
        words=("", "an agent gains by going back to the wanted contribution"),
        scope=f"{context.size:,} agents, one other contribution each",
        witness=lambda k: context.agent(k, contribution=context.s, instead=wanted, gain=gains),
        undecided=~context.arithmetic.less(
            context.arithmetic.stored(context.tolerance * context.scales.money), gains
        ).holds,
    )


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
