"""`contribution-transfer`: p_i = beta (s_i - average of the others' contributions)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mdsolve.certificate.rules.base import SharingRule, Terms, above_the_others, as_rate

if TYPE_CHECKING:
    from mdsolve.certificate.sharing_context import SharingContext


class ContributionTransfer(SharingRule):
    """Money per sample, paid by those who bring less than average."""

    name = "contribution-transfer"
    defaults: ClassVar[dict[str, Any]] = {"beta": None}

    def promises(self, context: SharingContext) -> tuple[str, ...]:
        """Claim an equilibrium, payments that sum to zero, and budgets kept."""
        always = ("nash", "budget-balance")
        return (*always, "feasibility") if context.reading.limited.any() else always

    def terms(self, context: SharingContext) -> Terms:
        """Return the payments at the price that the options state."""
        one = context.arithmetic.constant(1)
        if context.size == 1:
            return Terms(one, context.arithmetic.constant(0), context.reading.nothing)
        price = context.arithmetic.constant(as_rate(context.options.get("beta"), "beta"))
        return Terms(one, price, price * above_the_others(context, context.s))
