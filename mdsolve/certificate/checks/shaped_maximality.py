"""`data-maximality` of value shaping: no rational rule without payments has an equilibrium above.

phi(S) >= 0 at every equilibrium of every feasible rule without payments under which nobody is worse
off than alone (`shaped.asked`). phi is concave on every piece of v: negative and falling just above
the total, it stays negative. And nobody below their capacity has more than alone, or more could be
asked of them.
"""

from __future__ import annotations

import numpy as np

from mdsolve.certificate.registry import condition
from mdsolve.certificate.shaped.curves import ShapedClaim, shaped_claim
from mdsolve.certificate.shaped.totals import nothing_above
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition

NAME = "data-maximality"


@condition(
    NAME,
    "sharing",
    about="no feasible rule without payments that is rational collects more data",
    rules=("value-shaping",),
)
def data_maximality(context: SharingContext) -> Condition:
    """Check that phi is negative above the total, and that nobody keeps a gain."""
    claim = context.derived(shaped_claim)
    equal = nobody_gains(claim)
    if equal.verdict != "pass":
        return equal
    total = float(context.given.sum())
    above, below = nothing_above(claim, total)
    nothing = context.arithmetic.zeros(1)
    refuted = np.array([below is False])
    return context.decided(
        NAME,
        nothing,
        float(context.scales.samples.sum()),
        words=(
            f"no equilibrium has more than {above:.12g} samples",
            "there is an equilibrium with more data than this",
        ),
        scope="every feasible rule without payments that is rational against training alone",
        witness=lambda k: {"total": total, "nothing_above": above},  # noqa: ARG005
        refuted=refuted,
        undecided=np.array([below is None]),
    )


def nobody_gains(claim: ShapedClaim) -> Condition:
    """Return whether everybody below their capacity is just as well off as alone."""
    context = claim.context
    arithmetic = context.arithmetic
    gained = claim.utilities - claim.solo.value
    kept = arithmetic.where(claim.full_up, context.reading.nothing, gained)
    return context.decided(
        NAME,
        kept,
        context.scales.money,
        words=("", "an agent has more than alone, so more could be asked of them"),
        scope=claim.scope,
        witness=lambda k: context.agent(k, utility=claim.utilities, alone=claim.solo.value),
        undecided=~claim.solo.found,
    )
