"""UPBReD: contributions and model move in the same rounds, and nobody is paid.

[D25] Algorithm 1. In every round w moves by federated averaging and s along the slopes of the
utilities, both from the state before the round. Contributions are cut to [0, capacity]: as printed
they can leave it and end where no equilibrium is.

The step sizes of Theorem 1 need bounds on second derivatives that nobody knows for a network; the
paper's experiments use constants. ``estimate: rounds`` is the update (10) of these experiments.
"""

from __future__ import annotations

from mdsolve.learn.federation import Federation
from mdsolve.learn.protocols.moving import Moving
from mdsolve.learn.schedule import Doubles


class UPBReD(Moving):
    """Move the contributions and the model at once, without payments."""

    def default_contributions(self, federation: Federation) -> Doubles:
        """Return half the capacities, the mean of the random start of [D25] section 5."""
        return federation.capacities / 2

    def marginal_burden(self, federation: Federation) -> Doubles:
        """Return the whole cost rates."""
        return federation.costs
