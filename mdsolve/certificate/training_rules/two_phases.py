"""`fedavg-strategic`, `2p-upbred`: agents choose at the untrained model, then it is trained."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from mdsolve.certificate.numbers import Booleans, Quantity
from mdsolve.certificate.stated.figures import Figure, Said
from mdsolve.certificate.training_rules.base import TrainingRule, above_the_others, estimation
from mdsolve.instance.training import TrainingInstance

if TYPE_CHECKING:
    from mdsolve.certificate.stated.figures import Recompute
    from mdsolve.certificate.training_context import TrainingContext

NEGOTIATION_ROUNDS = 100
"""Most rounds of choosing, where the instance does not say."""

BETA_PER_COST = 2
"""beta of `2p-upbred` over the largest cost, where the instance does not say."""


class FedAvgStrategic(TrainingRule):
    """Agents choose before training starts, nobody pays."""

    name = "fedavg-strategic"
    citation = "[D25] Algorithm 3, stopping at zero slopes of either sign"
    two_phases = True

    def own_settings(self, instance: TrainingInstance) -> dict[str, Any]:
        """Return what governs the first phase."""
        stopping = instance.protocol.stopping or "settled"
        return {**self._choosing(instance), "stopping": stopping}

    def _choosing(self, instance: TrainingInstance) -> dict[str, Any]:
        spec = instance.protocol
        settled = "0.01 of the largest cost" if spec.settled is None else spec.settled
        most = spec.negotiation_rounds or NEGOTIATION_ROUNDS
        return {**estimation(instance), "settled": settled, "negotiation_rounds": most}

    def first(self, context: TrainingContext) -> Quantity:
        """Return half the capacities."""
        return context.capacities / 2

    def may_move(self, context: TrainingContext) -> Booleans:
        """Tell after which rounds agents move: after those of choosing."""
        return context.choosing[:-1]


class UpbredTwoPhases(FedAvgStrategic):
    """p_i = beta (s_i - average of the others' contributions), in every round."""

    name = "2p-upbred"
    citation = "[D25] Algorithm 2, ending where agents settle"

    def own_settings(self, instance: TrainingInstance) -> dict[str, Any]:
        """Return what governs the first phase, and the price."""
        beta = instance.protocol.beta
        words = f"{BETA_PER_COST} times the largest cost"
        return {**self._choosing(instance), "beta": words if beta is None else beta}

    def price(self, context: TrainingContext) -> Fraction:
        """Return beta, money per unit of contribution; 0 for a single agent."""
        if context.size == 1:
            return Fraction(0)
        beta = context.instance.protocol.beta
        return beta if isinstance(beta, Fraction) else BETA_PER_COST * max(_costs(context))

    def payments(self, context: TrainingContext) -> Quantity:
        """Return beta times the own contribution above the average of the others'."""
        price = context.arithmetic.constant(self.price(context))
        return price * above_the_others(context, context.column("contributions"))

    def findings(self, context: TrainingContext) -> Mapping[str, Recompute]:
        """Return the price, who held back, and how often agents moved."""

        def beta() -> Figure:
            price = context.arithmetic.constant(self.price(context))
            return Figure.exactly(price, float(max(_costs(context))))

        def held_back() -> Said:
            brought = context.claim.columns["contributions"][-1]
            full = context.arithmetic.nearest(context.capacities)
            return Said.exactly([context.names[k] for k in np.flatnonzero(brought < full)])

        return {
            "beta": beta,
            "held_back": held_back,
            "moves": lambda: Said(lambda stated: _moves(context, stated)),
        }


def _moves(context: TrainingContext, stated: Any) -> str:
    """Return what is wrong with a number of moves: one less than rounds of choosing, or as many."""
    rounds = int(context.choosing.sum())
    return "" if stated in (max(rounds - 1, 0), rounds) else f"{rounds} rounds were for choosing"


def _costs(context: TrainingContext) -> tuple[Fraction, ...]:
    return context.instance.agents.cost
