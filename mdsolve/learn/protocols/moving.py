"""Protocols whose agents move while the model is learned: train a round, then take a step.

Every round trains the common model at the present contributions. After every so many rounds each
agent moves along the slope of their own utility,

    s_i <- s_i + step_size * (slope of value_i a_i - slope of what they bear), cut to [0, capacity].

[M23] Algorithms 1-2 and [D25] Algorithm 1 print the step without the cut: they hold an agent who
stands on a bound and would leave the interval, but not one who jumps over the bound. Iterates then
leave the interval; here they never do.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

import numpy as np

from mdsolve.instance.protocols.base import SlopesSpec
from mdsolve.learn.federation import Federation
from mdsolve.learn.history import Record
from mdsolve.learn.protocols.base import Protocol, State, learn, record_of
from mdsolve.learn.protocols.estimates import PREVIOUS, Estimator
from mdsolve.learn.schedule import Doubles


class Moving(Protocol):
    """Interleaves rounds of training with moves of the contributions."""

    rounds_per_move = 1

    def __init__(self, spec: SlopesSpec) -> None:
        super().__init__(spec)
        settings = self.settings()
        self.step_size = float(settings["step_size"])
        self.estimator = Estimator.of(settings)

    @abstractmethod
    def marginal_burden(self, federation: Federation) -> Doubles:
        """Return what one more unit costs an agent after payments, shape (agents,), in money."""

    def payments(self, federation: Federation, contributions: Doubles) -> Doubles:  # noqa: ARG002
        """Return the money each agent receives in a round, shape (agents,)."""
        return np.zeros(federation.agents)

    def step(self, federation: Federation, state: State) -> tuple[State, Record]:
        """Train a round, and let every agent move if it is time to."""
        here = state.contributions
        paid = self.payments(federation, here)
        if (state.learned + 1) % self.rounds_per_move:
            following = learn(federation, state)
            return following, record_of(federation, following, here, paid)
        found = self.estimator(federation, state, state.learned)
        slopes = found.slopes - self.marginal_burden(federation)
        moved = np.clip(here + self.step_size * slopes, 0.0, federation.capacities)
        following = replace(
            state, theta=found.theta, contributions=moved, learned=state.learned + 1
        ).remembering(**{PREVIOUS: here})
        following = following.with_moments(found.moments)
        return following, record_of(federation, following, here, paid, found.evaluation)


def one_batch(federation: Federation) -> Doubles:
    """Return one batch per agent, or all they have where that is less ([M25] Algorithm 1)."""
    holdings = federation.holdings
    unit = 1.0 if holdings.unit == "batches" else float(holdings.batch_size)
    return np.minimum(unit, federation.capacities)
