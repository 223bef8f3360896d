"""`desirable`: the highest payments that are rational and truthful ([C20] Algorithm 1).

No formula says them: they are shortest paths, proved by a binding constraint per payment. With side
constraints they are the best for the objective among those that satisfy them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mdsolve.certificate.market_rules.base import (
    ARITHMETICS,
    MAXIMAL,
    RATIONAL,
    SIDE,
    STRONG,
    TRUTHFUL,
    WEAK,
    MarketRule,
    efficiency_of,
)
from mdsolve.certificate.market_side import OBJECTIVES

if TYPE_CHECKING:
    from mdsolve.certificate.market_context import MarketContext


class Desirable(MarketRule):
    """Rational, truthful, efficient, without losses, and of maximal revenue."""

    name = "desirable"
    defaults: ClassVar[dict[str, Any]] = {
        "arithmetic": "auto",
        "route": "auto",
        "side": (),
        "objective": "revenue",
    }
    choices: ClassVar[dict[str, tuple[str, ...]]] = {
        "arithmetic": ARITHMETICS,
        "route": ("auto", "monotone", "sweep"),
        "objective": OBJECTIVES,
    }

    def promises(self, context: MarketContext) -> tuple[str, ...]:
        """Claim the four properties and maximality; side constraints trade maximality away."""
        side = context.claim.side
        found = [RATIONAL, TRUTHFUL, *efficiency_of(context)]
        if not side.deficit:
            found.append(WEAK)
        if side.balanced:
            found.append(STRONG)
        if side.amounts:
            found.append(SIDE)
        if not side.given and context.options.get("objective") == "revenue":
            found.append(MAXIMAL)
        return tuple(found)
