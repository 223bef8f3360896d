"""FedAvgStrategic: agents first choose contributions at the untrained model, then train at them.

[D25] Algorithm 3 leaves phase 1 when no slope is positive. An agent who brings too much has a
negative slope and would be stuck with it, so here phase 1 ends when all slopes are zero, of either
sign (``stopping: settled``, up to ``settled``); ``stopping: published`` is the printed rule.
"""

from __future__ import annotations

import numpy as np

from mdsolve.instance.protocols.fedavg_strategic import FedAvgStrategicSpec
from mdsolve.learn.federation import Federation
from mdsolve.learn.protocols.two_phases import TwoPhases
from mdsolve.learn.schedule import Doubles


class FedAvgStrategic(TwoPhases):
    """Choose contributions by gradient steps at the untrained model, then train at them."""

    spec: FedAvgStrategicSpec

    def marginal_burden(self, federation: Federation) -> Doubles:
        """Return the whole cost rates."""
        return federation.costs

    def settled(self, federation: Federation, contributions: Doubles, g: Doubles) -> bool:
        """Tell whether phase 1 is over at these slopes of utility."""
        if self.spec.stopping == "settled":
            return super().settled(federation, contributions, g)
        return bool(np.all(g <= self.zero_slope(federation)))
