"""FedBR-BG: as FedBR, with a share beta of every agent's cost borne by the others.

[M23] Algorithm 1. In every round agent i receives p_i = beta (c_i s_i - 1/(n-1) sum_{j != i}
c_j s_j), so that a unit costs them (1 - beta) c_i and they bring more. Payments are rounded to a
binary grid on which they sum to exactly zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mdsolve.instance.protocols.fedbr_bg import FedBRBGSpec
from mdsolve.learn.federation import Federation
from mdsolve.learn.history import History
from mdsolve.learn.protocols.base import State
from mdsolve.learn.protocols.fedbr import FedBR
from mdsolve.learn.protocols.transfers import transfers
from mdsolve.learn.schedule import Doubles
from mdsolve.solver.equilibrium.budget_rate import rate_of_costs


class FedBRBG(FedBR):
    """Best-response steps between rounds of training, costs shared with a balanced budget."""

    spec: FedBRBGSpec

    def marginal_burden(self, federation: Federation) -> Doubles:
        """Return (1 - beta) c_i."""
        return np.asarray((1 - self.rate(federation)) * federation.costs)

    def payments(self, federation: Federation, contributions: Doubles) -> Doubles:
        """Return beta times the own cost above the average of the others'."""
        return transfers(self.rate(federation), federation.costs * contributions)

    def rate(self, federation: Federation) -> float:
        """Return beta as a number; 0 for a single agent."""
        beta, n = self.spec.beta, federation.agents
        if n == 1:
            return 0.0
        if beta == "full":
            return 1 - 1 / n
        return rate_of_costs(federation.costs) if beta == "optimal" else float(beta)

    def findings(self, federation: Federation, state: State, history: History) -> dict[str, Any]:  # noqa: ARG002
        """Return the rate used."""
        return {"beta": self.rate(federation)}
