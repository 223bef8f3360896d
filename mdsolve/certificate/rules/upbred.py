"""`upbred`: contributions and the model move in the same rounds, and nobody is paid ([D25])."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from mdsolve.certificate.reading.accuracies.quadratic_fit import joint_accuracy
from mdsolve.certificate.rules.base import SharingRule, Terms

if TYPE_CHECKING:
    from mdsolve.certificate.sharing_context import SharingContext
    from mdsolve.certificate.stated.figures import Recompute


class Upbred(SharingRule):
    """Nobody pays; the model is the best one for all where one is learned."""

    name = "upbred"
    learns = True
    defaults: ClassVar[dict[str, Any]] = {
        "method": "direct",
        "step_size": None,
        "model_step_size": None,
        "steps": None,
        "start": None,
        "model_start": None,
        "projection": "box",
    }

    def promises(self, context: SharingContext) -> tuple[str, ...]:
        """Claim an equilibrium, a stationary model where there is one, and no payments."""
        return learned(context)

    def terms(self, context: SharingContext) -> Terms:
        """Return no payments."""
        constant = context.arithmetic.constant
        return Terms(constant(1), constant(0), context.reading.nothing)

    def figures(self, context: SharingContext) -> Mapping[str, Recompute]:
        """Return both blocks' slopes, and the path where the protocol was run."""
        from mdsolve.certificate.stated.learned import state
        from mdsolve.certificate.stated.rounds import one_phase

        ran = context.options.get("method") == "dynamics"
        return {**state(context), **(one_phase(context) if ran else {})}


def learned(context: SharingContext) -> tuple[str, ...]:
    """Return what rules claim that learn a model."""
    found: tuple[str, ...] = ("nash", "budget-balance")
    if joint_accuracy(context.reading) is not None:
        found = ("nash", "stationarity", "budget-balance")
    return (*found, "feasibility") if context.reading.limited.any() else found
