"""`no-rule`: no payments bring about what was asked for.

Wanted contributions are refuted by the inequality: what everybody needs at least exceeds what the
data are worth. Where any contributions would do, an upper bound on welfare lies below what all
could have alone, which payments that sum to zero cannot bridge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from mdsolve.certificate.checks.target_goal import least_contributions, reserves
from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.proofs import negative, require_about, stored_proof
from mdsolve.certificate.registry import condition
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.target.asked import Asked, asked, number
from mdsolve.certificate.target.bound import Weights, largest
from mdsolve.certificate.target.needs import Needs, at_wanted
from mdsolve.conditions import Condition
from mdsolve.instance.numbers import exact_number
from mdsolve.proof import NoRule

NAME = "no-rule"

CONCEDED = ("payment_limit", "reciprocity")
"""Requirements in which more of a concession may leave no more than less of it."""

BACK = Fraction(1, 10**6)
"""How far on the way back to what was asked a concession must not do any more."""


@condition(NAME, "sharing", about="what everybody needs exceeds what all data are worth")
def no_rule(context: SharingContext) -> Condition:
    """Check the proof under `witness`, and the shortfall and concessions stated with it."""
    proof = stored_proof(context)
    if not isinstance(proof, NoRule):
        raise NoRouteError("the proof is not about designed rules")
    require_about(context, proof)
    if len(proof.contributions) != context.size:
        raise NoRouteError("the proof does not name a contribution of every agent")
    wanted = context.derived(asked)
    if wanted.rates:
        raise NoRouteError("rates are refuted by no proof that is known here")
    there = at_wanted(context, np.array([float(entry) for entry in proof.contributions]))
    if np.any(there.given < 0) or there.outside.any():
        raise NoRouteError("the proof names contributions that nobody can choose")
    needs, worth = _wanted(there, wanted) if not proof.prices else _any(there, wanted, proof)
    slack = worth - context.arithmetic.total(needs).reshape(1)
    size = float(context.scales.money.sum())
    _require_stated(there, needs, proof.needs, "needs")
    for stated, right, what in (
        (proof.worth, worth, "worth"),
        (proof.shortfall, -slack, "shortfall"),
    ):
        _require_stated(there, right, () if stated is None else (stated,), what)
    _require_concessions(there, wanted, slack, size, free=bool(proof.prices))
    context.cover(NAME, ["witness", "status.termination", "mechanism", "concessions"])
    return negative(
        context,
        NAME,
        slack,
        scale=size,
        words=(
            "what everybody needs exceeds what all data are worth",
            "the needs can be met",
        ),
        scope="wanted contributions" if not proof.prices else "every profile of contributions",
        witness=lambda _: {"short_of": float(-context.arithmetic.nearest(slack)[0])},
        margin=True,
    )


def _wanted(context: SharingContext, wanted: Asked) -> tuple[Quantity, Quantity]:
    """Return what everybody needs at the wanted contributions, (n,), and A(s), shape (1,)."""
    if wanted.fixed is None:
        raise NoRouteError("contributions are free: one profile refutes nothing")
    off = np.abs(context.arithmetic.nearest(wanted.fixed) - context.given)
    if np.any(off > context.tolerance * context.scales.samples):
        raise NoRouteError("the proof is about other contributions than the wanted ones")
    needs = Needs(context, wanted)
    least, there = needs.least(needs.entries(*needs.here))
    if not there.all():
        raise NoRouteError("nothing is asked for some agents: the inequality always holds")
    return least, context.arithmetic.total(needs.benefits).reshape(1)


def _any(context: SharingContext, wanted: Asked, proof: NoRule) -> tuple[Quantity, Quantity]:
    """Return what all have alone with the margin, (n,), and a bound on welfare, shape (1,)."""
    if wanted.fixed is not None:
        raise NoRouteError("contributions are given: the inequality decides there")
    arithmetic = context.arithmetic
    price = max(proof.total_price, Fraction(0))
    one = arithmetic.constant(1)
    weights = Weights(arithmetic.constant(price), one, one)
    prices = np.array([float(entry) for entry in proof.prices])
    if prices.shape != (context.size,):
        raise NoRouteError("the proof does not name a price of everybody's data")
    bound = largest(context, weights, least_contributions(context, wanted), prices, context.given)
    bound = bound - arithmetic.constant(price) * arithmetic.constant(wanted.total)
    return reserves(context, wanted), bound


def _require_stated(
    context: SharingContext, right: Quantity, stated: Sequence[Fraction], what: str
) -> None:
    """Raise where numbers stated with the proof are not what they should be."""
    if not stated:
        return
    near = context.arithmetic.nearest(right)
    numbers = np.array([float(entry) for entry in stated])
    size = context.scales.money if len(numbers) == context.size else context.scales.money.sum()
    if numbers.shape != near.shape or np.any(np.abs(numbers - near) > context.tolerance * size):
        message = f"{what}: what is stated with the proof does not follow"
        raise NoRouteError(message)


def _require_concessions(
    context: SharingContext, wanted: Asked, slack: Quantity, size: float, *, free: bool
) -> None:
    """Raise where a stated concession would not just make up for what is missing.

    The slack moves continuously with every requirement, so the smallest concession leaves none.

    Raises
    ------
    NoRouteError
        Naming the concession.
    """
    stated = context.claim.at("concessions")
    if not isinstance(stated, list | tuple | None):
        raise NoRouteError("concessions are no list")
    for entry in stated or ():
        if not isinstance(entry, Mapping) or set(entry) != {"requirement", "asked", "needed"}:
            raise NoRouteError("a concession is not {requirement, asked, needed}")
        name, needed = entry["requirement"], entry["needed"]
        asked_for = _asked_for(wanted, name)
        named = float(number(entry["asked"], "what a concession was asked"))
        if asked_for is None or abs(asked_for - named) > context.tolerance * abs(asked_for):
            message = f"the concession in {name} is about something that was not asked for"
            raise NoRouteError(message)
        room = _room(context, wanted, slack, name, needed, free=free)
        off = float(context.arithmetic.nearest(room)[0])
        if needed is None:
            enough = off < -context.tolerance * size
        else:
            enough = abs(off) <= context.tolerance * size or (needed == 0 and off > 0)
        if enough and name in CONCEDED and needed not in (None, 0):
            # Where more would leave no more, the smallest is the first that leaves none.
            back = exact_number(needed)
            back += BACK * (exact_number(entry["asked"]) - back)
            less = _room(context, wanted, slack, name, back, free=free)
            enough = bool((context.arithmetic.upper(less) < 0).all())
        if not enough:
            message = f"the concession in {name} is not the smallest that would do"
            raise NoRouteError(message)


def _asked_for(wanted: Asked, name: Any) -> float | None:
    """Return what was asked of a requirement that a concession may be in."""
    if name == "compensation":
        return 0.0
    if name == "alone" and wanted.margin is not None:
        return float(wanted.margin)
    if name == "reciprocity" and wanted.reciprocity:
        return float(wanted.reciprocity)
    if name == "payment_limit" and wanted.limited.any():
        return float(wanted.largest_limit)
    return None


def _room(
    context: SharingContext,
    wanted: Asked,
    slack: Quantity,
    name: str,
    needed: Any,
    *,
    free: bool,
) -> Quantity:
    """Return the slack after a concession, in money, shape (1,); None gives way altogether."""
    arithmetic = context.arithmetic
    given = None if needed is None else number(needed, "what a concession needs")
    if name == "compensation":
        if given is None:
            raise NoRouteError("money from outside always does")
        return slack + arithmetic.constant(given)
    if free:
        if name != "alone" or given is None or wanted.margin is None:
            message = f"a concession in {name} is not known to be the smallest"
            raise NoRouteError(message)
        return slack + arithmetic.constant((wanted.margin - given) * context.size)
    needs = Needs(context, wanted)
    limits, margin, reciprocity = needs.here
    if name == "payment_limit":
        amounts = arithmetic.zeros(context.size)
        if given is None:
            limits = (amounts, np.zeros(context.size, dtype=np.bool_))
        else:
            limits = (amounts + arithmetic.constant(given), wanted.limited)
    elif name == "reciprocity":
        reciprocity = given or Fraction(0)
    else:
        margin = given
    return needs.slack(limits, margin, reciprocity)
