"""What the checker knows of a training protocol: who may move when, and what is paid.

How far agents move follows from models that the checker does not train; when they may move, where
they start and what they are paid does not.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mdsolve.certificate.numbers import Booleans, Quantity
from mdsolve.instance.training import TrainingInstance

if TYPE_CHECKING:
    from mdsolve.certificate.stated.figures import Recompute
    from mdsolve.certificate.training_context import TrainingContext

LEARNING_RATE, STEP_SIZE, WIDTH = Fraction(1, 10), 10, 1
"""Settings where the instance does not say: step of the model, of the agents, and the width of
difference quotients."""


class TrainingRule(ABC):
    """A protocol as the checker reads it; this one lets nobody move and pays nothing."""

    name: ClassVar[str]
    citation: ClassVar[str]
    two_phases: ClassVar[bool] = False
    """Whether agents choose before the model is trained."""

    def settings(self, instance: TrainingInstance) -> dict[str, Any]:
        """Return every setting in force."""
        spec = instance.protocol
        rate = LEARNING_RATE if spec.learning_rate is None else spec.learning_rate
        return {
            "name": self.name,
            "citation": self.citation,
            "rounds": spec.rounds,
            "batch_size": spec.batch_size,
            "learning_rate": rate,
            "unit": spec.unit,
            "aggregation": spec.aggregation,
            "payoff": spec.payoff,
            **self.own_settings(instance),
        }

    def own_settings(self, instance: TrainingInstance) -> dict[str, Any]:
        """Return the settings besides those of every protocol."""
        del instance
        return {}

    def balanced(self, instance: TrainingInstance) -> bool:
        """Tell whether the protocol promises payments that cancel."""
        del instance
        return True

    def first(self, context: TrainingContext) -> Quantity:
        """Return the first contributions where the instance does not say, shape (n,)."""
        return context.capacities

    def may_move(self, context: TrainingContext) -> Booleans:
        """Tell after which rounds contributions may change, shape (rounds - 1,)."""
        return np.zeros(context.claim.rounds - 1, dtype=np.bool_)

    def movers(self, context: TrainingContext) -> int:
        """Return how many agents may move after a round."""
        return context.size

    def payments(self, context: TrainingContext) -> Quantity:
        """Return what everybody receives in every round, shape (rounds, n)."""
        return context.arithmetic.zeros((context.claim.rounds, context.size))

    def findings(self, context: TrainingContext) -> Mapping[str, Recompute]:
        """Return the further figures that a solution states, by path."""
        del context
        return {}


def estimation(instance: TrainingInstance) -> dict[str, Any]:
    """Return the settings of protocols whose agents estimate slopes."""
    spec = instance.protocol
    return {
        "step_size": STEP_SIZE if spec.step_size is None else spec.step_size,
        "estimate": spec.estimate or "own",
        "difference": WIDTH if spec.difference is None else spec.difference,
    }


def one_batch(context: TrainingContext) -> Quantity:
    """Return one batch per agent, or all they have where that is less, shape (n,)."""
    spec = context.instance.protocol
    unit = 1 if spec.unit == "batches" else spec.batch_size
    return context.arithmetic.minimum(context.capacities, context.arithmetic.constant(unit))


def above_the_others(context: TrainingContext, amounts: Quantity) -> Quantity:
    """Return amounts (rounds, n) less the averages of the others', 0 for a single agent."""
    n = context.size
    if n == 1:
        return 0 * amounts
    totals = context.arithmetic.total(amounts, axis=1).reshape(-1, 1)
    return amounts - (totals - amounts) / (n - 1)
