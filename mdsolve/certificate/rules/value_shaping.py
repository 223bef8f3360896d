"""`value-shaping`: the model each agent receives grows with their data just fast enough ([K22]).

    M_i(x) = v(x)                                                    for x < m_i*
    M_i(x) = min(v(m_i*) + (c_i / q_i) (x - m_i*), v(total + P))     from m_i* on

with m_i* the best amount alone. The minimum is missing in (11) of the paper. Whose capacity ends
before the line reaches the full model gets a steeper line, up to the full model at the capacity.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from mdsolve.certificate.rules.base import SharingRule, Terms

if TYPE_CHECKING:
    from mdsolve.certificate.sharing_context import SharingContext
    from mdsolve.certificate.stated.figures import Recompute

NAME = "value-shaping"

SHAPED_LOOKED_AT = (
    "nash",
    "budget-balance",
    "feasibility",
    "individual-rationality",
    "individual-rationality-alone",
    "curve-feasibility",
    "data-maximality",
)
"""What users ask of every rule that shapes curves."""


class ValueShaping(SharingRule):
    """Nobody pays; the model is the reward."""

    name = NAME
    defaults: ClassVar[dict[str, Any]] = {"select": "most-data"}
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"select": ("most-data", "least-data")}
    shaped = True
    looked_at = SHAPED_LOOKED_AT

    def promises(self, context: SharingContext) -> tuple[str, ...]:
        """Claim all; maximality of the equilibrium with most data only."""
        always = ("curve-feasibility", "individual-rationality-alone", "nash")
        most = context.options.get("select", "most-data") == "most-data"
        return (*always, "data-maximality") if most else always

    def terms(self, context: SharingContext) -> Terms:
        """Return no payments."""
        constant = context.arithmetic.constant
        return Terms(constant(1), constant(0), context.reading.nothing)

    def figures(self, context: SharingContext) -> Mapping[str, Recompute]:
        """Return who is viable alone, and how many agents are viable together."""
        from mdsolve.certificate.shaped.viable import viability_figures

        return viability_figures(context)
