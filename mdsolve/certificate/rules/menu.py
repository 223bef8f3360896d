"""`menu`: contracts for agents alike whose costs only they know; the solution states them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.rules.base import SharingRule, Terms

if TYPE_CHECKING:
    from mdsolve.certificate.sharing_context import SharingContext
    from mdsolve.certificate.stated.figures import Recompute


class Menu(SharingRule):
    """Nobody pays; whoever brings what a contract asks for receives a model of its worth."""

    name = "menu"
    defaults: ClassVar[dict[str, Any]] = {"maximize": "data"}
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"maximize": ("data",)}
    shaped = True
    private = True
    looked_at = (
        *("nash", "budget-balance", "feasibility", "individual-rationality"),
        *("individual-rationality-alone", "incentive-compatibility", "curve-feasibility"),
        "optimality",
    )

    def promises(self, context: SharingContext) -> tuple[str, ...]:
        """Claim contracts that can be kept, are accepted and chosen, and how good they are."""
        del context
        return (
            *("curve-feasibility", "individual-rationality-alone", "incentive-compatibility"),
            "optimality",
        )

    def terms(self, context: SharingContext) -> Terms:
        """Return no payments."""
        constant = context.arithmetic.constant
        return Terms(constant(1), constant(0), context.reading.nothing)

    def utilities(self, context: SharingContext) -> Quantity:
        """Return expectations over types: what is brought depends on the type."""
        from mdsolve.certificate.menu.figures import expected_utility

        return context.derived(expected_utility) + context.arithmetic.zeros(context.size)

    def figures(self, context: SharingContext) -> Mapping[str, Recompute]:
        """Return expectations over types, and what types do alone."""
        from mdsolve.certificate.menu.figures import menu_figures

        return menu_figures(context)
