"""`shapley`: p_i = phi_i - value_i (a_i(s) - a_i(0)), phi the Shapley value of what data are worth.

a_i(0) is what the platform's data alone give. With ``index: banzhaf`` all coalitions weigh alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.rules.base import SharingRule, Terms

if TYPE_CHECKING:
    from mdsolve.certificate.shares.base import Shares
    from mdsolve.certificate.sharing_context import SharingContext


class ShapleyPayments(SharingRule):
    """Everybody ends up with their share of all accuracies."""

    name = "shapley"
    defaults: ClassVar[dict[str, Any]] = {"index": "shapley"}
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"index": ("shapley", "banzhaf")}

    def promises(self, context: SharingContext) -> tuple[str, ...]:
        """Claim an equilibrium and fairness; balance and reciprocity of Shapley's index only.

        Who contributes nothing has value_i a_i(0) - c_i(0), and a best response is no worse: nobody
        would rather stay out where that is not negative.
        """
        found: tuple[str, ...] = ("nash", "equal-treatment")
        if context.options.get("index") != "banzhaf":
            found = ("nash", "budget-balance", "reciprocity", "equal-treatment")
        reading = context.reading
        if reading.limited.any():
            found = (*found, "feasibility")
        with np.errstate(all="ignore"):
            alone = np.asarray(reading.benefits(reading.nothing))
            costs = np.asarray(reading.costs.value(reading.nothing))
        harmed = bool((alone < 0).any() or (costs != 0).any())
        return found if harmed else (*found, "individual-rationality")

    def terms(self, context: SharingContext) -> Terms:
        """Return shares as benefits, and shares less the own gain in accuracy as payments."""
        reading, shares = context.reading, shares_asked(context)
        gained = reading.benefits(context.s) - reading.benefits(reading.nothing)
        one, nothing = context.arithmetic.constant(1), context.arithmetic.constant(0)
        return Terms(one, nothing, shares.values - gained, shares)


def shares_asked(context: SharingContext) -> Shares:
    """Return the shares of the index that the options ask for.

    Raises
    ------
    NoRouteError
        For an index that does not exist.
    """
    index = context.options.get("index", "shapley")
    if index == "shapley":
        return context.shares
    if index == "banzhaf":
        return context.banzhaf
    message = f"an index {index!r}: only shapley and banzhaf are known"
    raise NoRouteError(message)
