"""Values of one agent in doubles, column by column: where to look, and how wide what is known is.

A column is one profile of the others' types. Profiles at which the same models are handed out and
used share a *state*, and values of lies depend on state and true type only: with the best model for
everybody there are as many states as totals, far fewer than profiles, so that what a lie is worth
is tabulated once. Arrays over columns have shape (columns, own types).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from mdsolve.certificate.numbers import Arithmetic, Floats, Quantity
from mdsolve.certificate.reading.market import MarketReading, QualityReading
from mdsolve.certificate.reading.market_models import ranked
from mdsolve.certificate.reading.market_sizes import Integers

TABLE_LIMIT = 30_000_000
"""Most entries of a table of lies by state; 8 bytes each."""

PIECE = 1 << 17
"""Entries that are evaluated at a time."""

MACHINE_LIMIT = 2**62


class Lies(ABC):
    """What lies are worth in some columns.

    Parameters
    ----------
    radius : float
        How far the numbers may be off.
    largest : float
        Largest absolute number.
    """

    radius: float
    largest: float

    @abstractmethod
    def rows(self, report: int, start: int) -> Floats:
        """Return values of a report at true types from `start` on, (columns, m - start).

        Minus infinity where the liar has no use for the own model: the lie is then worth what the
        report is worth to whom it is the truth.
        """


class Columns(ABC):
    """Values of one agent in the number system that is looked through, doubles or intervals."""

    def __init__(self, reading: MarketReading, agent: int) -> None:
        self.reading, self.agent = reading, agent
        self.types = reading.shape[agent]
        self.other_shape = tuple(m for j, m in enumerate(reading.shape) if j != agent)
        self.count = math.prod(self.other_shape)

    @property
    def arithmetic(self) -> Arithmetic:
        """Number system."""
        return self.reading.arithmetic

    @property
    def block(self) -> int:
        """Columns to look at together."""
        return max(1, PIECE // (2 * self.types))

    @cached_property
    def order(self) -> Integers:
        """All columns, those alike beside each other."""
        return np.arange(self.count)

    def others(self, columns: Integers) -> list[Integers]:
        """Return the others' type numbers, one index array per agent, shaped like `columns`."""
        if not self.other_shape:
            return []
        return list(np.unravel_index(columns, self.other_shape))

    def own_last(self, table: np.ndarray) -> np.ndarray:
        """Return an array over profiles as one over columns and own types."""
        moved = np.moveaxis(table, self.agent, -1)
        return moved.reshape(self.count, self.types)

    @abstractmethod
    def truth(self, columns: Integers) -> Quantity:
        """Return what the truth is worth, (columns, m)."""

    @abstractmethod
    def reach(self, columns: Integers) -> Integers:
        """Return how many own types have no use for their own model, by report, (columns, m)."""

    @abstractmethod
    def lies(self, columns: Integers) -> Lies:
        """Return what lies are worth."""

    def largest(self) -> float:
        """Return the largest absolute value, in or out."""
        found, step = 0.0, max(1, PIECE // self.types)
        for start in range(0, self.count, step):
            part = np.arange(start, min(start + step, self.count))
            for values in (self.truth(part), self.outside(part)):
                for end in (self.arithmetic.lower(values), self.arithmetic.upper(values)):
                    # Unlike Python's, this maximum keeps what is not a number.
                    found = float(np.maximum(found, np.abs(end).max()))
        return found

    def outside(self, columns: Integers) -> Quantity:
        """Return what staying out is worth, (columns, m)."""
        others = [numbers[:, None] for numbers in self.others(columns)]
        own = np.arange(self.types)[None, :]
        return self._full(self.reading.outside(self.agent, own, others), len(columns))

    def _full(self, values: Quantity, columns: int) -> Quantity:
        return self.arithmetic.broadcast(values, (columns, self.types))


@dataclass(frozen=True)
class States:
    """Profiles sorted by what is handed out and used.

    Parameters
    ----------
    numbers : array of shape (m_1, ..., m_n)
        State of each profile.
    profiles : sequence of (states,)
        Type numbers of one profile of each state.
    """

    numbers: Integers
    profiles: Sequence[Integers]

    @property
    def count(self) -> int:
        """Number of states."""
        return len(self.profiles[0])


def states_of(reading: QualityReading) -> States:
    """Return the states of all profiles."""
    profiles = np.ogrid[tuple(slice(m) for m in reading.shape)]
    key = np.zeros((1,) * reading.size, dtype=np.int64)
    span = 1
    for code in reading.models.codes(reading.formulas, profiles):
        width = int(code.max()) + 1
        if span * width >= MACHINE_LIMIT:
            key = ranked(key)
            span = int(key.max()) + 1
        key = key * width + code
        span *= width
    numbers = ranked(np.broadcast_to(key, reading.shape))
    flat = numbers.ravel()
    some = np.empty(int(flat.max()) + 1, dtype=np.intp)
    some[flat] = np.arange(flat.size)
    return States(numbers, np.unravel_index(some, reading.shape))


class QualityColumns(Columns):
    """Columns of a market in which models are handed out."""

    reading: QualityReading

    def __init__(self, reading: QualityReading, agent: int, states: States) -> None:
        super().__init__(reading, agent)
        self.states = states
        self.numbers = self.own_last(states.numbers)

    @cached_property
    def order(self) -> Integers:
        """Columns by what a liar reaches with the lowest report."""
        return np.argsort(self._reach[self.numbers[:, 0]], kind="stable")

    @cached_property
    def _values(self) -> Quantity:
        """What the truth is worth in each state."""
        own, others = self._representatives(slice(None))
        return self.reading.truth(self.agent, own, others)

    @cached_property
    def _reach(self) -> Integers:
        """How many own types have no use for their own model, in each state."""
        found = self.reading.deal(self.states.profiles).reach(self.agent)
        return np.broadcast_to(found, (self.states.count,))

    def _representatives(self, part: slice | Integers) -> tuple[Integers, list[Integers]]:
        profile = [numbers[part] for numbers in self.states.profiles]
        own = profile.pop(self.agent)
        return own, profile

    def truth(self, columns: Integers) -> Quantity:
        """Look the states up."""
        return self._values[self.numbers[columns]]

    def reach(self, columns: Integers) -> Integers:
        """Look the states up."""
        return np.asarray(self._reach[self.numbers[columns]])

    @cached_property
    def _outside(self) -> tuple[Integers, Quantity] | None:
        """A code of each column and what staying out is worth by code, where totals tell all."""
        reading, rest = self.reading, [j for j in range(self.reading.size) if j != self.agent]
        if not rest or reading.instance.outside == "separate":
            return None
        if not all(reading.allocation.everywhere(rest).values()):
            return None
        others = self.others(np.arange(self.count))
        totals = reading.sizes.own(rest[0], others[0])
        for j, numbers in zip(rest[1:], others[1:], strict=True):
            totals = totals + reading.sizes.own(j, numbers)
        codes = ranked(totals)
        some = np.empty(int(codes.max()) + 1, dtype=np.intp)
        some[codes] = np.arange(self.count)
        if len(some) > self.count // 2:
            return None
        return codes, super().outside(some)

    def outside(self, columns: Integers) -> Quantity:
        """Look the others' total up, or compute."""
        if self._outside is None:
            return super().outside(columns)
        codes, values = self._outside
        return values[codes[columns]]

    @cached_property
    def _table(self) -> StateLies | None:
        if self.states.count * self.types > TABLE_LIMIT:
            return None
        return self._tabulated(np.arange(self.states.count))

    @property
    def block(self) -> int:
        """Columns to look at together; few where every column has states of its own."""
        if self._table is not None:
            return super().block
        return max(1, min(super().block, 4 * PIECE // self.types**2))

    def lies(self, columns: Integers) -> Lies:
        """Return lies by state."""
        numbers = self.numbers[columns]
        if self._table is not None:
            return self._table.of(numbers)
        some = np.unique(numbers)
        return self._tabulated(some).of(np.searchsorted(some, numbers))

    def _tabulated(self, states: Integers) -> StateLies:
        """Return a table of lies for some states."""
        table = np.full((len(states), self.types), -np.inf)
        reach = self._reach[states]
        radius, largest = 0.0, 0.0
        step = max(1, PIECE // self.types)
        for start in range(0, len(states), step):
            part = slice(start, start + step)
            least = int(reach[part].min())
            if least >= self.types:
                continue
            report, others = self._representatives(states[part])
            values = self.reading.value(
                self.agent,
                report[:, None],
                np.arange(least, self.types)[None, :],
                [numbers[:, None] for numbers in others],
            )
            low, high = self.arithmetic.lower(values), self.arithmetic.upper(values)
            needed = np.arange(least, self.types)[None, :] >= reach[part][:, None]
            near = low + 0.5 * (high - low)
            off = np.where(needed, high - low, 0.0)
            radius = max(radius, float(off.max(initial=0.0)))
            largest = max(largest, float(np.abs(np.where(needed, near, 0.0)).max(initial=0.0)))
            table[part, least:] = np.where(needed, near, -np.inf)
        return StateLies(table, radius, largest)


@dataclass(frozen=True)
class StateLies(Lies):
    """Lies by state, (states, m), and the states of reports in some columns, (columns, m)."""

    table: Floats
    radius: float
    largest: float
    numbers: Integers = field(default_factory=lambda: np.zeros((0, 0), dtype=np.intp))

    def of(self, numbers: Integers) -> StateLies:
        """Return the lies of some columns."""
        return StateLies(self.table, self.radius, self.largest, numbers)

    @cached_property
    def _consecutive(self) -> bool:
        """Whether the states of neighbouring columns follow each other, report by report."""
        return bool(np.all(self.numbers[1:] - self.numbers[:-1] == 1))

    def rows(self, report: int, start: int) -> Floats:
        """Return rows of the table, without a copy where they follow each other."""
        chosen = self.numbers[:, report]
        if self._consecutive:
            return self.table[chosen[0] : chosen[-1] + 1, start:]
        return self.table[chosen, start:]


class PlainColumns(Columns):
    """Columns of a market whose values are given one by one."""

    def truth(self, columns: Integers) -> Quantity:
        """Return entries of the table."""
        others = [numbers[:, None] for numbers in self.others(columns)]
        own = np.arange(self.types)[None, :]
        return self._full(self.reading.truth(self.agent, own, others), len(columns))

    def reach(self, columns: Integers) -> Integers:
        """Return that no lie is worth what the report is worth as the truth."""
        return np.zeros((len(columns), self.types), dtype=np.intp)

    def lies(self, columns: Integers) -> Lies:
        """Return entries of the table."""
        return PlainLies(self, columns)


class PlainLies(Lies):
    """Lies as they are given."""

    def __init__(self, columns: Columns, chosen: Integers) -> None:
        self.columns = columns
        self.others = [numbers[:, None] for numbers in columns.others(chosen)]
        self.shape = len(chosen)
        self.radius, self.largest = 0.0, 0.0

    def rows(self, report: int, start: int) -> Floats:
        """Return entries; how far they may be off is known after they were asked for."""
        columns = self.columns
        own = np.arange(start, columns.types)[None, :]
        values = columns.reading.value(columns.agent, report, own, self.others)
        low, high = columns.arithmetic.lower(values), columns.arithmetic.upper(values)
        near = np.broadcast_to(low + 0.5 * (high - low), (self.shape, columns.types - start))
        self.radius = max(self.radius, float((high - low).max(initial=0.0)))
        self.largest = max(self.largest, float(np.abs(near).max(initial=0.0)))
        return near


def columns_of(reading: MarketReading, agent: int, states: States | None) -> Columns:
    """Return the columns of an agent; states where models are handed out."""
    if isinstance(reading, QualityReading):
        assert states is not None
        return QualityColumns(reading, agent, states)
    return PlainColumns(reading, agent)
