"""What a protocol is: how contributions move while the model is learned, and what is paid.

A protocol has four parts: `start` gives the first state, `step` goes one round on, `finished`
says when to stop, `conclusion` says how it ended. Between rounds everything lives in a `State`,
which is never changed in place; the loop around it (`mdsolve.learn.driver`) stores states, shows
progress, watches for divergence, and stops on request.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
from torch import Tensor

from mdsolve.instance.protocols.base import ProtocolSpec
from mdsolve.learn.adam import Moments
from mdsolve.learn.evaluation import Evaluation
from mdsolve.learn.federation import Federation
from mdsolve.learn.history import History, Record
from mdsolve.learn.schedule import Doubles
from mdsolve.status import Termination


@dataclass(frozen=True)
class State:
    """Everything the next round depends on.

    Parameters
    ----------
    theta : Tensor, shape (parameters,)
        The common model.
    contributions : ndarray, shape (agents,)
        What agents bring in the next round.
    phase : {"choosing", "learning"}
        What the next round is for.
    learned : int
        Rounds of learning done; also the number under which the next one draws its batches.
    memory : mapping of ndarray
        What the protocol itself remembers between rounds.
    """

    theta: Tensor
    contributions: Doubles
    phase: str = "learning"
    learned: int = 0
    memory: Mapping[str, Doubles] = field(default_factory=dict)

    @property
    def moments(self) -> Moments | None:
        """Adam's moments, where the centre moves as Adam does."""
        return Moments.recalled(self.memory, self.theta)

    def remembering(self, **entries: Doubles) -> State:
        """Return the state with further or newer entries in its memory."""
        return replace(self, memory={**self.memory, **entries})

    def with_moments(self, moments: Moments | None) -> State:
        """Return the state with newer moments of Adam, where it has any."""
        return self if moments is None else self.remembering(**moments.entries())


@dataclass(frozen=True)
class Conclusion:
    """How a run ended, for the status of its solution."""

    termination: Termination
    message: str


class Protocol(ABC):
    """One federated protocol with its settings.

    Parameters
    ----------
    spec : ProtocolSpec
        As written in the instance; `settings` fills in what is left open there.
    """

    def __init__(self, spec: ProtocolSpec) -> None:
        self.spec = spec
        self.rounds = spec.rounds

    def settings(self) -> dict[str, Any]:
        """Return every setting in force, defaults included; numbers as doubles."""
        found = self.spec.settings()
        return {k: float(v) if isinstance(v, Fraction) else v for k, v in found.items()}

    def start(self, federation: Federation) -> State:
        """Return the state before the first round."""
        theta = federation.start()
        memory = Moments.none(theta).entries() if federation.adam else {}
        return State(theta, self.first_contributions(federation), memory=memory)

    def first_contributions(self, federation: Federation) -> Doubles:
        """Return the instance's first contributions, or else the protocol's default."""
        if self.spec.start is not None:
            return np.array([float(first) for first in self.spec.start])
        return self.default_contributions(federation)

    @abstractmethod
    def default_contributions(self, federation: Federation) -> Doubles:
        """Return the first contributions where the instance names none, shape (agents,)."""

    @abstractmethod
    def step(self, federation: Federation, state: State) -> tuple[State, Record]:
        """Return the state after one more round, and the record of that round."""

    def finished(self, state: State) -> bool:
        """Tell whether the protocol has come to its end."""
        return state.learned >= self.rounds

    def planned(self, state: State) -> int:
        """Return how many rounds are still to come at most, for progress."""
        return self.rounds - state.learned

    def conclusion(self, state: State, history: History) -> Conclusion:  # noqa: ARG002
        """Return how a finished run ended; protocols with more to say look into the state."""
        accuracy = float(history.last.accuracies.mean())
        message = f"{self.rounds} rounds were trained; mean accuracy {accuracy:.4f}."
        return Conclusion(Termination.SOLVED, message)

    def findings(
        self,
        federation: Federation,  # noqa: ARG002
        state: State,  # noqa: ARG002
        history: History,  # noqa: ARG002
    ) -> dict[str, Any]:
        """Return what a run found beyond its history, under the names of the solution."""
        return {}


def learn(federation: Federation, state: State) -> State:
    """Return the state after one round of federated averaging at its contributions."""
    local = federation.train(state.theta, state.contributions, state.learned)
    weights, moments = federation.shares(state.contributions), state.moments
    (theta,) = federation.combine(state.theta, local, weights[None], moments)
    after = federation.moments_after(state.theta, local, weights, moments)
    return replace(state, theta=theta, learned=state.learned + 1).with_moments(after)


def record_of(
    federation: Federation,
    state: State,
    contributions: Doubles,
    payments: Doubles | None = None,
    evaluation: Evaluation | None = None,
    phase: str = "learning",
) -> Record:
    """Return the record of a round that brought `contributions` and ended in `state`.

    Parameters
    ----------
    payments : ndarray, shape (agents,), or None
        Money each agent received in the round; None means nobody did.
    evaluation : Evaluation or None
        Of the common model after the round, shape (1, agents), where it is known already.
    """
    paid = np.zeros(federation.agents) if payments is None else payments
    found = federation.evaluate(state.theta[None]) if evaluation is None else evaluation
    utilities = federation.utilities(federation.payoffs(found)[0], contributions, paid)
    return Record(phase, contributions, found.accuracies[0], found.losses[0], paid, utilities)
