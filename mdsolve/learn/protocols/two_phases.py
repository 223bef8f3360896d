"""Protocols that choose first and learn afterwards, with the same model for every choice.

Phase 1 ("choosing"): from the model w0, which stays as it is, each agent moves their contribution
along the slope g_i of their utility, s_i + step_size * g_i, cut to [0, capacity]. Every round of it
draws the same batches, so that the agents play one fixed game. Phase 2 ("learning") is federated
averaging at what they chose.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

import numpy as np

from mdsolve.instance.protocols.base import SETTLED_SHARE, TwoPhasesSpec
from mdsolve.learn.federation import Federation
from mdsolve.learn.history import History, Record
from mdsolve.learn.protocols.base import (
    Conclusion,
    Protocol,
    State,
    learn,
    record_of,
)
from mdsolve.learn.protocols.estimates import PREVIOUS, Estimator
from mdsolve.learn.protocols.slopes import projected
from mdsolve.learn.schedule import Doubles
from mdsolve.status import Termination


class TwoPhases(Protocol):
    """Choose contributions by gradient steps at the untrained model, then train at them."""

    spec: TwoPhasesSpec

    def __init__(self, spec: TwoPhasesSpec) -> None:
        super().__init__(spec)
        settings = self.settings()
        self.step_size = float(settings["step_size"])
        self.estimator = Estimator.of(settings)
        self.negotiation_rounds = spec.negotiation_rounds

    def default_contributions(self, federation: Federation) -> Doubles:
        """Return half the capacities, the mean of the random start of [D25] section 5."""
        return federation.capacities / 2

    @abstractmethod
    def marginal_burden(self, federation: Federation) -> Doubles:
        """Return what one more unit costs an agent after payments, shape (agents,), in money."""

    def payments(self, federation: Federation, contributions: Doubles) -> Doubles:  # noqa: ARG002
        """Return the money each agent receives in a round, shape (agents,)."""
        return np.zeros(federation.agents)

    def settled(self, federation: Federation, contributions: Doubles, g: Doubles) -> bool:  # noqa: ARG002
        """Tell whether phase 1 is over at these slopes of utility."""
        return bool(np.all(np.abs(g) <= self.zero_slope(federation)))

    def zero_slope(self, federation: Federation) -> float:
        """Return the largest slope that counts as zero, money per unit of contribution."""
        given = self.spec.settled
        return SETTLED_SHARE * float(federation.costs.max()) if given is None else float(given)

    def start(self, federation: Federation) -> State:
        """Return the state before phase 1."""
        first = replace(super().start(federation), phase="choosing")
        return first.remembering(
            moves=np.zeros(1), steepest=np.array([np.inf]), steepest_fall=np.zeros(1)
        )

    def step(self, federation: Federation, state: State) -> tuple[State, Record]:
        """Go one round on in the present phase."""
        if state.phase == "choosing":
            return self._choose(federation, state)
        following = learn(federation, state)
        paid = self.payments(federation, state.contributions)
        return following, record_of(federation, following, state.contributions, paid)

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
                "used. Try more negotiation_rounds, a larger step_size where they still moved one "
                f"way, a smaller one where they jumped to and fro{self._smoother()}."
            )
            return Conclusion(Termination.LIMIT, message)
        words = f"The contributions settled after {moves} rounds of choosing."
        return Conclusion(reached.termination, f"{reached.message} {words}")

    def _smoother(self) -> str:
        """Return the advice to take a payoff with smoother slopes, where there is one."""
        return ", or payoff: loss" if self.spec.payoff == "accuracy" else ""

    def _choose(self, federation: Federation, state: State) -> tuple[State, Record]:
        """Let every agent move once; go over to learning when they have settled."""
        here = state.contributions
        slopes = self.estimator(federation, state, 0).slopes
        g = projected(slopes - self.marginal_burden(federation), here, federation.capacities)
        moves = int(state.memory["moves"][0]) + 1
        settled = self.settled(federation, here, g)
        fall = max(float(state.memory["steepest_fall"][0]), float(-slopes.min()))
        following = state.remembering(
            moves=np.array([float(moves)]),
            steepest=np.array([float(np.abs(g).max())]),
            steepest_fall=np.array([fall]),
            **{PREVIOUS: here},
        )
        if settled or moves >= self.negotiation_rounds:
            following = replace(following, phase="learning")
            following = following.remembering(
                unsettled=np.array([float(not settled)]),
                full=np.array([float(np.all(here >= federation.capacities))]),
            )
        if not settled:
            moved = np.clip(here + self.step_size * g, 0.0, federation.capacities)
            following = replace(following, contributions=moved)
        paid = self.payments(federation, here)
        return following, record_of(federation, following, here, paid, phase="choosing")
