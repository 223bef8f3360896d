"""`fedavg-strategic`: agents choose at the untrained model, then it is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdsolve.certificate.numbers import Booleans, Quantity
from mdsolve.certificate.training_rules.base import TrainingRule

if TYPE_CHECKING:
    from mdsolve.certificate.training_context import TrainingContext


class FedAvgStrategic(TrainingRule):
    """Agents choose before training starts, nobody pays."""

    def first(self, context: TrainingContext) -> Quantity:
        """Return half the capacities."""
        return context.capacities / 2

    def may_move(self, context: TrainingContext) -> Booleans:
        """Tell after which rounds agents move: after those of choosing."""
        return context.choosing[:-1]
