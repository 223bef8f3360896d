"""The best own contribution where the model is that of all data: on stretches of the own amount."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.peaks import Concave, peak, peak_at
from mdsolve.certificate.reading.curves import Piece, Side
from mdsolve.certificate.shaped.pool import LinearAgents, Pool

Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Stretch:
    """Own contributions from start to end, the others' data as given.

    Parameters
    ----------
    others : (n,)
        Data of everybody else and of the platform, in samples.
    start, end : (n,)
        Samples; the end means nothing where there is none, which `ended` tells.
    """

    agents: LinearAgents
    others: Quantity
    start: Quantity
    end: Quantity
    ended: Booleans

    def take(self, rows: npt.NDArray[np.intp]) -> Stretch:
        """Return some of the agents' stretches."""
        return Stretch(
            self.agents.take(rows),
            self.others[rows],
            self.start[rows],
            self.end[rows],
            self.ended[rows],
        )

    def rounded(self) -> Stretch:
        """Return the same in floats, for hints."""
        near = self.agents.arithmetic.nearest
        ends = near(self.others), near(self.start), near(self.end)
        return Stretch(self.agents.rounded, *ends, self.ended)

    def along(self, piece: Piece) -> Concave:
        """Return q piece(x + others) - c x, in money, from where the piece counts."""
        arithmetic, agents, others = self.agents.arithmetic, self.agents, self.others
        least = piece.start + 0 * others

        def value(x: Quantity) -> Quantity:
            seen = arithmetic.maximum(x + others, least)
            return agents.value * piece.value(seen) - agents.rate * x

        def slope(x: Quantity, side: Side) -> Quantity:
            seen = arithmetic.maximum(x + others, least)
            return agents.value * piece.slope(seen, side) - agents.rate

        begin = arithmetic.maximum(self.start, least - others)
        return Concave(arithmetic, begin, self.end, self.ended, value, slope)


def best_on(
    pool: Pool, rounded: Pool, stretch: Stretch, guess: Floats, otherwise: Quantity
) -> tuple[Quantity, Booleans]:
    """Return enclosures of the best utility on stretches, fixed costs left out, in money.

    Parameters
    ----------
    guess : (n,)
        Where it is looked for first.
    otherwise : (n,)
        What counts where a stretch is empty.

    Returns
    -------
    quantity of shape (n,), (n,) of bool
        The best, and where it is known.
    """
    arithmetic = pool.arithmetic
    best, found = otherwise, np.ones(len(stretch.ended), dtype=np.bool_)
    for piece, plain in zip(pool.pieces, rounded.pieces, strict=True):
        function = stretch.along(piece)
        empty = arithmetic.less(function.end, function.start).holds & stretch.ended
        top = peak_at(function, guess, np.zeros(len(guess)))
        value, known = top.value, top.found
        rest = np.flatnonzero(~known & ~empty)
        if rest.size:
            some = stretch.take(rest)
            nowhere = np.full(rest.size, np.nan)
            hint = some.rounded().along(plain)
            searched = peak(some.along(piece), hint, nowhere, np.zeros(rest.size))
            back, chosen = np.zeros(len(empty), dtype=np.intp), np.zeros(len(empty), dtype=np.bool_)
            back[rest], chosen[rest] = np.arange(rest.size), True
            value = arithmetic.where(chosen, searched.value[back], value)
            known = np.where(chosen, searched.found[back], known)
        best = arithmetic.where(empty, best, arithmetic.maximum(best, value))
        found &= known | empty
    return best, found
