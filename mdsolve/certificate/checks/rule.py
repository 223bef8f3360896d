"""`rule`: payments and models stored are those of the named mechanism with the named options."""

from __future__ import annotations

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.registry import condition
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition

NAME = "rule"


@condition(NAME, "sharing", about="payments and models are those of the named mechanism")
def rule(context: SharingContext) -> Condition:
    """Compare stored payments, and models where everybody gets the full one."""
    claim, arithmetic = context.claim, context.arithmetic
    context.cover(NAME, ["mechanism"])
    if claim.payments is None:
        return _nothing_stored(context)
    stored = arithmetic.stored(claim.payments)
    right = context.terms.payments
    off = stored - right
    context.cover(NAME, ["payments"])
    return context.decided(
        NAME,
        arithmetic.maximum(off, -off),
        context.scales.money,
        words=(
            "payments are those of the mechanism",
            "the payments stored are not the mechanism's",
        ),
        scope=f"{context.size:,} payments",
        witness=lambda k: context.agent(k, stored=stored, recomputed=right),
    )


def _nothing_stored(context: SharingContext) -> Condition:
    if context.rule is None:
        raise NoRouteError("an agreement names no mechanism")
    nothing = context.arithmetic.zeros(1)
    return context.decided(
        NAME,
        nothing,
        np.zeros(1),
        words=("the solution stores no payments: the mechanism's are used", ""),
        scope="nothing stored",
    )
