"""`value-shaping-private`: two contracts per agent where only they know their costs ([K22]).

With w(m) the worth of all data if an agent brings m, and u_t what type t earns alone, the contracts
collect the largest expected contribution p m_down + (1 - p) m_up (`rule: exact`). As printed
(`rule: published`), w'(m_down) = c_low - p/(1-p) c_high between the two full-information amounts,
and nothing bounds m_up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.rules.base import SharingRule, Terms

if TYPE_CHECKING:
    from mdsolve.certificate.sharing_context import SharingContext
    from mdsolve.certificate.stated.figures import Recompute

ALWAYS = ("individual-rationality-alone", "incentive-compatibility")


class ValueShapingPrivate(SharingRule):
    """Nobody pays; the model is the reward, by a curve per agent."""

    name = "value-shaping-private"
    defaults: ClassVar[dict[str, Any]] = {"beliefs": "bayes", "rule": "exact"}
    choices: ClassVar[dict[str, tuple[str, ...]]] = {
        "beliefs": ("bayes", "mean-field", "ex-post"),
        "rule": ("exact", "published"),
    }
    shaped = True
    private = True
    looked_at = (
        "nash",
        "budget-balance",
        "feasibility",
        "individual-rationality",
        "individual-rationality-alone",
        "incentive-compatibility",
        "curve-feasibility",
        "data-maximality",
    )

    def promises(self, context: SharingContext) -> tuple[str, ...]:
        """Claim contracts that can be kept and are best; as printed, neither holds."""
        if context.options.get("rule", "exact") == "published":
            return ALWAYS
        return ("curve-feasibility", *ALWAYS, "data-maximality")

    def terms(self, context: SharingContext) -> Terms:
        """Return no payments."""
        constant = context.arithmetic.constant
        return Terms(constant(1), constant(0), context.reading.nothing)

    def utilities(self, context: SharingContext) -> Quantity:
        """Return expectations over types: what is paid for data depends on the type."""
        from mdsolve.certificate.shaped.expectations import expectations

        return context.derived(expectations).mixed("utility")

    def figures(self, context: SharingContext) -> Mapping[str, Recompute]:
        """Return expectations over types, and what types do alone."""
        from mdsolve.certificate.shaped.private_figures import private_figures

        return private_figures(context)
