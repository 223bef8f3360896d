"""`nash`: no unilateral change of a contribution pays, and every best response lies within delta.

Both numbers matter: far from curved optima a wrong contribution costs almost nothing in utility, so
that a small gain alone is a weak statement. With budgets agents deviate within their means only.
"""

from __future__ import annotations

import numpy as np

from mdsolve.certificate.numbers import Booleans, Quantity
from mdsolve.certificate.own import Responses, best_responses
from mdsolve.certificate.peaks import Peak
from mdsolve.certificate.registry import condition
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition

NAME = "nash"


@condition(
    NAME,
    "sharing",
    about="nobody gains by changing their own contribution alone",
)
def nash(context: SharingContext) -> Condition:
    """Check contributions against everybody's best response under the named mechanism."""
    if context.outside.any():
        return impossible(context)
    terms = context.terms
    overspent = overspending(context)
    if overspent is not None:
        return overspent
    if terms.shares is not None:
        from mdsolve.certificate.checks.shapley_nash import shapley_nash

        return shapley_nash(context, terms)
    reading, s = context.reading, context.s
    responses = best_responses(
        reading,
        reading.accuracy.branches(s),
        reading.rounded.accuracy.branches(context.given),
        borne=terms.borne,
        price=terms.price,
        means=context.means if reading.limited.any() else None,
        guess=context.given,
        width=context.tolerance * context.scales.samples,
    )
    own = reading.benefits(s) - terms.borne * reading.costs.value(s) + terms.price * s
    return equilibrium(context, responses, own)


def equilibrium(
    context: SharingContext,
    responses: Responses,
    own: Quantity,
    *,
    unsettled: Booleans | None = None,
) -> Condition:
    """Return the condition that best responses and own utilities decide.

    Parameters
    ----------
    own : (n,)
        What everybody has of the utility that the responses maximise, in money.
    unsettled : (n,) of bool or None
        Agents of whom it is not known whether they can pay for their best response.
    """
    arithmetic, s, near = context.arithmetic, context.s, responses.near
    delta = context.tolerance * context.scales.samples
    apart = distance(context, near)
    truth = arithmetic.at_most(apart, arithmetic.stored(delta))
    most, least = (x - own for x in (responses.best.value, responses.best.reached))
    allowed = arithmetic.stored(context.tolerance * context.scales.money)
    # Fractions enclose nothing: what is gained at most clears agents, what is gained at least
    # refutes them.
    refuted = arithmetic.at_most(least, allowed).fails | (truth.fails & near.only & near.found)
    gains = arithmetic.where(refuted, least, most)
    unknown = ~responses.best.found | ~near.found
    if unsettled is not None:
        unknown = unknown | unsettled
    every = bool((near.only & responses.best.only).all())
    witness_at = arithmetic.nearest(responses.best.low)
    shown = np.where(refuted, arithmetic.lower(gains), arithmetic.upper(gains))
    context.cover(NAME, ["contributions"])
    return context.decided(
        NAME,
        gains,
        context.scales.money,
        words=(
            "no unilateral change pays, and "
            + ("every best response" if every else "a best response of everybody")
            + " lies within delta",
            "an agent's best response lies elsewhere",
        ),
        scope=f"{context.size:,} agents, every own contribution",
        witness=lambda k: (
            context.agent(k, contribution=s)
            | {"gain": float(shown[k]), "best_response": float(witness_at[k])}
        ),
        refuted=refuted,
        undecided=unknown | (~refuted & ~(truth.holds & arithmetic.at_most(most, allowed).holds)),
        delta=float(delta.max(initial=0.0)),
    )


def distance(context: SharingContext, near: Peak) -> Quantity:
    """Return how far from each claimed contribution a best response may lie, in samples.

    The ends of a bracket around the claim are delta away by construction: what is measured is
    whether the bracket had to move.
    """
    arithmetic, s = context.arithmetic, context.s
    zero = arithmetic.zeros(context.size)
    below, above = near.low - s, s - near.high
    return arithmetic.maximum(arithmetic.maximum(below, above), zero)


def overspending(context: SharingContext) -> Condition | None:
    """Return the failing condition if somebody certainly spends more than their budget.

    What others then do is no matter, and whoever reads the page wants to know who it is.
    """
    reading, arithmetic = context.reading, context.arithmetic
    if not reading.limited.any():
        return None
    left = reading.budget - reading.costs.value(context.s) + context.terms.payments
    allowed = arithmetic.stored(-context.tolerance * context.scales.money)
    certain = arithmetic.less(left, allowed).holds & reading.limited
    if not certain.any():
        return None
    return context.decided(
        NAME,
        -left,
        context.scales.money,
        words=("", "an agent spends more than their budget"),
        scope=f"{context.size:,} agents, {int(reading.limited.sum()):,} budgets",
        witness=lambda k: context.agent(k, contribution=context.s, money_left=left),
        refuted=certain,
        undecided=~certain,
    )


def impossible(context: SharingContext) -> Condition:
    """Return the failing condition of contributions that agents cannot choose."""
    arithmetic, given = context.arithmetic, context.given
    s = arithmetic.stored(np.where(np.isfinite(given), given, 0.0))
    zero = arithmetic.zeros(context.size)
    above = arithmetic.where(context.reading.bounded, s - context.reading.capacity, zero)
    return context.decided(
        NAME,
        arithmetic.maximum(-s, above),
        context.scales.samples,
        words=("", "a contribution is not among those the agent can choose"),
        scope=f"{context.size:,} contributions",
        witness=lambda k: context.agent(k, contribution=s),
        refuted=context.outside | ~np.isfinite(given),
    )
