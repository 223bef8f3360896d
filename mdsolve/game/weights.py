"""Whose data helps whom: the index y = W s that a curve turns into accuracy.

Four forms of W, from one number to a full matrix. Row i is what agent i puts on everybody's data.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Blocks:
    """w_ij = table[kind of i, kind of j] units_j.

    Parameters
    ----------
    table : (kinds, kinds)
    kinds : (n,) of int
    units : (n,)
    """

    table: Floats
    kinds: Ints
    units: Floats


class Weights(ABC):
    """A non-negative n x n matrix, applied without being formed where it has structure."""

    agents: int

    @abstractmethod
    def apply(self, s: Floats) -> Floats:
        """Return W s, shape (n,)."""

    @abstractmethod
    def transposed(self, v: Floats) -> Floats:
        """Return W' v, shape (n,)."""

    @property
    @abstractmethod
    def own(self) -> Floats:
        """Return the diagonal, shape (n,)."""

    @abstractmethod
    def row(self, agent: int) -> Floats:
        """Return one row, shape (n,)."""

    def dense(self) -> Floats:
        """Return the matrix, shape (n, n)."""
        return np.stack([self.row(agent) for agent in range(self.agents)])

    @property
    def common(self) -> bool:
        """Tell whether all rows are equal, so that everybody sees the same amount of data."""
        return False

    @property
    def blocks(self) -> Blocks:
        """The matrix by kinds of agents: everybody a kind, where nothing else is known."""
        return Blocks(self.dense(), np.arange(self.agents), np.ones(self.agents))

    def distinct_rows(self) -> Iterator[tuple[Floats, Ints]]:
        """Yield each row, equal ones once where they are known to be, and the agents it is of."""
        for agent in range(self.agents):
            yield self.row(agent), np.array([agent])


@dataclass(frozen=True)
class CommonWeights(Weights):
    """The same row for everybody: y_i = w.s.

    Parameters
    ----------
    vector : (n,)
        Weights of the agents' data; all ones where data is simply added up.
    """

    vector: Floats

    @property
    def agents(self) -> int:  # type: ignore[override]
        """Number of agents."""
        return len(self.vector)

    def apply(self, s: Floats) -> Floats:
        """Return w.s for everybody."""
        return np.full(self.agents, float(self.vector @ s))

    def transposed(self, v: Floats) -> Floats:
        """Return w times the sum of v."""
        return self.vector * float(v.sum())

    @property
    def own(self) -> Floats:
        """Return the vector itself."""
        return self.vector

    def row(self, agent: int) -> Floats:  # noqa: ARG002
        """Return the vector."""
        return self.vector

    @property
    def common(self) -> bool:
        """Hold."""
        return True

    @property
    def blocks(self) -> Blocks:
        """Return one kind, everybody's data in units of the weights."""
        return Blocks(np.ones((1, 1)), np.zeros(self.agents, dtype=np.intp), self.vector)

    def distinct_rows(self) -> Iterator[tuple[Floats, Ints]]:
        """Yield the vector, for everybody."""
        yield self.vector, np.arange(self.agents)


@dataclass(frozen=True)
class DenseWeights(Weights):
    """Any matrix."""

    matrix: Floats

    @property
    def agents(self) -> int:  # type: ignore[override]
        """Number of agents."""
        return len(self.matrix)

    def apply(self, s: Floats) -> Floats:
        """Return W s."""
        return np.asarray(self.matrix @ s)

    def transposed(self, v: Floats) -> Floats:
        """Return W' v."""
        return np.asarray(self.matrix.T @ v)

    @property
    def own(self) -> Floats:
        """Return the diagonal."""
        return np.diagonal(self.matrix)

    def row(self, agent: int) -> Floats:
        """Return one row of the matrix."""
        return np.asarray(self.matrix[agent])


@dataclass(frozen=True)
class GroupWeights(Weights):
    """Weights by group: w_ij = table[group of i, group of j].

    Parameters
    ----------
    table : (G, G)
    group : (n,) of int
        Group number of each agent.
    """

    table: Floats
    group: npt.NDArray[np.intp]

    @property
    def agents(self) -> int:  # type: ignore[override]
        """Number of agents."""
        return len(self.group)

    def merged(self) -> GroupWeights:
        """Return the same weights with groups that nobody can tell apart as one."""
        keys = [(*row, *column) for row, column in zip(self.table, self.table.T, strict=True)]
        first = {key: number for number, key in reversed(list(enumerate(keys)))}
        kept = sorted(first.values())
        if len(kept) == len(keys):
            return self
        place = np.array([kept.index(first[key]) for key in keys], dtype=np.intp)
        return GroupWeights(self.table[np.ix_(kept, kept)], place[self.group])

    def group_totals(self, s: Floats) -> Floats:
        """Return the sum of s over each group, shape (G,)."""
        totals = np.bincount(self.group, weights=s, minlength=len(self.table))
        return np.asarray(totals, dtype=np.float64)

    def apply(self, s: Floats) -> Floats:
        """Return table times group totals, read off per agent."""
        return np.asarray((self.table @ self.group_totals(s))[self.group])

    def transposed(self, v: Floats) -> Floats:
        """Return the transposed table times group totals of v, read off per agent."""
        return np.asarray((self.table.T @ self.group_totals(v))[self.group])

    @property
    def blocks(self) -> Blocks:
        """Return the groups as kinds."""
        return Blocks(self.table, self.group, np.ones(self.agents))

    def distinct_rows(self) -> Iterator[tuple[Floats, Ints]]:
        """Yield a row per group that has members."""
        for group in range(len(self.table)):
            members = np.flatnonzero(self.group == group)
            if len(members):
                yield self.row(int(members[0])), members

    @property
    def own(self) -> Floats:
        """Return the diagonal entries of the agents' groups."""
        return np.diagonal(self.table)[self.group]

    def row(self, agent: int) -> Floats:
        """Return one row, spread over the agents."""
        return np.asarray(self.table[self.group[agent]][self.group])
