"""What a model is worth to agents who face a distribution of the others' data, and alone.

w(m) = q E[v(m + others + P)], in money. Many agents are looked at together, one a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.reading.curves import Side
from mdsolve.certificate.shaped.pool import LinearAgents, Pool

Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Outlook:
    """Agents with two possible cost rates, and what the others may bring.

    Parameters
    ----------
    pool, rounded : Pool
        The curve, in the number system and in floats.
    value, low, high, probability_low : (rows,)
        Money per accuracy, money per sample, chance of the low rate.
    capacity : (rows,)
        Samples; 0 where there is no limit, which `bounded` tells.
    amounts : (rows or 1, atoms)
        What the others and the platform may bring, in samples.
    chances : (1, atoms)
    missing : (1,)
        Probability that is left out: between 0 and a bound.
    """

    pool: Pool
    rounded: Pool
    value: Quantity
    low: Quantity
    high: Quantity
    probability_low: Quantity
    capacity: Quantity
    bounded: Booleans
    amounts: Quantity
    chances: Quantity
    missing: Quantity

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.bounded)

    def take(self, rows: npt.NDArray[np.intp]) -> Outlook:
        """Return some rows, which may repeat."""
        amounts = self.amounts if self.amounts.shape[0] == 1 else self.amounts[rows]
        return Outlook(
            self.pool,
            self.rounded,
            self.value[rows],
            self.low[rows],
            self.high[rows],
            self.probability_low[rows],
            self.capacity[rows],
            self.bounded[rows],
            amounts,
            self.chances,
            self.missing,
        )

    @cached_property
    def plain(self) -> Outlook:
        """The same in floats, for hints."""
        near: Any = self.pool.arithmetic.nearest
        return Outlook(
            self.rounded,
            self.rounded,
            near(self.value),
            near(self.low),
            near(self.high),
            near(self.probability_low),
            near(self.capacity),
            self.bounded,
            near(self.amounts),
            near(self.chances),
            near(self.missing),
        )

    def agents(self, kind: str) -> LinearAgents:
        """Return the agents as those of one type, for what they reach alone."""
        rate = self.low if kind == "low" else self.high
        return LinearAgents(self.pool.arithmetic, self.value, rate, self.capacity, self.bounded)

    def accuracy(self, m: Quantity) -> Quantity:
        """Return the expected accuracy of the model of all data, shape (rows,)."""
        arithmetic = self.pool.arithmetic
        found = arithmetic.total(self.chances * self.pool.value(self._seen(m)), axis=1)
        if not np.any(arithmetic.upper(self.missing)):
            return found
        height = arithmetic.stored(np.array([self.pool.curve.height]))
        rest = self.missing * height
        return found + arithmetic.between(-rest, rest)

    def worth(self, m: Quantity) -> Quantity:
        """Return w(m), in money, shape (rows,)."""
        return self.value * self.accuracy(m)

    def slope(self, m: Quantity, side: Side) -> Quantity:
        """Return w'(m), in money per sample, shape (rows,)."""
        arithmetic = self.pool.arithmetic
        found = arithmetic.total(self.chances * self.pool.slope(self._seen(m), side), axis=1)
        if np.any(arithmetic.upper(self.missing)):
            found = found + self.missing * self._steepest
        return self.value * found

    def _seen(self, m: Quantity) -> Quantity:
        return m.reshape(-1, 1) + self.amounts

    @cached_property
    def _steepest(self) -> Quantity:
        """Between 0 and the largest slope of the curve, shape (1,): pieces start steepest."""
        arithmetic = self.pool.arithmetic
        most = arithmetic.zeros(1)
        for piece in self.pool.pieces:
            start = piece.start + arithmetic.zeros(1)
            most = arithmetic.maximum(most, piece.slope(start, "right"))
        return arithmetic.between(arithmetic.zeros(1), most)
