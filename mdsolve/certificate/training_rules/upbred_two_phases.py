"""`2p-upbred`: agents are paid for contributions, and choose them at the untrained model."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.stated.figures import Figure, Said
from mdsolve.certificate.training_rules.base import above_the_others
from mdsolve.certificate.training_rules.fedavg_strategic import FedAvgStrategic
from mdsolve.instance.protocols.upbred_two_phases import BETA_PER_COST, UPBReDTwoPhasesSpec

if TYPE_CHECKING:
    from mdsolve.certificate.stated.figures import Recompute
    from mdsolve.certificate.training_context import TrainingContext


class UpbredTwoPhases(FedAvgStrategic):
    """p_i = beta (s_i - average of the others' contributions), in every round."""

    spec: UPBReDTwoPhasesSpec

    def price(self, context: TrainingContext) -> Quantity:
        """Return beta in force, money per unit of contribution; 0 for a single agent.

        Where payments are limited, it is at most what everybody can pay who brings nothing while
        the others bring all they have.
        """
        arithmetic, n = context.arithmetic, context.size
        if n == 1:
            return arithmetic.constant(0)
        asked = self.spec.beta
        price = arithmetic.constant(
            BETA_PER_COST * max(_costs(context)) if asked is None else asked
        )
        limits = self.limits(context)
        if limits is None:
            return price
        for each in limits / self.most(context):
            price = arithmetic.minimum(price, each)
        return price

    def limits(self, context: TrainingContext) -> Quantity | None:
        """Return what everybody pays at most in a round, shape (n,); None without limits."""
        given = self.spec.payment_limit
        if given is None:
            return None
        each = list(given) if isinstance(given, tuple) else [given] * context.size
        return context.arithmetic.written(each)

    def limited(self) -> bool:
        """Tell whether payments are limited."""
        return self.spec.payment_limit is not None

    def most_paid(self, context: TrainingContext) -> Quantity:
        """Return what everybody pays who brings nothing while the others bring all they have."""
        if context.size == 1:
            return context.arithmetic.zeros(1)
        return self.price(context) * self.most(context)

    def most(self, context: TrainingContext) -> Quantity:
        """Return what everybody pays at most per unit of beta: the others' mean capacity, (n,)."""
        others = context.arithmetic.total(context.capacities) - context.capacities
        return others / (context.size - 1)

    def payments(self, context: TrainingContext) -> Quantity:
        """Return beta times the own contribution above the average of the others'."""
        return self.price(context) * above_the_others(context, context.column("contributions"))

    def findings(self, context: TrainingContext) -> Mapping[str, Recompute]:
        """Return the price, who held back, and how often agents moved."""

        def beta() -> Figure:
            return Figure.exactly(self.price(context), float(max(_costs(context))))

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
