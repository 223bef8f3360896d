"""How much of everybody's data each agent's model sees: y = W s, over any number system."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Arithmetic, Quantity

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Blocks:
    """w_ij = table[class of i][class of j] scale_j.

    Parameters
    ----------
    table : (classes, classes)
    label : (n,) of int
        Everybody's class.
    scale : (n,)
    """

    table: Quantity
    label: Indices
    scale: Quantity


class Weights(ABC):
    """The index y = W s of n agents, W >= 0."""

    arithmetic: Arithmetic

    @property
    @abstractmethod
    def own(self) -> Quantity:
        """w_ii, shape (n,)."""

    @property
    @abstractmethod
    def kinds(self) -> Indices:
        """Number of each agent's row: equal numbers mean equal rows, shape (n,)."""

    @abstractmethod
    def row(self, kind: int) -> Quantity:
        """Return what the rows of one kind put on everybody's data, shape (n,)."""

    @abstractmethod
    def apply(self, s: Quantity) -> Quantity:
        """Return W s, shape (n,)."""

    @property
    @abstractmethod
    def blocks(self) -> Blocks:
        """The same table by classes of agents who see, and are seen, alike."""

    @property
    def kind_count(self) -> int:
        """Number of different rows."""
        return int(self.kinds.max()) + 1


@dataclass(frozen=True)
class CommonWeights(Weights):
    """One row for everybody.

    Parameters
    ----------
    vector : (n,)
    plain : bool
        Whether all entries are 1.
    """

    arithmetic: Arithmetic
    vector: Quantity
    plain: bool

    @property
    def own(self) -> Quantity:
        """Return the row itself."""
        return self.vector

    @property
    def kinds(self) -> Indices:
        """Return zeros."""
        return np.zeros(self.vector.shape[0], dtype=np.intp)

    @property
    def blocks(self) -> Blocks:
        """Return one class, everybody's data scaled by the row."""
        one = self.arithmetic.constant(1).reshape(1, 1)
        return Blocks(one, self.kinds, self.vector)

    def row(self, kind: int) -> Quantity:
        """Return the row."""
        del kind
        return self.vector

    def apply(self, s: Quantity) -> Quantity:
        """Return the same total for everybody."""
        total = self.arithmetic.total(s if self.plain else self.vector * s)
        return self.arithmetic.broadcast(total, s.shape)


@dataclass(frozen=True)
class GroupWeights(Weights):
    """A table by groups: w_ij = table[group of i][group of j].

    Parameters
    ----------
    table : (groups, groups)
    group : (n,) of int
    """

    arithmetic: Arithmetic
    table: Quantity
    group: Indices

    @cached_property
    def own(self) -> Quantity:
        """Return the diagonal by groups."""
        return self.table[self.group, self.group]

    @property
    def kinds(self) -> Indices:
        """Return the groups."""
        return self.group

    @property
    def blocks(self) -> Blocks:
        """Return the groups."""
        return Blocks(self.table, self.group, _ones(self.arithmetic, len(self.group)))

    def row(self, kind: int) -> Quantity:
        """Return the table's row, spread over the agents."""
        return self.table[kind][self.group]

    def apply(self, s: Quantity) -> Quantity:
        """Return the table times the totals of the groups."""
        parts = [
            self.arithmetic.total(s[np.flatnonzero(self.group == g)]).reshape(1)
            for g in range(self.table.shape[0])
        ]
        seen = self.arithmetic.product(self.table, self.arithmetic.concatenate(parts))
        return seen[self.group]


@dataclass(frozen=True)
class DenseWeights(Weights):
    """A row per agent.

    Parameters
    ----------
    matrix : (n, n)
    """

    arithmetic: Arithmetic
    matrix: Quantity

    @cached_property
    def own(self) -> Quantity:
        """Return the diagonal."""
        every = np.arange(self.matrix.shape[0])
        return self.matrix[every, every]

    @property
    def kinds(self) -> Indices:
        """Return a kind per agent."""
        return np.arange(self.matrix.shape[0])

    @cached_property
    def blocks(self) -> Blocks:
        """Return agents with equal rows and equal columns together."""
        n = self.matrix.shape[0]
        near = self.arithmetic.nearest(self.matrix)
        traits = np.concatenate([near, near.T], axis=1)
        _, first, label = np.unique(traits, axis=0, return_index=True, return_inverse=True)
        label = label.reshape(-1)
        table = self.matrix[first][:, first]
        # Weights are doubles as the instance has them, so equal doubles are equal weights.
        return Blocks(table, label, _ones(self.arithmetic, n))

    def row(self, kind: int) -> Quantity:
        """Return an agent's row."""
        return self.matrix[kind]

    def apply(self, s: Quantity) -> Quantity:
        """Return the matrix times s."""
        return self.arithmetic.product(self.matrix, s)


def _ones(arithmetic: Arithmetic, n: int) -> Quantity:
    return arithmetic.broadcast(arithmetic.constant(1), (n,))
