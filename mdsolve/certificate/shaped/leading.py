"""The best contribution from the leader's on, where everybody gets the full model."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.peaks import Concave, Peak, earlier, peak, peak_at
from mdsolve.certificate.reading.curves import Piece, Side
from mdsolve.certificate.shaped.pool import Pool
from mdsolve.certificate.shaped.ranked import Ranked
from mdsolve.tolerance import DEFAULT, ROUND_OFF

Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


def reach(game: Ranked) -> tuple[Quantity, Booleans]:
    """Return how far agents can go by capacity and budget, and who has an end, (kinds,)."""
    context = game.context
    reading, means = context.reading, context.means
    end, ended = earlier(
        game.arithmetic, (reading.capacity, reading.bounded), (means.beyond, means.held)
    )
    return end[game.first], ended[game.first]


def _along(game: Ranked, rows: Indices, piece: Piece, end: Quantity, ended: Booleans) -> Concave:
    """Return q piece(rest + x) - c(x) from the leader's contribution on, (rows,)."""
    arithmetic = game.arithmetic
    value, rest, costs = game.value[rows], game.rest[rows], game.costs.take(rows)
    least = piece.start + 0 * rest

    def worth(x: Quantity) -> Quantity:
        seen = arithmetic.maximum(rest + x, least)
        return value * piece.value(seen) - costs.value(x)

    def slope(x: Quantity, side: Side) -> Quantity:
        seen = arithmetic.maximum(rest + x, least)
        return value * piece.slope(seen, side) - costs.slope(x, side)

    start = arithmetic.maximum(game.lead_amount[rows], least - rest)
    return Concave(arithmetic, start, end[rows], ended[rows], worth, slope)


def best_leading(
    game: Ranked, plain: Ranked, guess: Floats, width: Floats
) -> tuple[Peak, Booleans]:
    """Return the best from the leader's contribution on, and who can go there, (kinds,).

    Parameters
    ----------
    plain : Ranked
        The same profile in floats, for hints.
    guess, width : (kinds,)
        Where the best is claimed to be, and how far from there it may be.
    """
    arithmetic = game.arithmetic
    end, ended = reach(game)
    near_end: Any = arithmetic.nearest(end)
    every = np.arange(game.size)
    best: Peak | None = None
    able = np.zeros(game.size, dtype=np.bool_)
    for piece, hint in zip(game.pool.pieces, plain.pool.pieces, strict=True):
        function = _along(game, every, piece, end, ended)
        there = ~(arithmetic.less(function.end, function.start).holds & ended)
        able |= there
        top = peak_at(function, guess, np.spacing(guess) + ROUND_OFF / DEFAULT.verify * width)
        for wider in (True, False):
            rest = np.flatnonzero(there & ~top.found)
            if not rest.size:
                break
            some = _along(game, rest, piece, end, ended)
            if wider:
                found = peak_at(some, guess[rest], width[rest])
            else:
                nowhere = np.full(rest.size, np.nan)
                plainly = _along(plain, rest, hint, near_end, ended)
                found = peak(some, plainly, nowhere, ROUND_OFF / DEFAULT.verify * width[rest])
            top = _replaced(game, top, rest, found)
        best = top if best is None else _larger(game, best, top, there)
    assert best is not None
    return best, able


def _replaced(game: Ranked, top: Peak, rows: Indices, by: Peak) -> Peak:
    back = np.zeros(game.size, dtype=np.intp)
    back[rows] = np.arange(rows.size)
    chosen = np.zeros(game.size, dtype=np.bool_)
    chosen[rows] = True
    where = game.arithmetic.where
    return Peak(
        where(chosen, by.value[back], top.value),
        where(chosen, by.reached[back], top.reached),
        where(chosen, by.low[back], top.low),
        where(chosen, by.high[back], top.high),
        np.where(chosen, by.found[back], top.found),
        np.where(chosen, by.only[back], top.only),
    )


def _larger(game: Ranked, known: Peak, new: Peak, there: Booleans) -> Peak:
    """Return the larger of two maxima; places are those of the one that looks larger."""
    arithmetic = game.arithmetic
    larger = (arithmetic.nearest(new.value) > arithmetic.nearest(known.value)) & there
    where = arithmetic.where
    return Peak(
        where(there, arithmetic.maximum(known.value, new.value), known.value),
        where(there, arithmetic.maximum(known.reached, new.reached), known.reached),
        where(larger, new.low, known.low),
        where(larger, new.high, known.high),
        known.found & (new.found | ~there),
        np.where(larger, new.only, known.only),
    )


def plain_of(game: Ranked) -> Ranked:
    """Return the profile in floats."""
    from dataclasses import replace

    from mdsolve.certificate.numbers import FLOAT
    from mdsolve.certificate.shaped.pool import pool_of

    context = game.context
    if game.arithmetic is FLOAT:
        return game
    reading = context.reading.rounded
    floats = replace(context, arithmetic=FLOAT, reading=reading)
    pool: Pool = pool_of(reading)
    near: Any = game.arithmetic.nearest
    return Ranked(
        floats,
        pool,
        game.measure,
        game.power,
        game.first,
        game.kind,
        game.lead,
        near(game.lead_amount),
    )
