"""The designed rule that a solution states: wanted contributions, lump sums, rates, caps.

    p_i(s) = x_i - pen_i(s_i) + 1/(n-1) sum_{j != i} pen_j(s_j)

with pen_i(z) = min{cap_i, [b_i (s*_i - z)]_+}, or min{cap_i, [g_i(z) - g_i(s*_i)]_+} (general), or
the most that z gains whatever the others do (dominant); or p_i(s) = b_i s_i - mean of the others'
b_j s_j (rates). Whatever the numbers are, payments sum to sum_i x_i at every profile, and nobody is
asked for more than cap_i - x_i: penalties are never negative.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Booleans, Floats, Quantity
from mdsolve.certificate.rules.base import above_the_others

if TYPE_CHECKING:
    from mdsolve.certificate.sharing_context import SharingContext

PENALTIES = ("affine", "general", "dominant", "rates")


@dataclass(frozen=True)
class StatedRule:
    """A designed rule.

    Parameters
    ----------
    wanted : (n,)
        s*, in samples.
    given : (n,)
        The same as doubles.
    sums : (n,)
        x, in money.
    rates : (n,)
        b, in money per sample.
    caps : (n,)
        In money; 0 where there is none, which `capped` tells.
    penalty : str
    """

    wanted: Quantity
    given: Floats
    sums: Quantity
    rates: Quantity
    caps: Quantity
    capped: Booleans
    penalty: str


def stated_rule(context: SharingContext) -> StatedRule:
    """Return the rule under `target`.

    Raises
    ------
    NoRouteError
        If it is not there, or is no rule.
    """
    claim, arithmetic, n = context.claim, context.arithmetic, context.size
    columns: dict[str, Floats] = {}
    for key in ("contributions", "lump_sums", "rates"):
        found = claim.stored(f"target.{key}", (n,))
        if isinstance(found, str):
            raise NoRouteError(found)
        if not np.all(np.isfinite(found)):
            message = f"target.{key}: not every entry is a number"
            raise NoRouteError(message)
        columns[key] = found
    caps, capped = _caps(claim.at("target.caps"), n)
    penalty = claim.at("target.penalty")
    penalty = "affine" if penalty is None else penalty
    if penalty not in PENALTIES:
        message = f"target.penalty: {penalty!r}; known are {', '.join(PENALTIES)}"
        raise NoRouteError(message)
    wanted = columns["contributions"]
    full = context.reading.bounded & (wanted == context.reading.ends)
    return StatedRule(
        arithmetic.where(full, context.reading.capacity, arithmetic.stored(wanted)),
        wanted,
        arithmetic.stored(columns["lump_sums"]),
        arithmetic.stored(columns["rates"]),
        arithmetic.stored(caps),
        capped,
        str(penalty),
    )


def _caps(raw: Any, n: int) -> tuple[Floats, Booleans]:
    """Return caps, and who has one; a file holds null where there is none."""
    entries = raw.tolist() if isinstance(raw, np.ndarray) else raw
    if not isinstance(entries, list | tuple) or len(entries) != n:
        message = f"target.caps: not a list of {n} amounts"
        raise NoRouteError(message)
    capped = np.array([entry is not None for entry in entries], dtype=np.bool_)
    try:
        numbers = np.array([0.0 if entry is None else float(entry) for entry in entries])
    except (TypeError, ValueError):
        message = "target.caps: not every entry is an amount"
        raise NoRouteError(message) from None
    if not np.all(np.isfinite(numbers)):
        raise NoRouteError("target.caps: not every entry is a number")
    return numbers, capped


def paid_at_most(context: SharingContext, rule: StatedRule) -> tuple[Quantity, Booleans]:
    """Return the most that agents pay at any profile, (n,), and for whom that is bounded."""
    arithmetic, reading = context.arithmetic, context.reading
    zero = arithmetic.zeros(context.size)
    if rule.penalty == "rates":
        most = arithmetic.where(reading.bounded, rule.rates * reading.capacity, zero)
        least = arithmetic.minimum(most, zero)
        theirs = arithmetic.maximum(most, zero)
        worst = (arithmetic.total(theirs) - theirs) / (context.size - 1) - least
        flat = ~arithmetic.less(zero, rule.rates).holds & ~arithmetic.less(rule.rates, zero).holds
        known = reading.bounded | flat
        # Everybody pays a part of what everybody else is paid: one without an end is enough.
        return worst, np.full(context.size, bool(known.all()))
    largest, known = rule.caps, rule.capped
    if rule.penalty == "affine":
        below = rule.rates * rule.wanted
        above = rule.rates * (rule.wanted - reading.capacity)
        reach = arithmetic.maximum(arithmetic.maximum(below, above), zero)
        never = arithmetic.at_most(zero, rule.rates).holds
        ended = reading.bounded | never
        reach = arithmetic.where(never, arithmetic.maximum(below, zero), reach)
        largest = arithmetic.where(
            rule.capped,
            arithmetic.where(ended, arithmetic.minimum(rule.caps, reach), rule.caps),
            reach,
        )
        known = known | ended
    return largest - rule.sums, known


def penalties(context: SharingContext, rule: StatedRule, s: Quantity) -> Quantity:
    """Return pen_i(s_i), in money, shape (n,).

    Raises
    ------
    NoRouteError
        For penalties that take what leaving gains whatever the others do.
    """
    arithmetic = context.arithmetic
    if rule.penalty == "affine":
        raw = rule.rates * (rule.wanted - s)
    elif rule.penalty == "general":
        raw = own_payoff(context, rule.wanted, s) - own_payoff(context, rule.wanted, rule.wanted)
    else:
        message = "penalties of this form are known where they are zero only"
        raise NoRouteError(message)
    raw = arithmetic.maximum(raw, arithmetic.zeros(context.size))
    return arithmetic.where(rule.capped, arithmetic.minimum(rule.caps, raw), raw)


def own_payoff(context: SharingContext, others: Quantity, own: Quantity) -> Quantity:
    """Return value_i a_i(own_i, others_-i) - c_i(own_i), in money, shape (n,)."""
    reading = context.reading
    branches = reading.accuracy.branches(others)
    value = branches[0].value(own)
    for branch in branches[1:]:
        there = branch.present & context.arithmetic.at_most(branch.start, own).holds
        value = context.arithmetic.where(there, branch.value(own), value)
    return reading.value * value - reading.costs.value(own)


def payments_at(context: SharingContext, rule: StatedRule, s: Quantity, given: Floats) -> Quantity:
    """Return what the rule pays at contributions, in money, shape (n,)."""
    if rule.penalty == "rates":
        return above_the_others(context, rule.rates * s)
    if np.array_equal(given, rule.given):
        return rule.sums
    return rule.sums - above_the_others(context, penalties(context, rule, s))
