"""FedAvgStrategic: agents first choose contributions at the untrained model, then train at them.

Phase 1 ("choosing"): from the model w0, which stays as it is, each agent moves his contribution
along the slope g_i of his utility, s_i + step_size * g_i, cut to [0, capacity]. The slope compares
one round of training from w0 at s_i and beside it; every such round draws the same batches, so that
the agents play one fixed game. Phase 2 ("learning") is federated averaging at what they chose.

[D25] Algorithm 3 leaves phase 1 when no slope is positive. An agent who brings too much has a
negative slope and would be stuck with it, so here phase 1 ends when all slopes are zero, of either
sign (``stopping: settled``, up to ``settled``); ``stopping: published`` is the printed rule.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from mdsolve.instance.training import ProtocolSpec
from mdsolve.learn.federation import Federation
from mdsolve.learn.history import History, Record
from mdsolve.learn.protocols.base import (
    DEFAULT_STEP_SIZE,
    Conclusion,
    Protocol,
    State,
    learn,
    record_of,
)
from mdsolve.learn.protocols.slopes import payoff_slopes, projected, train_pairs
from mdsolve.learn.schedule import Doubles
from mdsolve.status import Termination

DEFAULT_DIFFERENCE = 1.0
DEFAULT_NEGOTIATION_ROUNDS = 100
SETTLED_SHARE = 0.01
"""Below this share of the largest cost a slope counts as zero, where ``settled`` is not given."""


class FedAvgStrategic(Protocol):
    """Choose contributions by gradient steps at the untrained model, then train at them."""

    name: ClassVar[str] = "fedavg-strategic"
    citation: ClassVar[str] = "[D25] Algorithm 3, stopping at zero slopes of either sign"

    def __init__(self, spec: ProtocolSpec) -> None:
        super().__init__(spec)
        self.step_size = DEFAULT_STEP_SIZE if spec.step_size is None else float(spec.step_size)
        width = spec.difference
        self.difference = DEFAULT_DIFFERENCE if width is None else float(width)
        self.stopping = spec.stopping or "settled"
        self.negotiation_rounds = spec.negotiation_rounds or DEFAULT_NEGOTIATION_ROUNDS

    def own_settings(self) -> dict[str, Any]:
        """Return what governs phase 1."""
        settled = self.spec.settled
        return {
            "step_size": self.step_size,
            "difference": self.difference,
            "stopping": self.stopping,
            "settled": f"{SETTLED_SHARE:g} of the largest cost" if settled is None else settled,
            "negotiation_rounds": self.negotiation_rounds,
        }

    def default_contributions(self, federation: Federation) -> Doubles:
        """Return half the capacities, the mean of the random start of [D25] section 5."""
        return federation.capacities / 2

    def start(self, federation: Federation) -> State:
        """Return the state before phase 1."""
        first = replace(super().start(federation), phase="choosing")
        return first.remembering(moves=np.zeros(1), steepest=np.array([np.inf]))

    def step(self, federation: Federation, state: State) -> tuple[State, Record]:
        """Go one round on in the present phase."""
        if state.phase == "choosing":
            return self._choose(federation, state)
        following = learn(federation, state)
        return following, record_of(federation, following, state.contributions)

    def planned(self, state: State) -> int:
        """Return the rounds left, those of phase 1 at most."""
        left = self.negotiation_rounds - int(state.memory["moves"][0])
        return super().planned(state) + (left if state.phase == "choosing" else 0)

    def conclusion(self, state: State, history: History) -> Conclusion:
        """Say whether the contributions had settled when training began."""
        reached = super().conclusion(state, history)
        moves = int(state.memory["moves"][0])
        if state.memory["unsettled"][0]:
            message = (
                f"{reached.message} The contributions had not settled after {moves} rounds of "
                f"choosing (steepest slope {state.memory['steepest'][0]:.3g}); the last ones were "
                "used. Try a smaller step_size or more negotiation_rounds."
            )
            return Conclusion(Termination.LIMIT, message)
        words = f"The contributions settled after {moves} rounds of choosing."
        return Conclusion(reached.termination, f"{reached.message} {words}")

    def _choose(self, federation: Federation, state: State) -> tuple[State, Record]:
        """Let every agent move once; go over to learning when they have settled."""
        here, theta = state.contributions, state.theta
        pairs = train_pairs(federation, theta, here, 0, self.difference)
        slopes, _, _ = payoff_slopes(federation, theta, pairs)
        g = projected(slopes - federation.costs, here, federation.capacities)
        moves = int(state.memory["moves"][0]) + 1
        settled = self._settled(federation, g)
        following = state.remembering(
            moves=np.array([float(moves)]), steepest=np.array([float(np.abs(g).max())])
        )
        if settled or moves >= self.negotiation_rounds:
            following = replace(following, phase="learning")
            following = following.remembering(unsettled=np.array([float(not settled)]))
        if not settled:
            moved = np.clip(here + self.step_size * g, 0.0, federation.capacities)
            following = replace(following, contributions=moved)
        return following, record_of(federation, following, here, phase="choosing")

    def _settled(self, federation: Federation, g: Doubles) -> bool:
        """Tell whether phase 1 is over at these slopes of utility."""
        given = self.spec.settled
        least = SETTLED_SHARE * float(federation.costs.max()) if given is None else float(given)
        return bool(np.all((np.abs(g) if self.stopping == "settled" else g) <= least))
