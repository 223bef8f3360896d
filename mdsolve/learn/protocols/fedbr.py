"""FedBR: agents move along the slopes of their utilities while the model is learned, nobody pays.

[M23] Algorithm 2. The equilibria that the moves look for are those of the mechanism `none`: free
riding pays. As the model gets better, more data gains less, and contributions fall.

The setting of [M23] is ``preset: murhekar2023``: s counts examples, agents send the gradient of
their mean loss, and the center weights them by the amounts of data.
"""

from __future__ import annotations

from mdsolve.instance.protocols.base import BetweenRoundsSpec
from mdsolve.learn.federation import Federation
from mdsolve.learn.protocols.moving import Moving, one_batch
from mdsolve.learn.schedule import Doubles


class FedBR(Moving):
    """Best-response steps between rounds of training, without payments."""

    def __init__(self, spec: BetweenRoundsSpec) -> None:
        super().__init__(spec)
        self.rounds_per_move = spec.rounds_per_move

    def default_contributions(self, federation: Federation) -> Doubles:
        """Return one batch per agent; [M23] leaves the start open."""
        return one_batch(federation)

    def marginal_burden(self, federation: Federation) -> Doubles:
        """Return the whole cost rates."""
        return federation.costs
