"""`vcg`: p_i is what the others together lose by agent i taking part ([C20] Definition 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.market_rules.base import EFFICIENT, RATIONAL, MarketRule
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.reading.market import QualityReading, inserted
from mdsolve.certificate.reading.market_sizes import Profiles

if TYPE_CHECKING:
    from mdsolve.certificate.market_context import MarketContext


class VickreyClarkeGroves(MarketRule):
    """The others' total value without the agent less that with them."""

    name = "vcg"

    def promises(self, context: MarketContext) -> tuple[str, ...]:
        """Claim efficiency and rationality, never truthfulness."""
        del context
        return (EFFICIENT, RATIONAL)

    def stake(self, context: MarketContext, agent: int) -> float:
        """Return the largest stake of anybody: the payment is made of the others' values."""
        del agent
        return float(context.money.max())

    def payment(self, context: MarketContext, agent: int, own: Any, others: Profiles) -> Quantity:
        """Return the harm, from totals over the others."""
        market = context.ruled
        if not isinstance(market, QualityReading):
            message = "a table of values does not show what the others have without an agent"
            raise NoRouteError(message)
        profile = inserted(agent, own, others)
        rest = [j for j in range(market.size) if j != agent]
        if not rest:
            return context.arithmetic.zeros(())
        deal = market.deal(profile)
        inside = [deal.used(j) for j in range(market.size)]
        outside = market.without(agent, profile)
        return market.together(rest, outside) - market.together(rest, inside)
