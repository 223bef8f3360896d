"""Stated equilibrium totals of value shaping: each one proved, and that there are no others.

phi is concave on every piece of v, so that with the zero piece below it has at most two positive
roots. A root is shown by different signs around it. Zero is an equilibrium where nobody is asked
for anything when everybody has the platform's model, u_i = q_i v(P).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.shaped.curves import ShapedClaim
from mdsolve.conditions import Condition
from mdsolve.instance.findings import shown
from mdsolve.tolerance import DEFAULT, ROUND_OFF

TOTALS = "equilibrium_totals"
WHICH = "equilibria"

WIDENINGS = 5
"""How often the distance above a total is widened."""


def totals_stated(claim: ShapedClaim, name: str) -> Condition:
    """Return whether the totals stated are those of all equilibria.

    Raises
    ------
    NoRouteError
        If the statement cannot be read.
    """
    context = claim.context
    totals, which = context.claim.at(TOTALS), context.claim.at(WHICH)
    if totals is None and which is None:
        message = "the solution states no equilibria"
        raise NoRouteError(message)
    listed = _numbers(which if totals is None else totals, claim)
    for said in (totals, which):
        if isinstance(said, list | tuple | np.ndarray) and _numbers(said, claim) != listed:
            return _decided(claim, name, refuted="equilibria and equilibrium_totals differ")
    if which == "unique" and len(listed) > 1:
        words = "one equilibrium is said to be the only one, several are listed"
        return _decided(claim, name, refuted=words)
    if which == "continuum":
        return _decided(claim, name, refuted="equilibrium totals are isolated here")
    if not isinstance(which, list | tuple | np.ndarray | None) and which != "unique":
        words = f"equilibria: {shown(which)}; expected unique, or a list of totals"
        return _decided(claim, name, refuted=words)
    context.cover(name, [TOTALS, WHICH])
    return _each(claim, name, listed)


def _numbers(said: Any, claim: ShapedClaim) -> list[float]:
    """Return a list of totals, rising; the total claimed where one is said to be the only one."""
    if isinstance(said, str):
        return [float(claim.context.given.sum())]
    try:
        numbers = [float(x) for x in said]
    except (TypeError, ValueError):
        message = f"{TOTALS}: expected a list of numbers"
        raise NoRouteError(message) from None
    if not numbers or not np.all(np.isfinite(numbers)) or min(numbers) < 0:
        message = f"{TOTALS}: expected totals of at least 0"
        raise NoRouteError(message)
    return sorted(numbers)


def _decided(
    claim: ShapedClaim,
    name: str,
    *,
    refuted: str = "",
    undecided: str = "",
    total: float | None = None,
) -> Condition:
    """Return the condition that a statement about equilibria decides: passed if nothing is said."""
    arithmetic = claim.context.arithmetic
    found = claim.context.decided(
        name,
        arithmetic.zeros(1),
        1.0,
        words=("the totals stated are those of all equilibria", refuted),
        scope="totals of all equilibria of the rule",
        witness=None if total is None else lambda k: {"total": total},  # noqa: ARG005
        refuted=np.array([bool(refuted)]),
        undecided=np.array([bool(undecided)]),
    )
    return replace(found, detail=undecided) if undecided else found


def _each(claim: ShapedClaim, name: str, listed: Sequence[float]) -> Condition:
    """Go through the totals, from the least, and look for others."""
    refuted, undecided, total = _problem(claim, listed)
    return _decided(claim, name, refuted=refuted, undecided=undecided, total=total)


def _problem(claim: ShapedClaim, listed: Sequence[float]) -> tuple[str, str, float | None]:
    """Return what is wrong, or what is open, with a list of totals, and which total."""
    given = float(claim.context.given.sum())
    if not any(_near(total, given) for total in listed):
        return "the total contributed is not among the equilibrium totals", "", given
    nothing = nothing_asked(claim)
    if nothing is None:
        return "", "whether nobody contributing is an equilibrium is open", 0.0
    if (listed[0] == 0) is not nothing:
        words = "an equilibrium too" if nothing else "no equilibrium"
        return f"nobody contributing is {words}", "", 0.0
    positive = [total for total in listed if total > 0]
    for total in positive:
        root = root_at(claim, total)
        if not root:
            wrong = "what agents are asked for does not add up to a total"
            return (wrong, "", total) if root is False else ("", "a total is open", total)
    complete = no_others(claim, positive)
    if complete is None:
        return "", "whether there are other equilibrium totals is open", None
    return "" if complete else "there is another equilibrium total", "", None


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= DEFAULT.verify * max(one, other)


def _sign(claim: ShapedClaim, value: Quantity) -> int | None:
    """Return 1, -1, 0 where only rounding may be left, or None where it is open."""
    arithmetic = claim.context.arithmetic
    low, high = float(arithmetic.lower(value)[0]), float(arithmetic.upper(value)[0])
    noise = ROUND_OFF * claim.plain_asked.size
    if max(abs(low), abs(high)) <= noise:
        return 0
    return 1 if low > 0 else -1 if high < 0 else None


def nothing_asked(claim: ShapedClaim) -> bool | None:
    """Tell whether nobody is asked for anything where nobody contributes; None if that is open."""
    context = claim.context
    arithmetic, agents = context.arithmetic, claim.agents
    platform = agents.value * claim.pool.value(claim.pool.platform + context.reading.nothing)
    more = platform - claim.solo.value
    slack = arithmetic.stored(context.tolerance * context.scales.money)
    # Whose data cost nothing gives all they have wherever it helps.
    if not claim.solo.found.all():
        return None
    truth = arithmetic.at_most(abs(more), slack)
    viable = claim.places[:, 0] > 0
    if truth.holds.all() and not viable.any():
        return True
    return False if truth.fails.any() or viable.any() else None


def root_at(claim: ShapedClaim, total: float) -> bool | None:
    """Tell whether phi changes its sign around a total, or touches zero there.

    Nobody may be asked for less than they bring alone.
    """
    context = claim.context
    arithmetic, asked = context.arithmetic, claim.asked
    step = context.tolerance * total
    below, above = (arithmetic.stored(np.array([total + move])) for move in (-step, step))
    signs = _sign(claim, asked.phi(below)), _sign(claim, asked.phi(above))
    least = float(claim.places[:, 0].max(initial=0.0))
    if total < least - step:
        return False
    if _sign(claim, asked.phi(arithmetic.stored(np.array([total])))) == 0:
        return True
    if None in signs:
        return None
    return 0 in signs or signs[0] != signs[1]


def no_others(claim: ShapedClaim, positive: Sequence[float]) -> bool | None:
    """Tell whether phi has no other positive root where it can be an equilibrium."""
    if len(positive) >= 2:
        return len(positive) == 2
    top = positive[0] if positive else 0.0
    beyond = nothing_above(claim, top)[1]
    if not positive or beyond is not True:
        return beyond
    # Below the root phi is positive from where agents are asked for what they bring alone.
    context = claim.context
    starts = [float(piece.start) - float(claim.rounded.platform) for piece in claim.rounded.pieces]
    start = float(claim.places[:, 0].max(initial=0.0)) or max(0.0, *starts)
    start = start or context.tolerance * top
    sign = _sign(claim, claim.asked.phi(context.arithmetic.stored(np.array([start]))))
    return None if sign is None else sign >= 0


def nothing_above(claim: ShapedClaim, total: float) -> tuple[float, bool | None]:
    """Return an amount just above a total, and whether phi is negative from there on.

    Where two roots nearly meet phi leaves zero slowly: the distance is widened tenfold until it is
    more than rounding.
    """
    if total not in claim.above:
        claim.above[total] = _searched_above(claim, total)
    return claim.above[total]


def _searched_above(claim: ShapedClaim, total: float) -> tuple[float, bool | None]:
    context = claim.context
    step = context.tolerance * (total or float(context.scales.samples.sum()))
    for _ in range(WIDENINGS):
        above = total + step
        found = below_zero(claim, context.arithmetic.stored(np.array([above])))
        if found is not None:
            return above, found
        step *= 10
    return total + step, None


def below_zero(claim: ShapedClaim, total: Quantity) -> bool | None:
    """Tell whether phi is negative at and above a total; None if that is open."""
    signs = [
        _sign(claim, top.value) if top.found[0] else None
        for top in claim.asked.beyond(claim.plain_asked, total)
    ]
    if 1 in signs:
        return False
    return True if all(sign == -1 for sign in signs) else None
