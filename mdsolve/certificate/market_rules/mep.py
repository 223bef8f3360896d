"""`mep`: p_i = v_i(taking part) - v_i(staying out) ([C20] Definition 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mdsolve.certificate.market_rules.base import MAXIMAL, RATIONAL, TRUTHFUL, MarketRule, holds
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.reading.market_sizes import Profiles

if TYPE_CHECKING:
    from mdsolve.certificate.market_context import MarketContext


class MaximalExploitation(MarketRule):
    """The whole gain from taking part; truthful where valuations are quasi-monotone."""

    name = "mep"
    rational_only = True

    def promises(self, context: MarketContext) -> tuple[str, ...]:
        """Claim rationality, and maximality among rational rules; truthfulness as known."""
        always = (RATIONAL, MAXIMAL)
        return (*always, TRUTHFUL) if holds(context, "quasi-monotone") else always

    def payment(self, context: MarketContext, agent: int, own: Any, others: Profiles) -> Quantity:
        """Return the gain."""
        market = context.ruled
        return market.truth(agent, own, others) - market.outside(agent, own, others)
