"""`requirements` and `optimality` of designed rules: what was asked for, and how good it is."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Booleans, Floats, Quantity
from mdsolve.certificate.p_means import p_mean
from mdsolve.certificate.registry import condition
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.target.asked import Asked, asked, number
from mdsolve.certificate.target.bound import Weights, largest
from mdsolve.certificate.target.needs import Needs
from mdsolve.conditions import Condition
from mdsolve.tolerance import DEFAULT, ROUND_OFF

REQUIREMENTS = "requirements"
OPTIMALITY = "optimality"
RULES = ("target",)


@condition(
    REQUIREMENTS, "sharing", rules=RULES, about="contributions reach what was asked for of them"
)
def requirements(context: SharingContext) -> Condition:
    """Check least shares of capacity, the least total, and wanted contributions."""
    wanted, arithmetic, reading = context.derived(asked), context.arithmetic, context.reading
    n, zero = context.size, arithmetic.zeros(context.size)
    least = arithmetic.where(wanted.shared, wanted.shares * reading.capacity, zero)
    if bool((wanted.shared & ~reading.bounded & (arithmetic.upper(wanted.shares) > 0)).any()):
        raise NoRouteError("a share is asked of an agent who has no capacity")
    total = arithmetic.constant(wanted.total) - arithmetic.total(context.s)
    rows = [least - context.s, arithmetic.zeros(1) + total]
    scales = [context.scales.samples, np.array([context.scales.samples.sum()])]
    if wanted.fixed is not None:
        off = context.s - wanted.fixed
        rows.append(arithmetic.maximum(off, -off))
        scales.append(context.scales.samples)
    return context.decided(
        REQUIREMENTS,
        arithmetic.concatenate(rows),
        np.concatenate(scales),
        words=(
            "shares, totals and wanted contributions are reached",
            "a contribution, or the total, is not what was asked for",
        ),
        scope=f"{n:,} contributions and their total",
        witness=lambda k: (
            {"total": context.shown(arithmetic.total(context.s)), "asked": float(wanted.total)}
            if k == n
            else context.agent(k if k < n else k - n - 1, contribution=context.s, least=least)
        ),
    )


@condition(
    OPTIMALITY, "sharing", rules=RULES, about="no other rule that respects everything has more"
)
def optimality(context: SharingContext) -> Condition:
    """Check the stated upper bound against one from the stated multipliers and prices."""
    wanted = context.derived(asked)
    bound, value = upper_bound(context, wanted), goal_value(context, wanted)
    keys = ("upper_bound", "gap", "optimal", "multipliers", "prices", "prices_at")
    context.cover(OPTIMALITY, keys)
    scope = "every rule that respects what is asked for"
    return proved_bound(context, OPTIMALITY, bound, value, scale(context, wanted), "rule", scope)


def proved_bound(
    context: SharingContext,
    name: str,
    bound: Quantity,
    value: Quantity,
    unit: float,
    what: str,
    scope: str,
) -> Condition:
    """Return whether a stated upper bound, gap and the word optimal agree with what is proved.

    Parameters
    ----------
    bound, value : (1,)
        What is proved, and what is reached, both in the goal's unit.
    unit : float
        What the goal is measured in.
    what : str
        What is bounded, in a word.

    Raises
    ------
    NoRouteError
        If no bound is stated, or optimal is no truth value.
    """
    arithmetic = context.arithmetic
    stated = context.claim.at("upper_bound")
    if stated is None:
        raise NoRouteError("the solution states no upper bound")
    limit = arithmetic.stored(np.array([float(number(stated, "upper_bound"))]))
    if not isinstance(context.claim.at("optimal"), bool | None):
        raise NoRouteError("optimal is neither true nor false")
    gap = limit - value
    rows = [bound - limit, _off(context, "gap", gap), _called(context, gap, unit)]
    proved = arithmetic.at_most(rows[0], _allowed(context, unit)).holds
    shown = float(arithmetic.upper(bound)[0])
    called = context.claim.at("optimal") is True
    return context.decided(
        name,
        arithmetic.concatenate(rows),
        unit,
        words=(
            f"no {what} has more than {shown:.12g}"
            + (", so this one is optimal" if called else ""),
            "the upper bound, the gap or the word optimal is not what the multipliers prove",
        ),
        scope=scope,
        witness=lambda _: {
            "bound": context.shown(bound),
            "stated": float(number(stated, "upper_bound")),
            "value": context.shown(value),
        },
        undecided=np.append(~proved, [False, False]),
    )


def _allowed(context: SharingContext, unit: float) -> Quantity:
    return context.arithmetic.stored(np.array([context.tolerance * unit]))


def _off(context: SharingContext, key: str, right: Quantity) -> Quantity:
    """Return how far a stated number is from the right one, shape (1,)."""
    stated = context.claim.at(key)
    if stated is None:
        return context.arithmetic.zeros(1)
    off = context.arithmetic.stored(np.array([float(number(stated, key))])) - right
    return context.arithmetic.maximum(off, -off)


def _called(context: SharingContext, gap: Quantity, unit: float) -> Quantity:
    """Return how far the gap is on the wrong side of what the word optimal says, shape (1,)."""
    arithmetic, called = context.arithmetic, context.claim.at("optimal")
    room = gap - arithmetic.stored(np.array([DEFAULT.verify * unit]))
    if called is True:
        return room
    least = arithmetic.stored(np.array([0.5 * DEFAULT.verify * unit]))
    closed = called is False and bool(arithmetic.at_most(gap, least).holds.all())
    # A closed gap that is not called so hides the proof: as wrong as the reverse.
    return arithmetic.stored(np.array([unit])) if closed else arithmetic.zeros(1)


def scale(context: SharingContext, wanted: Asked) -> float:
    """Return what the goal is measured in: samples for data, money otherwise."""
    if wanted.goal == "data":
        return float(context.scales.samples.sum())
    total = float(context.scales.money.sum())
    return total / context.size if wanted.of_utilities else total


def goal_value(context: SharingContext, wanted: Asked) -> Quantity:
    """Return the goal at the contributions and payments, shape (1,)."""
    reading, arithmetic = context.reading, context.arithmetic
    if wanted.goal == "data":
        return arithmetic.total(context.s).reshape(1)
    benefits = reading.benefits(context.s)
    if wanted.goal == "accuracy":
        return arithmetic.total(benefits).reshape(1)
    own = benefits - reading.costs.value(context.s)
    if wanted.goal == "welfare":
        return arithmetic.total(own).reshape(1)
    p = None if wanted.goal == "least-utility" else wanted.exponent
    return p_mean(arithmetic, own + context.payments, p)


def upper_bound(context: SharingContext, wanted: Asked) -> Quantity:
    """Return an upper bound on the goal over all rules that respect what is asked for, shape (1,).

    Raises
    ------
    NoRouteError
        Where no multipliers are stated, or they bound nothing.
    """
    arithmetic = context.arithmetic
    if wanted.fixed is not None and not wanted.of_utilities:
        return goal_value(context, wanted)
    least = least_contributions(context, wanted)
    alone, total = multipliers(context)
    data, accuracy = wanted.goal == "data", wanted.goal == "accuracy"
    base = (Fraction(data), Fraction(not data), Fraction(not data and not accuracy))
    more = (total, alone, alone)
    weights = Weights(*(arithmetic.constant(x + y) for x, y in zip(base, more, strict=True)))
    if wanted.fixed is not None:
        reading = context.reading
        own = reading.benefits(context.s) - reading.costs.value(context.s)
        bound = arithmetic.total(own).reshape(1)
    else:
        bound = largest(context, weights, least, prices(context), tangent(context))
        bound = bound - arithmetic.constant(total) * arithmetic.constant(wanted.total)
        if alone:
            bound = bound - arithmetic.constant(alone) * reserve(context, wanted)
    return _of_means(context, wanted, bound) if wanted.of_utilities else bound


def least_contributions(context: SharingContext, wanted: Asked) -> Quantity:
    """Return shares of capacity as contributions, in samples, shape (n,)."""
    arithmetic, reading = context.arithmetic, context.reading
    zero = arithmetic.zeros(context.size)
    there = wanted.shared & reading.bounded
    return arithmetic.where(there, wanted.shares * reading.capacity, zero)


def reserve(context: SharingContext, wanted: Asked) -> Quantity:
    """Return R, the sum of `reserves`, shape (1,)."""
    return context.arithmetic.total(reserves(context, wanted)).reshape(1)


def reserves(context: SharingContext, wanted: Asked) -> Quantity:
    """Return what everybody has alone and the margin, budgets left out, in money, shape (n,).

    Raises
    ------
    NoRouteError
        If nobody has to be better off than alone, or it is not known.
    """
    if wanted.margin is None:
        raise NoRouteError("a multiplier of a requirement that is not there")
    alone = context.alone
    if not alone.found.all():
        raise NoRouteError("what somebody has alone is not known")
    return alone.value - context.reading.budget + context.arithmetic.constant(wanted.margin)


def multipliers(context: SharingContext) -> tuple[Fraction, Fraction]:
    """Return the stated multipliers of alone and of the least total, not negative.

    Raises
    ------
    NoRouteError
        If they are no numbers.
    """
    found = []
    for key in ("alone", "least_total"):
        stated = context.claim.at(f"multipliers.{key}")
        price = number(0 if stated is None else stated, f"multipliers.{key}")
        found.append(max(Fraction(0), price))
    return found[0], found[1]


def prices(context: SharingContext) -> Floats | None:
    """Return stated prices of data, None where there are none."""
    if context.claim.at("prices") is None:
        return None
    found = context.claim.stored("prices", (context.size,))
    if isinstance(found, str):
        raise NoRouteError(found)
    return found


def tangent(context: SharingContext) -> Floats:
    """Return the contributions whose slopes the stated prices are: the claimed ones by default."""
    if context.claim.at("prices_at") is None:
        return context.given
    found = context.claim.stored("prices_at", (context.size,))
    if isinstance(found, str) or not np.all(np.isfinite(found)) or np.any(found < 0):
        raise NoRouteError("prices_at is not a contribution of everybody")
    return found


def _of_means(context: SharingContext, wanted: Asked, welfare: Quantity) -> Quantity:
    """Return the largest mean of utilities that respect floors and sum to at most the welfare.

    With v = max(floor, level) and sum v >= welfare nothing has more than the mean of v: its slopes
    fall with utility, so that moving what is there from anybody to anybody only loses.
    """
    arithmetic, n = context.arithmetic, context.size
    floors, there = _floors(context, wanted)
    if not there.any():
        level = welfare / n
        values = arithmetic.zeros(n) + level
    else:
        known = np.where(there, arithmetic.upper(floors), -np.inf)
        level = arithmetic.stored(np.full(1, _level(known, float(arithmetic.upper(welfare)[0]))))
        values = arithmetic.zeros(n) + level
        values = arithmetic.where(there, arithmetic.maximum(floors, values), values)
        short = arithmetic.total(values).reshape(1) - welfare
        if not arithmetic.at_most(arithmetic.zeros(1), short).holds.all():
            raise NoRouteError("the level of utilities is too low to bound them")
    if wanted.goal == "least-utility":
        return level
    zero = arithmetic.zeros(n)
    return p_mean(arithmetic, arithmetic.maximum(values, zero), wanted.exponent)


def _floors(context: SharingContext, wanted: Asked) -> tuple[Quantity, Booleans]:
    """Return what utilities are at least under any rule that will do, (n,), and whose are.

    At wanted contributions that is what the inequality says, which is necessary but for dominant
    strategies; elsewhere what everybody has alone.
    """
    if wanted.fixed is not None and not wanted.dominant:
        needs = Needs(context, wanted)
        least, there = needs.least(needs.entries(*needs.here))
        return least - needs.costs, there
    arithmetic, n = context.arithmetic, context.size
    if wanted.margin is None:
        return arithmetic.zeros(n), np.zeros(n, dtype=np.bool_)
    if not context.alone.found.all():
        raise NoRouteError("what somebody has alone is not known")
    out = context.alone.value - context.reading.budget
    return out + arithmetic.constant(wanted.margin), np.ones(n, dtype=np.bool_)


def _level(floors: Floats, total: float) -> float:
    """Return a level, rounded up, at which max(floor, level) sum to at least a total.

    Parameters
    ----------
    floors : (n,)
        -inf where there is none.
    """
    order = np.sort(floors)[::-1]
    n = len(order)
    finite = np.where(np.isfinite(order), order, 0.0)
    taken = np.concatenate([[0.0], np.cumsum(finite)])[:n]
    levels = (total - taken) / np.arange(n, 0, -1)
    fits = np.flatnonzero(levels >= order)
    level = float(levels[fits[0]]) if len(fits) else float(order[-1])
    return level + 0.01 * ROUND_OFF * (abs(level) + float(np.abs(finite).max(initial=0.0)))
