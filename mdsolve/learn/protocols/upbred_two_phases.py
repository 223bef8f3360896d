"""2P-UPBReD: payments make everybody bring all they have, then the model is learned.

[D25] Algorithm 2. Agent i receives p_i = beta (s_i - 1/(n-1) sum_{j != i} s_j) in every round. If
beta exceeds zeta + tau, the largest cost rate plus the steepest fall of a payoff in the own
contribution, every utility rises in s_i, and phase 1 reaches the capacities within

    max_i (capacity_i - s_i^0) / (step_size * (beta - zeta - tau))

moves (Theorem 2). tau is not known beforehand; the steepest fall seen in phase 1 is reported, with
the bound it gives. Algorithm 2 never ends where beta is too small; here phase 1 also ends when
agents settle elsewhere, and the result says so.

Limits L_i on what an agent pays in a round (the future work of [D25] section 6) lower beta to

    min_i L_i / (average of the others' capacities):

agent i pays most where it brings nothing and the others bring all they have, so that limits hold
whatever the agents bring. Of all payments b_i s_i - 1/(n-1) sum_{j != i} b_j s_j within the limits
these have the largest least rate. What is left of the promise is Theorem 2 at the lowered beta.

Balanced payments do not make everybody better off: who brings less than the others' average pays,
and may lose by taking part.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from mdsolve.instance.protocols.upbred_two_phases import BETA_PER_COST, UPBReDTwoPhasesSpec
from mdsolve.learn.federation import Federation
from mdsolve.learn.history import History
from mdsolve.learn.protocols.base import Conclusion, State
from mdsolve.learn.protocols.transfers import transfers
from mdsolve.learn.protocols.two_phases import TwoPhases
from mdsolve.learn.schedule import Doubles
from mdsolve.status import Termination


class UPBReDTwoPhases(TwoPhases):
    """Pay for contributions until all data are brought, then train on them."""

    spec: UPBReDTwoPhasesSpec

    def rate(self, federation: Federation) -> float:
        """Return beta in force, money per unit of contribution; 0 for a single agent."""
        if federation.agents == 1:
            return 0.0
        asked = self.asked(federation)
        limits = self.spec.limits(federation.agents)
        return asked if limits is None else min(asked, rate_within(limits, federation.capacities))

    def asked(self, federation: Federation) -> float:
        """Return beta as the instance says, or the default."""
        if self.spec.beta is None:
            return BETA_PER_COST * float(federation.costs.max())
        return float(self.spec.beta)

    def marginal_burden(self, federation: Federation) -> Doubles:
        """Return c_i - beta."""
        return np.asarray(federation.costs - self.rate(federation))

    def payments(self, federation: Federation, contributions: Doubles) -> Doubles:
        """Return beta times the own contribution above the average of the others'."""
        return transfers(self.rate(federation), contributions)

    def settled(self, federation: Federation, contributions: Doubles, g: Doubles) -> bool:
        """Tell whether everything is brought, or nobody wants to move."""
        full = bool(np.all(contributions >= federation.capacities))
        return full or super().settled(federation, contributions, g)

    def findings(self, federation: Federation, state: State, history: History) -> dict[str, Any]:
        """Return beta, the steepest fall seen, and how many moves Theorem 2 promises with it."""
        beta = self.rate(federation)
        fall = float(state.memory["steepest_fall"][0])
        margin = beta - float(federation.costs.max()) - fall
        distance = float((federation.capacities - history.records[0].contributions).max())
        promised = math.ceil(distance / (self.step_size * margin)) if margin > 0 else None
        brought = history.last.contributions >= federation.capacities
        return {
            "beta": beta,
            "steepest_fall": fall,
            "promised_moves": promised,
            "moves": int(state.memory["moves"][0] - 1 + state.memory["unsettled"][0]),
            "held_back": [federation.names[i] for i in np.flatnonzero(~brought)],
        }

    def conclusion(self, state: State, history: History) -> Conclusion:
        """Say whether all data were brought."""
        found = super().conclusion(state, history)
        if state.memory["unsettled"][0] or state.memory["full"][0]:
            return found
        why = "beta is too small for that"
        if self.spec.payment_limit is not None:
            why = f"{why}, at most what payment_limit allows"
        message = f"{found.message} Not everybody brings all they have there: {why}."
        return Conclusion(Termination.SOLVED, message)


def rate_within(limits: Sequence[Fraction], capacities: Doubles) -> float:
    """Return the largest rate at which nobody ever pays more than their limit.

    Examples
    --------
    >>> rate_within((Fraction(3), Fraction(4)), np.array([2.0, 6.0]))
    0.5
    """
    others = (capacities.sum() - capacities) / (len(capacities) - 1)
    return float(np.min([float(most) for most in limits] / others))
