"""What is stated beside a proof that there is no equilibrium: gaps, least regret, cycles.

`nash_gap` is a lower bound of min_s max_i regret_i(s), so it may be at most what the proof gives.
`nash_gap_at_most` is the largest regret at `least_regret_profile`, computed anew. `cycle` lists
profiles in which the agents answer one after the other and come back to where they were.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mdsolve.certificate.box_gains import BoxGains
from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Floats, Quantity
from mdsolve.certificate.own import best_responses
from mdsolve.certificate.p_means import least
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition, Verdict

NAME = "no-equilibrium"

GAP, AT_MOST, PROFILE, CYCLE = "nash_gap", "nash_gap_at_most", "least_regret_profile", "cycle"

CYCLE_LIMIT = 300
"""Most answers of a cycle that are looked at."""


def stated_gaps(
    context: SharingContext, gains: BoxGains, gap: Quantity, found: Condition
) -> Condition:
    """Return the condition of a tree that holds, after what is stated beside it.

    Parameters
    ----------
    gap : (1,)
        The proved lower bound.
    found : Condition
        Passing.
    """
    for look in (_profile, _gap, _cycle):
        problem = look(context, gains, gap)
        if problem is not None:
            verdict, words = problem
            return replace(found, verdict=verdict, detail=words)
    return found


Problem = tuple[Verdict, str] | None


def _gap(context: SharingContext, gains: BoxGains, gap: Quantity) -> Problem:
    if context.claim.at(GAP) is None:
        return None
    stated = _number(context, GAP)
    if stated is None:
        return "fail", f"{GAP} is no number"
    arithmetic, allowed = context.arithmetic, _allowed(context)
    if arithmetic.at_most(stated - gap, allowed).holds.all():
        context.cover(NAME, [GAP])
        return None
    largest = _stated_regret(context, gains)
    shown = float(arithmetic.upper(gap)[0])
    if largest is not None and arithmetic.at_most(stated - largest, allowed).fails.any():
        return "fail", f"{GAP} is above the regret at {PROFILE}"
    return "not-checked", f"{GAP} is above {shown:.9g}, which is all that the proof gives"


def _profile(context: SharingContext, gains: BoxGains, gap: Quantity) -> Problem:
    del gap
    if context.claim.at(AT_MOST) is None:
        return None
    stated = _number(context, AT_MOST)
    if stated is None:
        return "fail", f"{AT_MOST} is no number"
    largest = _stated_regret(context, gains)
    if largest is None:
        return "not-checked", f"{AT_MOST} needs the profile at which it is the regret"
    truth = context.arithmetic.at_most(abs(stated - largest), _allowed(context))
    if truth.fails.any():
        near = float(context.arithmetic.nearest(largest)[0])
        return "fail", f"{AT_MOST} is not the regret at {PROFILE}, {near:.9g}"
    if not truth.holds.all():
        return "not-checked", f"the regret at {PROFILE} is not known closely enough"
    context.cover(NAME, [AT_MOST, PROFILE])
    return None


def _cycle(context: SharingContext, gains: BoxGains, gap: Quantity) -> Problem:
    """Compare every answer in a cycle with the best one, the earlier agents having answered."""
    del gap
    raw = context.claim.at(CYCLE)
    if raw is None:
        return None
    if not isinstance(raw, list | tuple | np.ndarray) or len(raw) < 2:
        return "fail", "a cycle needs at least two profiles"
    if len(raw) * context.size > CYCLE_LIMIT:
        return None  # not looked at, and so not vouched for
    states = context.claim.stored(CYCLE, (len(raw), context.size))
    if isinstance(states, str) or not _can_be_chosen(context, states):
        return "fail", "a cycle is made of profiles that agents can choose"
    certain = True
    for before, after in zip(states, np.roll(states, -1, axis=0), strict=True):
        for agent in range(context.size):
            profile = np.where(np.arange(context.size) <= agent, after, before)
            regret = _regrets(context, gains, profile)[agent : agent + 1]
            answered = context.arithmetic.at_most(regret, _allowed(context))
            certain = certain and bool(answered.holds.all())
            if answered.fails.any():
                name = context.reading.names[agent]
                return "fail", f"in the cycle {name} does not answer with a best response"
    if certain:
        context.cover(NAME, [CYCLE])
    return None


def _allowed(context: SharingContext) -> Quantity:
    """Return the tolerance in money, shape (1,)."""
    scale = float(context.scales.money.max(initial=0.0))
    return context.arithmetic.stored(np.array([context.tolerance * scale]))


def _number(context: SharingContext, key: str) -> Quantity | None:
    found = context.claim.stored(key, ())
    return None if isinstance(found, str) else context.arithmetic.stored(found.reshape(1))


def _stated_regret(context: SharingContext, gains: BoxGains) -> Quantity | None:
    """Return the largest regret at the stated profile, shape (1,), None if there is none."""
    profile = context.claim.stored(PROFILE, (context.size,))
    if isinstance(profile, str) or not _can_be_chosen(context, profile):
        return None
    return -least(context.arithmetic, -_regrets(context, gains, profile))


def _can_be_chosen(context: SharingContext, s: Floats) -> bool:
    return bool(np.all(np.isfinite(s) & (s >= 0) & (s <= context.reading.ends)))


def _regrets(context: SharingContext, gains: BoxGains, profile: Floats) -> Quantity:
    """Return what everybody gains by their best answer at a profile, in money, shape (n,)."""
    reading, terms, arithmetic = context.reading, gains.terms, context.arithmetic
    s = arithmetic.stored(profile)
    found = best_responses(
        reading,
        reading.accuracy.branches(s),
        reading.rounded.accuracy.branches(profile),
        borne=terms.borne,
        price=terms.price,
        means=gains.means if reading.limited.any() else None,
        guess=profile,
        width=np.zeros(context.size),
    )
    if not found.best.found.all():
        raise NoRouteError("a best response at a stated profile is not bounded")
    own = reading.benefits(s) - terms.borne * reading.costs.value(s) + terms.price * s
    return found.best.value - own
