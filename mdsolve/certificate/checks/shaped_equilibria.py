"""`equilibria` of value shaping: the totals stated are all there are."""

from __future__ import annotations

from mdsolve.certificate.registry import condition
from mdsolve.certificate.shaped.curves import shaped_claim
from mdsolve.certificate.shaped.totals import totals_stated
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition

NAME = "equilibria"


@condition(
    NAME,
    "sharing",
    about="the totals stated are those of all equilibria of the rule",
    rules=("value-shaping",),
)
def equilibria(context: SharingContext) -> Condition:
    """Check every total by the signs of what is asked for less the total, and that is all."""
    return totals_stated(context.derived(shaped_claim), NAME)
