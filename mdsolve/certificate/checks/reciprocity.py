"""`reciprocity`: everybody gets at least their Shapley share ([M25] Definition 3.3)."""

from __future__ import annotations

from mdsolve.certificate.registry import condition
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition

NAME = "reciprocity"


@condition(NAME, "sharing", about="what agents gain and are paid is at least their Shapley share")
def reciprocity(context: SharingContext) -> Condition:
    """Check value_i (a_i - a_i(0)) + p_i >= phi_i for every agent."""
    reading, shares = context.reading, context.shares.values
    received = context.received
    benefits = reading.benefits(context.s) if received is None else reading.value * received
    earned = benefits - reading.benefits(reading.nothing) + context.payments
    return context.decided(
        NAME,
        shares - earned,
        context.scales.money,
        words=(
            "everybody earns at least their Shapley share",
            "an agent earns less than their Shapley share",
        ),
        scope=f"{context.size:,} agents",
        witness=lambda k: context.agent(k, earned=earned, share=shares),
    )
