"""Federated averaging without strategy: contributions stay as they are, and nobody is paid.

In every round each agent trains the common model on their contribution, and the next common model
is the average of the local ones. By default everybody brings all they have; with ``start`` the
model is trained at given contributions, for example at the equilibrium of a sharing game.
"""

from __future__ import annotations

from mdsolve.learn.federation import Federation
from mdsolve.learn.history import Record
from mdsolve.learn.protocols.base import Protocol, State, learn, record_of
from mdsolve.learn.schedule import Doubles


class FedAvg(Protocol):
    """Train at fixed contributions; full ones unless the instance names others."""

    def default_contributions(self, federation: Federation) -> Doubles:
        """Return all that every agent has."""
        return federation.capacities.copy()

    def step(self, federation: Federation, state: State) -> tuple[State, Record]:
        """Train one round."""
        following = learn(federation, state)
        return following, record_of(federation, following, state.contributions)
