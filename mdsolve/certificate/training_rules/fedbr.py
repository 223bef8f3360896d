"""`fedbr`: agents move between rounds of training, nobody pays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mdsolve.certificate.numbers import Booleans, Quantity
from mdsolve.certificate.training_rules.base import TrainingRule, one_batch
from mdsolve.instance.protocols.base import BetweenRoundsSpec

if TYPE_CHECKING:
    from mdsolve.certificate.training_context import TrainingContext


class FedBR(TrainingRule):
    """Agents move after every so many rounds, from one batch on."""

    spec: BetweenRoundsSpec

    def first(self, context: TrainingContext) -> Quantity:
        """Return one batch."""
        return one_batch(context)

    def may_move(self, context: TrainingContext) -> Booleans:
        """Tell after which rounds agents move: after every so many."""
        between = self.spec.rounds_per_move
        return np.asarray(np.arange(1, context.claim.rounds) % between == 0)
