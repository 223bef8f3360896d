"""Rationality: against staying out, and against the best that own data alone can give."""

from __future__ import annotations

from mdsolve.certificate.registry import condition
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition

OUT = "individual-rationality"
ALONE = "individual-rationality-alone"


@condition(OUT, "sharing", about="nobody would rather stay out: no model, no cost, no payment")
def rationality(context: SharingContext) -> Condition:
    """Check u_i >= 0 (B_i where there is a budget)."""
    outside = context.reading.budget
    return context.decided(
        OUT,
        outside - context.utilities,
        context.scales.money,
        words=("nobody is better off staying out", "an agent is better off staying out"),
        scope=f"{context.size:,} agents",
        witness=lambda k: context.agent(k, utility=context.utilities, outside=outside),
    )


@condition(ALONE, "sharing", about="nobody would rather train on their own data alone")
def rationality_alone(context: SharingContext) -> Condition:
    """Check u_i >= max_x value_i a_i(x alone) - c_i(x)."""
    alone = context.alone
    return context.decided(
        ALONE,
        alone.value - context.utilities,
        context.scales.money,
        words=("nobody is better off training alone", "an agent is better off training alone"),
        scope=f"{context.size:,} agents, every contribution alone",
        witness=lambda k: context.agent(k, utility=context.utilities, alone=alone.value),
        undecided=~alone.found,
    )
