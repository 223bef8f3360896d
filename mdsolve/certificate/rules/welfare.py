"""`welfare`: what a planner would choose, paid for as under `budget-balanced` ([M23] (19))."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from mdsolve.certificate.rules.base import GENERAL, SharingRule, Terms
from mdsolve.certificate.rules.budget_balanced import BudgetBalanced

if TYPE_CHECKING:
    from mdsolve.certificate.sharing_context import SharingContext
    from mdsolve.certificate.stated.figures import Recompute


class Welfare(SharingRule):
    """The largest p-mean of utilities, the others bearing a share beta of each cost.

    It promises nothing about what selfish agents do.
    """

    name = "welfare"
    defaults: ClassVar[dict[str, Any]] = {"p": 1, "beta": "optimal", "route": "interior-point"}
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"route": ("interior-point", "cvxpy")}
    looked_at = ("feasibility", "budget-balance", "welfare-optimality", *GENERAL)

    def promises(self, context: SharingContext) -> tuple[str, ...]:
        """Claim feasible contributions that no others improve on."""
        del context
        return ("feasibility", "welfare-optimality")

    def terms(self, context: SharingContext) -> Terms:
        """Return the budget-balanced payments at the rate that the options ask for."""
        return BudgetBalanced().terms(context)

    def figures(self, context: SharingContext) -> Mapping[str, Recompute]:
        """Return the options, value and bound that a solution states."""
        from mdsolve.certificate.stated.program import optimum

        return optimum(context)
