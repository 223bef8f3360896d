"""`fedbr`, `fedbr-bg`, `upbred`: agents move while the model is trained."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from mdsolve.certificate.numbers import Booleans, Quantity
from mdsolve.certificate.rules.budget_balanced import rate_of_costs
from mdsolve.certificate.stated.figures import Figure
from mdsolve.certificate.training_rules.base import (
    TrainingRule,
    above_the_others,
    estimation,
    one_batch,
)
from mdsolve.instance.training import TrainingInstance

if TYPE_CHECKING:
    from mdsolve.certificate.stated.figures import Recompute
    from mdsolve.certificate.training_context import TrainingContext


class Upbred(TrainingRule):
    """Contributions and model move in the same rounds, from half of everything on."""

    name = "upbred"
    citation = "[D25] Algorithm 1, contributions cut to their intervals"

    def own_settings(self, instance: TrainingInstance) -> dict[str, Any]:
        """Return what governs the moves."""
        return estimation(instance)

    def first(self, context: TrainingContext) -> Quantity:
        """Return half the capacities."""
        return context.capacities / 2

    def may_move(self, context: TrainingContext) -> Booleans:
        """Tell after which rounds agents move: after every so many."""
        between = context.option("rounds_per_move", 1)
        return np.asarray(np.arange(1, context.claim.rounds) % between == 0)


class FedBR(Upbred):
    """Agents move between rounds of training, nobody pays."""

    name = "fedbr"
    citation = "[M23] Algorithm 2, contributions cut to their intervals"

    def own_settings(self, instance: TrainingInstance) -> dict[str, Any]:
        """Return what governs the moves."""
        between = instance.protocol.rounds_per_move or 1
        return {**estimation(instance), "rounds_per_move": between}

    def first(self, context: TrainingContext) -> Quantity:
        """Return one batch."""
        return one_batch(context)


class FedBRBG(FedBR):
    """As `fedbr`, and the others bear a share of everybody's cost."""

    name = "fedbr-bg"
    citation = "[M23] Algorithm 1, contributions cut to their intervals"

    def own_settings(self, instance: TrainingInstance) -> dict[str, Any]:
        """Return what governs moves and payments."""
        beta = instance.protocol.beta
        return {**super().own_settings(instance), "beta": "optimal" if beta is None else beta}

    def payments(self, context: TrainingContext) -> Quantity:
        """Return beta (cost_i s_i - average of the others' costs)."""
        return self.rate(context) * above_the_others(
            context, context.costs * context.column("contributions")
        )

    def rate(self, context: TrainingContext) -> Quantity:
        """Return beta: as written, 1 - 1/n, or [M23] (14); shape ()."""
        beta, n, arithmetic = context.instance.protocol.beta, context.size, context.arithmetic
        if n == 1:
            return arithmetic.constant(0)
        if beta == "full":
            return arithmetic.constant(1 - Fraction(1, n))
        if isinstance(beta, Fraction):
            return arithmetic.constant(beta)
        return rate_of_costs(arithmetic, context.costs)

    def findings(self, context: TrainingContext) -> Mapping[str, Recompute]:
        """Return the rate used."""
        return {"beta": lambda: Figure.exactly(self.rate(context), 1.0)}
