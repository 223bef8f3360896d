"""`proportional-data`, `-value`, `-shapley`: models are degraded for who stands behind the leader.

Agent i receives a model worth (psi_i / max_j psi_j)^p v(total), psi one of three measures of what
they contribute ([K22] (12)-(14)); 0 / 0 counts as 1. The exponent p is an option.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.rules.base import SharingRule, Terms

if TYPE_CHECKING:
    from mdsolve.certificate.sharing_context import SharingContext
    from mdsolve.certificate.stated.figures import Recompute

PROPORTIONAL = ("proportional-data", "proportional-value", "proportional-shapley")


class ProportionalRule(SharingRule):
    """Nobody pays; whoever is behind the leader receives less than the full model."""

    defaults: ClassVar[dict[str, Any]] = {"p": 1, "select": "most-data"}
    choices: ClassVar[dict[str, tuple[str, ...]]] = {
        "select": ("most-data", "best-utility", "least-data")
    }
    shaped = True
    looked_at = (
        "nash",
        "budget-balance",
        "feasibility",
        "individual-rationality",
        "individual-rationality-alone",
    )

    def promises(self, context: SharingContext) -> tuple[str, ...]:
        """Claim an equilibrium."""
        del context
        return ("nash",)

    def terms(self, context: SharingContext) -> Terms:
        """Return no payments."""
        constant = context.arithmetic.constant
        return Terms(constant(1), constant(0), context.reading.nothing)

    def models(self, context: SharingContext) -> Quantity:
        """Return what the rule makes of the contributions."""
        from mdsolve.certificate.shaped.ranked import ranked

        return context.derived(ranked).models

    def figures(self, context: SharingContext) -> Mapping[str, Recompute]:
        """Return the exponent."""
        from mdsolve.certificate.shaped.ranked import exponent
        from mdsolve.certificate.stated.figures import Said

        return {"p": lambda: Said.exactly(exponent(context))}


class ProportionalData(ProportionalRule):
    """psi_i = s_i, [K22] (12)."""

    name = "proportional-data"


class ProportionalValue(ProportionalRule):
    """psi_i = v(s_i + P) - v(P), [K22] (13)."""

    name = "proportional-value"


class ProportionalShapley(ProportionalRule):
    """psi_i is the Shapley value of X -> v(P + s(X)) - v(P), [K22] (14)."""

    name = "proportional-shapley"
