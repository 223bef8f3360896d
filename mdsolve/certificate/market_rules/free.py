"""`free`: everybody receives the best model and nobody pays ([C20] Theorem 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mdsolve.certificate.market_rules.base import (
    RATIONAL,
    TRUTHFUL,
    WEAK,
    MarketRule,
    efficiency_of,
    holds,
)
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.reading.market import QualityReading
from mdsolve.certificate.reading.market_models import Models
from mdsolve.certificate.reading.market_sizes import Profiles

if TYPE_CHECKING:
    from mdsolve.certificate.market_context import MarketContext


class Free(MarketRule):
    """No payments; rational and truthful where nobody competes."""

    name = "free"

    def promises(self, context: MarketContext) -> tuple[str, ...]:
        """Claim efficiency and no losses; the rest in non-competitive markets."""
        always = (*efficiency_of(context), WEAK)
        return (*always, RATIONAL, TRUTHFUL) if holds(context, "non-competitive") else always

    def models(self, reading: QualityReading) -> Models:
        """Return the best model for everybody."""
        return reading.to_all

    def payment(self, context: MarketContext, agent: int, own: Any, others: Profiles) -> Quantity:
        """Return 0."""
        del agent, own, others
        return context.arithmetic.zeros(())
