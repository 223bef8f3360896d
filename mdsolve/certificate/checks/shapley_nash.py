"""`nash` under Shapley payments: shares are the benefit, or a part of it beside the own accuracy.

Concave shares have one peak per agent, bracketed by slopes (`peaks`); others are bounded piece by
piece (`shares.pieces`). With budgets agents deviate within their means only (`shares.means`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.checks.nash import NAME, equilibrium
from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.own import Responses
from mdsolve.certificate.peaks import Peak, earlier, peak, peak_at
from mdsolve.certificate.rules.base import Terms
from mdsolve.certificate.shares.means import held_by_means, money_left
from mdsolve.certificate.shares.pieces import largest_gains
from mdsolve.certificate.shares.routes import shares_of
from mdsolve.certificate.shares.stakes import ShareStakes
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition

Indices = npt.NDArray[np.intp]

SEARCHED = 50
"""Most agents with a best response elsewhere for whom it is located: those with most at stake."""

BEYOND = (2.0**-12, 2.0**-6, 1.0)
"""Parts of delta by which a budget may end above the claim: the nearest end says most."""


def shapley_nash(context: SharingContext, terms: Terms) -> Condition:
    """Check contributions against best responses on Shapley shares."""
    assert terms.shares is not None
    stakes = ShareStakes(context.reading, terms.shares, terms.borne, terms.price, terms.part)
    if context.reading.accuracy.concave:
        return _by_peaks(context, stakes)
    return _by_pieces(context, stakes)


def _by_peaks(context: SharingContext, stakes: ShareStakes) -> Condition:
    reading, arithmetic = context.reading, context.arithmetic
    everybody = stakes.shares.everybody
    guess, delta = context.given, context.tolerance * context.scales.samples
    found = peak_at(stakes.concave(everybody), guess, delta)
    poor = reading.limited & ~found.found
    free = np.zeros(context.size, dtype=np.bool_)
    for part in BEYOND:
        asked = poor & ~found.found
        if not asked.any():
            break
        # Whether something more than delta away is better and can be paid for, the last part says.
        beyond = arithmetic.stored(guess + part * delta)
        held, free = held_by_means(stakes, beyond, asked)
        agents = np.flatnonzero(held)
        if agents.size:
            caps = beyond[agents], np.ones(len(agents), dtype=np.bool_)
            end = earlier(arithmetic, (reading.capacity[agents], reading.bounded[agents]), caps)
            within = peak_at(stakes.concave(agents, end), guess[agents], part * delta[agents])
            found = put(arithmetic, found, agents, within)
    unsettled = poor & ~found.found & ~free
    away = np.flatnonzero(~found.found)
    if away.size:
        agents = _most_at_stake(context, stakes, away)
        plain = reading.rounded
        near = arithmetic.nearest
        hint = ShareStakes(
            plain,
            shares_of(
                plain, np.asarray(context.given), stakes.shares.index, stakes.shares.arrivals
            ),
            near(stakes.borne),
            near(stakes.price),
            None if stakes.part is None else near(stakes.part),
        )
        nowhere = np.full(len(agents), np.nan)
        best = peak(stakes.concave(agents), hint.concave(agents), nowhere, delta[agents])
        found = put(arithmetic, found, agents, best)
        zero = arithmetic.zeros(context.size)
        if unsettled.any():
            there = arithmetic.where(unsettled & found.found, found.low, context.s)
            unsettled &= ~arithmetic.at_most(zero, money_left(stakes, there)).holds
    own = stakes.value(everybody, context.s)
    return equilibrium(context, Responses(found, found), own, unsettled=unsettled)


def _most_at_stake(context: SharingContext, stakes: ShareStakes, agents: Indices) -> Indices:
    """Return the agents whose utility changes fastest where they are, in money per scale."""
    if len(agents) <= SEARCHED:
        return agents
    slopes = context.arithmetic.nearest(stakes.slope(agents, context.s[agents], "right"))
    money = context.scales.money[agents]
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.abs(slopes) * context.scales.samples[agents] / money
    order = np.argsort(np.where(np.isnan(size), np.inf, size), kind="stable")
    return np.sort(agents[order[-SEARCHED:]])


def put(arithmetic: Arithmetic, known: Peak, agents: Indices, new: Peak) -> Peak:
    """Return the maxima of everybody with those of some replaced."""
    mask = np.zeros(len(known.found), dtype=np.bool_)
    mask[agents] = True
    place = np.zeros(len(known.found), dtype=np.intp)
    place[agents] = np.arange(len(agents))

    def chosen(old: Quantity, fresh: Quantity) -> Quantity:
        return arithmetic.where(mask, fresh[place], old)

    return Peak(
        chosen(known.value, new.value),
        chosen(known.reached, new.reached),
        chosen(known.low, new.low),
        chosen(known.high, new.high),
        np.where(mask, new.found[place], known.found),
        np.where(mask, new.only[place], known.only),
    )


def _by_pieces(context: SharingContext, stakes: ShareStakes) -> Condition:
    """Return the condition that bounds of all deviations decide."""
    arithmetic = context.arithmetic
    delta = context.tolerance * context.scales.samples
    allowed = context.tolerance * context.scales.money
    found = largest_gains(stakes, context.given, context.s, delta, allowed)
    # Who has a budget may not be able to pay for what would be better.
    open_rows = ~found.settled | (context.reading.limited & (found.real | found.elsewhere))
    gains = arithmetic.stored(np.where(found.real, found.least, found.most))
    context.cover(NAME, ["contributions"])
    return context.decided(
        NAME,
        gains,
        context.scales.money,
        words=(
            "no unilateral change pays, and no utility rises on leaving by delta",
            "an agent's best response lies elsewhere",
        ),
        scope=f"{context.size:,} agents, every own contribution",
        witness=lambda k: (
            context.agent(k, contribution=context.s, gain=gains)
            | {"best_response": float(found.place[k])}
        ),
        refuted=found.elsewhere,
        undecided=open_rows,
        delta=float(delta.max(initial=0.0)),
    )
