"""How much data rational agents bring at most in all, when everybody gets the same model.

Under a feasible rule without payments whoever is no worse off than alone brings at most

    m_i(S) = min(capacity_i, (q_i v(S + P) - u_i) / c_i),   u_i the best alone,

so every equilibrium of every such rule has phi(S) = sum_i m_i(S) - S >= 0; value shaping reaches
equality. On every piece of v phi is concave: where it is negative and falls, nothing lies above;
it has at most two roots there, each shown by a change of sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.peaks import Concave, Peak, peak
from mdsolve.certificate.reading.curves import Piece, Side
from mdsolve.certificate.shaped.pool import LinearAgents, Pool


@dataclass(frozen=True)
class Asked:
    """The samples asked for in all, as a function of the total S.

    Parameters
    ----------
    worth : (n,)
        Encloses what everybody reaches alone, in money, fixed costs left out.
    """

    pool: Pool
    agents: LinearAgents
    worth: Quantity

    @property
    def arithmetic(self) -> Arithmetic:
        """The number system."""
        return self.pool.arithmetic

    @cached_property
    def _open(self) -> tuple[Quantity, Quantity]:
        """Sums of q/c and u/c over agents without a capacity, shape (1,) each."""
        rows, zero = np.flatnonzero(~self.agents.bounded), self.arithmetic.zeros(1)
        if not rows.size:
            return zero, zero
        some = self.agents.take(rows)
        total = self.arithmetic.total
        return zero + total(some.value / some.rate), zero + total(self.worth[rows] / some.rate)

    @cached_property
    def _held(self) -> tuple[LinearAgents, Quantity, np.ndarray]:
        """Agents with a capacity, what they reach alone, and whose data certainly cost something.

        Whose data may cost nothing is asked for all they have.
        """
        rows = np.flatnonzero(self.agents.bounded)
        some = self.agents.take(rows)
        costly = self.arithmetic.less(self.arithmetic.zeros(some.size), some.rate).holds
        return some, self.worth[rows], costly

    def amount(self, handed: Quantity) -> Quantity:
        """Return sum_i m_i for models of one accuracy, shape (1,)."""
        arithmetic = self.arithmetic
        rise, shift = self._open
        found = rise * handed - shift
        some, worth, costly = self._held
        if some.size:
            rate = arithmetic.where(costly, some.rate, 1 + arithmetic.zeros(some.size))
            paid = arithmetic.minimum((some.value * handed - worth) / rate, some.capacity)
            found = found + arithmetic.total(arithmetic.where(costly, paid, some.capacity))
        return found

    def rise(self, handed: Quantity) -> Quantity:
        """Return the derivative of `amount`; a hull where somebody just reaches a capacity."""
        arithmetic = self.arithmetic
        found = self._open[0]
        some, worth, costly = self._held
        if some.size:
            zero = arithmetic.zeros(some.size)
            rate = arithmetic.where(costly, some.rate, 1 + zero)
            truth = arithmetic.less((some.value * handed - worth) / rate, some.capacity)
            steep = arithmetic.where(costly & ~truth.fails, some.value / rate, zero)
            open_rows = costly & ~(truth.holds | truth.fails)
            if open_rows.any():
                hull = arithmetic.between(arithmetic.where(open_rows, zero, steep), steep)
                steep = arithmetic.where(open_rows, hull, steep)
            found = found + arithmetic.total(steep)
        return found

    def excess(self, piece: Piece, start: Quantity) -> Concave:
        """Return phi on one piece of v, from a total on; shape (1,)."""
        arithmetic, platform = self.arithmetic, self.pool.platform

        def value(total: Quantity) -> Quantity:
            return self.amount(piece.value(total + platform)) - total

        def slope(total: Quantity, side: Side) -> Quantity:
            y = total + platform
            return self.rise(piece.value(y)) * piece.slope(y, side) - 1

        nothing = np.zeros(1, dtype=np.bool_)
        return Concave(arithmetic, start, arithmetic.zeros(1), nothing, value, slope)

    def phi(self, total: Quantity) -> Quantity:
        """Return phi at a total, shape (1,)."""
        return self.amount(self.pool.value(total + self.pool.platform)) - total

    def beyond(self, rounded: Asked, total: Quantity) -> list[Peak]:
        """Return enclosures of the largest phi at or above a total, one per piece of v.

        Parameters
        ----------
        rounded : Asked
            The same in floats, for hints.
        """
        arithmetic = self.arithmetic
        zero = arithmetic.zeros(1)
        found = []
        for piece, plain in zip(self.pool.pieces, rounded.pool.pieces, strict=True):
            start = arithmetic.maximum(total, piece.start + zero - self.pool.platform)
            begin = np.asarray(arithmetic.upper(start), dtype=np.float64)
            function = self.excess(piece, start)
            hint = rounded.excess(plain, begin)
            found.append(peak(function, hint, begin, np.zeros(1)))
        return found

    @cached_property
    def size(self) -> float:
        """Size of the terms of phi at most: its rounding is relative to it, in samples."""
        near = self.arithmetic.nearest
        value, rate, worth = near(self.agents.value), near(self.agents.rate), near(self.worth)
        height = self.pool.curve.height
        with np.errstate(all="ignore"):
            each = np.where(rate > 0, (np.abs(value) * height + np.abs(worth)) / rate, 0.0)
        limited = np.where(self.agents.bounded, near(self.agents.capacity), np.inf)
        return float(np.minimum(np.abs(each), limited).sum())
