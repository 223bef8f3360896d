"""A training run as the checker reads it: the instance's numbers, the books, and their scales.

The checker does not train. It takes accuracies and losses, shares of stages and what agents reach
alone as reported, and computes the rest anew from the instance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import Context, NoRouteError
from mdsolve.certificate.intervals import UNIT
from mdsolve.certificate.numbers import Booleans, Quantity
from mdsolve.certificate.training_claim import CHOOSING, TrainingClaim
from mdsolve.instance.training import TrainingInstance

if TYPE_CHECKING:
    from mdsolve.certificate.training_rules.base import TrainingRule

Floats = npt.NDArray[np.float64]

ROUNDINGS = 8
"""Doubles that a stated utility may be off by: it is a sum of a few products."""


@dataclass(frozen=True)
class TrainingScales:
    """What tolerances are relative to, from the instance alone.

    Parameters
    ----------
    samples : (n,)
        In the protocol's unit: the capacity, else one batch or the first contribution.
    money : (n,)
        The largest benefit or cost at stake; payoffs count as 1.
    """

    samples: Floats
    money: Floats


@dataclass(frozen=True)
class TrainingContext(Context):
    """What conditions of training runs are given.

    Parameters
    ----------
    instance : TrainingInstance
    claim : TrainingClaim
    rule : TrainingRule
        The protocol, in the checker's own words.
    """

    instance: TrainingInstance = field(kw_only=True)
    claim: TrainingClaim = field(kw_only=True)
    rule: TrainingRule = field(kw_only=True)

    @property
    def size(self) -> int:
        """Number of agents."""
        return len(self.instance.agents.cost)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the agents."""
        return self.instance.agent_names

    @cached_property
    def costs(self) -> Quantity:
        """Money per unit of contribution, shape (n,)."""
        return self.arithmetic.written(list(self.instance.agents.cost))

    @cached_property
    def values(self) -> Quantity:
        """Money per unit of payoff, shape (n,)."""
        given = self.instance.agents.value
        return self.arithmetic.written([1] * self.size if given is None else list(given))

    @cached_property
    def capacities(self) -> Quantity:
        """Most that agents can bring: as the instance says, else as reported, shape (n,)."""
        given = self.instance.agents.capacity
        if given is not None:
            return self.arithmetic.written(list(given))
        assert self.claim.capacities is not None
        return self.arithmetic.stored(self.claim.capacities)

    @cached_property
    def scales(self) -> TrainingScales:
        """What tolerances are relative to."""
        agents, spec = self.instance.agents, self.instance.protocol
        if agents.capacity is not None:
            samples = np.array([float(most) for most in agents.capacity])
        else:
            one = 1.0 if spec.unit == "batches" else float(spec.batch_size)
            first = [0.0] * self.size if spec.start is None else [float(s) for s in spec.start]
            samples = np.maximum(one, first)
        values = [1.0] * self.size if agents.value is None else [float(v) for v in agents.value]
        costs = np.array([float(cost) for cost in agents.cost])
        return TrainingScales(samples, np.maximum(values, costs * samples))

    def column(self, name: str) -> Quantity:
        """Return a table of the history, shape (rounds, n)."""
        return self.arithmetic.stored(self.claim.columns[name])

    @cached_property
    def payoffs(self) -> Quantity:
        """a_i of every round as reported, shape (rounds, n)."""
        return self.payoff_of(self.column("accuracies"), self.column("losses"))

    def payoff_of(self, accuracies: Quantity, losses: Quantity) -> Quantity:
        """Return accuracies, or how far losses are below that of guessing (log of the classes)."""
        if self.instance.protocol.payoff == "accuracy":
            return accuracies
        if self.claim.classes < 1:
            message = "the solution does not say which classes the examples have"
            raise NoRouteError(message)
        guessing = self.arithmetic.logarithm(self.arithmetic.constant(self.claim.classes))
        return guessing - losses

    @cached_property
    def utilities(self) -> Quantity:
        """value_i a_i - cost_i s_i + p_i of every round, shape (rounds, n)."""
        spent = self.costs * self.column("contributions")
        return self.values * self.payoffs - spent + self.column("payments")

    @cached_property
    def money_rounding(self) -> Floats:
        """What doubles leave open of each utility: units of its own terms, (rounds, n)."""
        columns, values = self.claim.columns, np.abs(self.arithmetic.nearest(self.values))
        worth = values * (np.abs(columns["losses"]) + math.log(max(self.claim.classes, 1)))
        if self.instance.protocol.payoff == "accuracy":
            worth = values * np.abs(columns["accuracies"])
        spent = np.abs(self.arithmetic.nearest(self.costs) * columns["contributions"])
        return np.asarray(ROUNDINGS * UNIT * (worth + spent + np.abs(columns["payments"])))

    @cached_property
    def payments(self) -> Quantity:
        """What the protocol pays in every round, shape (rounds, n)."""
        return self.rule.payments(self)

    @cached_property
    def choosing(self) -> Booleans:
        """In which rounds agents only choose, shape (rounds,)."""
        return np.array([phase == CHOOSING for phase in self.claim.phases], dtype=np.bool_)

    def place(self, row: int, **numbers: Quantity) -> Mapping[str, Any]:
        """Return a witness: round and agent of an entry of flattened (rounds, n) tables."""
        found: dict[str, Any] = {
            "round": row // self.size + 1,
            "agent": self.names[row % self.size],
        }
        shown = {key: self.shown(table.reshape(-1)[row]) for key, table in numbers.items()}
        return found | shown
