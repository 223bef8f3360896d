"""`target`: payments designed for wanted contributions; the solution states the rule it found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from mdsolve.certificate.arguments import wrong_options
from mdsolve.certificate.rules.base import SharingRule, Terms
from mdsolve.certificate.target.stated_rule import payments_at, stated_rule
from mdsolve.errors import Finding

if TYPE_CHECKING:
    from mdsolve.certificate.sharing_context import SharingContext
    from mdsolve.certificate.stated.figures import Recompute

NAME = "target"


class Target(SharingRule):
    """Lump sums, and penalties for whoever leaves the wanted contribution."""

    name = NAME
    defaults: ClassVar[dict[str, Any]] = {
        "maximize": "welfare",
        "alone": 0,
        "payment_limit": None,
        "reciprocity": 0,
        "least_share": 0,
        "least_total": 0,
        "contributions": None,
        "dominant": "no",
        "form": "lump-sums",
    }
    choices: ClassVar[dict[str, tuple[str, ...]]] = {
        "dominant": ("no", "yes"),
        "form": ("lump-sums", "rates"),
    }
    looked_at = (
        *("nash", "budget-balance", "feasibility"),
        *("individual-rationality", "individual-rationality-alone"),
    )

    def wrong_options(self, options: Mapping[str, Any], where: str) -> list[Finding]:
        """Return options that the rule does not know, and words that stand for nothing."""
        return wrong_options(options, where, self.defaults, self.choices)

    def promises(self, context: SharingContext) -> tuple[str, ...]:
        """Claim what the options ask for, and how good the goal is where a bound is stated."""
        options = context.options
        found = ["nash", "budget-balance", "feasibility"]
        if options.get("alone") != "no":
            found.append("individual-rationality-alone")
        if options.get("payment_limit") is not None:
            found.append("payment-limit")
        if options.get("reciprocity") not in (None, 0, 0.0, "0"):
            found.append("reciprocity")
        asked = ("least_share", "least_total", "contributions")
        if any(options.get(key) not in (None, 0, 0.0, "0") for key in asked):
            found.append("requirements")
        if options.get("dominant") == "yes":
            found.append("dominant-strategies")
        if context.claim.at("upper_bound") is not None:
            found.append("optimality")
        return tuple(found)

    def terms(self, context: SharingContext) -> Terms:
        """Return the payments of the stated rule; rates are what own samples earn."""
        rule = context.derived(stated_rule)
        one, nothing = context.arithmetic.constant(1), context.arithmetic.constant(0)
        paid = payments_at(context, rule, context.s, context.given)
        return Terms(one, rule.rates if rule.penalty == "rates" else nothing, paid)

    def figures(self, context: SharingContext) -> Mapping[str, Recompute]:
        """Return the goal reached, the room that the inequality leaves, and what binds."""
        from mdsolve.certificate.target.figures import design_figures

        return design_figures(context)
