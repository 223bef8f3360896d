"""`upbred`: contributions and the model move in the same rounds, and nobody is paid ([D25])."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from mdsolve.certificate.reading.accuracies.quadratic_fit import joint_accuracy
from mdsolve.certificate.rules.base import SharingRule, Terms
from mdsolve.errors import Finding

if TYPE_CHECKING:
    from mdsolve.certificate.sharing_context import SharingContext
    from mdsolve.certificate.stated.figures import Recompute


METHODS = ("direct", "dynamics")

OF_ROUNDS = ("step_size", "model_step_size", "steps", "start", "model_start")
"""Options that only running the protocol uses."""


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
    choices: ClassVar[dict[str, tuple[str, ...]]] = {
        "method": METHODS,
        "projection": ("box", "none"),
    }

    def wrong_options(self, options: Mapping[str, Any], where: str) -> list[Finding]:
        """Return what is wrong with options, those of rounds that are not run among them."""
        return [*super().wrong_options(options, where), *unused_options(options, where)]

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


def unused_options(options: Mapping[str, Any], where: str) -> list[Finding]:
    """Return what is wrong with options of rounds beside a method that runs none."""
    if options.get("method", "direct") == "dynamics":
        return []
    given = [name for name in OF_ROUNDS if name in options]
    if options.get("projection", "box") == "none":
        given.append("projection")
    return [
        Finding(f"{where}.{name}", repr(options[name])[:60], "an option of method: dynamics")
        for name in given
    ]


def learned(context: SharingContext) -> tuple[str, ...]:
    """Return what rules claim that learn a model."""
    found: tuple[str, ...] = ("nash", "budget-balance")
    if joint_accuracy(context.reading) is not None:
        found = ("nash", "stationarity", "budget-balance")
    return (*found, "feasibility") if context.reading.limited.any() else found
