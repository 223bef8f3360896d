"""`desirable`: the highest payments that are rational and truthful ([C20] Algorithm 1).

No formula says them: they are shortest paths, proved by a binding constraint per payment. With side
constraints they are the best for the objective among those that satisfy them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mdsolve.certificate.market_rules.base import (
    ARITHMETICS,
    COALITIONS,
    EXPECTED,
    INTERIM_RATIONAL,
    INTERIM_TRUTHFUL,
    MAXIMAL,
    RATIONAL,
    SIDE,
    STRONG,
    TRUTHFUL,
    WEAK,
    MarketRule,
    efficiency_of,
)
from mdsolve.certificate.market_side import OBJECTIVES, SUBSIDISED

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
        side, objective = context.claim.side, context.options.get("objective")
        fair = (INTERIM_RATIONAL, INTERIM_TRUTHFUL) if side.interim else (RATIONAL, TRUTHFUL)
        found = [*fair, *efficiency_of(context)]
        if side.never_loses and objective != SUBSIDISED:
            found.append(WEAK)
        if side.expected:
            found.append(EXPECTED)
        if side.balanced:
            found.append(STRONG)
        if side.coalitions:
            found.append(COALITIONS)
        if side.bounds:
            found.append(SIDE)
        if side.unbounded and objective in ("revenue", SUBSIDISED):
            found.append(MAXIMAL)
        return tuple(found)
