"""`second-best`: a lottery over recipients with the largest expected welfare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mdsolve.certificate.market_rules.base import MAXIMAL, RATIONAL, TRUTHFUL, WEAK, MarketRule

if TYPE_CHECKING:
    from mdsolve.certificate.market_context import MarketContext


class SecondBest(MarketRule):
    """Rational and truthful in expectation over the lots, without losses, of the most welfare."""

    name = "second-best"
    defaults: ClassVar[dict[str, Any]] = {"outcomes": "lottery"}
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"outcomes": ("lottery", "single")}
    asked: ClassVar[tuple[str, ...]] = ()

    def promises(self, context: MarketContext) -> tuple[str, ...]:
        """Claim everything but efficiency, which is what is given up."""
        del context
        return (RATIONAL, TRUTHFUL, WEAK, MAXIMAL, "optimality")
