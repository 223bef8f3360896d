"""How much of everybody's data each agent's model sees: y = W s, over any number system."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Arithmetic, Quantity

Indices = npt.NDArray[np.intp]


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

    def row(self, kind: int) -> Quantity:
        """Return an agent's row."""
        return self.matrix[kind]

    def apply(self, s: Quantity) -> Quantity:
        """Return the matrix times s."""
        return self.arithmetic.product(self.matrix, s)
