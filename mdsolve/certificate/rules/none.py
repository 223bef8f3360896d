"""`none`: p = 0, everybody gets the full model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdsolve.certificate.rules.base import SharingRule, Terms

if TYPE_CHECKING:
    from mdsolve.certificate.sharing_context import SharingContext


class NoPayments(SharingRule):
    """Nobody pays."""

    name = "none"

    def promises(self, context: SharingContext) -> tuple[str, ...]:
        """Claim an equilibrium without payments, and budgets kept where there are any."""
        always = ("nash", "budget-balance")
        return (*always, "feasibility") if context.reading.limited.any() else always

    def terms(self, context: SharingContext) -> Terms:
        """Return no payments."""
        constant = context.arithmetic.constant
        return Terms(constant(1), constant(0), context.reading.nothing)
