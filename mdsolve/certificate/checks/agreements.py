"""`payment-limit`: nobody is asked for more than a stated amount."""

from __future__ import annotations

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.registry import condition
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition

NAME = "payment-limit"


@condition(NAME, "sharing", about="nobody pays more than the limit that was asked for")
def payment_limit(context: SharingContext) -> Condition:
    """Check p_i >= -L_i for every agent with a limit."""
    limits = [context.limits.get(name, context.limits.get("")) for name in context.reading.names]
    asked = np.array([limit is not None for limit in limits], dtype=np.bool_)
    if not asked.any():
        raise NoRouteError("no limit was asked for; give one with --limit")
    arithmetic = context.arithmetic
    most = arithmetic.written([0 if limit is None else limit for limit in limits])
    paid = -context.payments
    over = arithmetic.where(asked, paid - most, arithmetic.zeros(context.size))
    return context.decided(
        NAME,
        over,
        context.scales.money,
        words=("nobody pays more than their limit", "an agent pays more than their limit"),
        scope=f"{int(asked.sum()):,} limits",
        witness=lambda k: context.agent(k, pays=paid, limit=most),
    )
