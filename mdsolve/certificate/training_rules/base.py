"""What the checker knows of a training protocol: who may move when, and what is paid.

How far agents move follows from models that the checker does not train; when they may move, where
they start and what they are paid does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mdsolve.certificate.numbers import Booleans, Quantity
from mdsolve.instance.protocols.base import ProtocolSpec

if TYPE_CHECKING:
    from mdsolve.certificate.stated.figures import Recompute
    from mdsolve.certificate.training_context import TrainingContext


class TrainingRule:
    """A protocol as the checker reads it; this one lets nobody move and pays nothing.

    Parameters
    ----------
    spec : ProtocolSpec
        As written in the instance, with the settings in force.
    """

    def __init__(self, spec: ProtocolSpec) -> None:
        self.spec = spec

    def balanced(self) -> bool:
        """Tell whether the protocol promises payments that cancel."""
        return True

    def limits(self, context: TrainingContext) -> Quantity | None:  # noqa: ARG002
        """Return what everybody pays at most in a round, shape (n,); None without limits."""
        return None

    def limited(self) -> bool:
        """Tell whether payments are limited."""
        return False

    def most_paid(self, context: TrainingContext) -> Quantity:
        """Return what everybody pays at most, whatever the agents bring, shape (n,)."""
        return context.arithmetic.zeros(context.size)

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
