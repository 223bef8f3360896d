"""`upbred`: contributions and model move in the same rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mdsolve.certificate.numbers import Booleans, Quantity
from mdsolve.certificate.training_rules.base import TrainingRule

if TYPE_CHECKING:
    from mdsolve.certificate.training_context import TrainingContext


class Upbred(TrainingRule):
    """Agents move after every round, from half of everything on."""

    def first(self, context: TrainingContext) -> Quantity:
        """Return half the capacities."""
        return context.capacities / 2

    def may_move(self, context: TrainingContext) -> Booleans:
        """Hold after every round."""
        return np.ones(context.claim.rounds - 1, dtype=np.bool_)
