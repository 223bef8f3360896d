"""What agents with linear costs reach on their own data alone: enclosed, and located.

Alone means alone: no others, no platform. An agent's utility q v(x) - c x is concave on every piece
of v, so brackets around claimed amounts bound it (`peaks`). Where a later piece never rises above
v(0) by more than r x, those with c >= q r are best off with x = 0 as far as that piece goes: one
number r decides for all of them at once, and its proof is one bracket.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import FLOAT, Arithmetic, Quantity
from mdsolve.certificate.peaks import Concave, Peak, peak, peak_at, summit
from mdsolve.certificate.reading.curves import Piece, Side
from mdsolve.certificate.shaped.pool import LinearAgents, Pool
from mdsolve.tolerance import DEFAULT, ROUND_OFF

Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

TIGHT = 16 * float(np.finfo(np.float64).eps)
"""Relative width of an enclosure that is as good as doubles allow."""

STEPS = 60
"""Most steps to the steepest line that touches a piece; they converge quadratically."""


@dataclass(frozen=True)
class Solo:
    """The best that own data alone can give.

    Parameters
    ----------
    value : (n,)
        Encloses max q v(x) - c x over [0, capacity], in money, where `found`.
    found : (n,) of bool
    near : Peak
        What is certain around the claimed amounts, on the piece that each of them lies on.
    """

    value: Quantity
    found: Booleans
    near: Peak


def along(piece: Piece, agents: LinearAgents) -> Concave:
    """Return q piece(x) - c x of every agent on [start, capacity]."""
    arithmetic = agents.arithmetic
    zero = arithmetic.zeros(agents.size)

    def value(x: Quantity) -> Quantity:
        return agents.value * piece.value(x) - agents.rate * x

    def slope(x: Quantity, side: Side) -> Quantity:
        return agents.value * piece.slope(x, side) - agents.rate

    return Concave(arithmetic, piece.start + zero, agents.capacity, agents.bounded, value, slope)


def solo(pool: Pool, rounded: Pool, agents: LinearAgents, guess: Floats, width: Floats) -> Solo:
    """Return the best alone of every agent.

    Parameters
    ----------
    rounded : Pool
        The same curve in floats, for hints.
    guess, width : (n,)
        Claimed best amounts, and how far from them the best may be, in samples.
    """
    arithmetic = pool.arithmetic
    home = _home(rounded, guess)
    best: Quantity = None
    found = np.ones(agents.size, dtype=np.bool_)
    near: Peak | None = None
    for number, (piece, plain) in enumerate(zip(pool.pieces, rounded.pieces, strict=True)):
        here = home == number
        there = np.ones(agents.size, dtype=np.bool_)
        if number:
            there = here | ~_hopeless(pool, rounded, number, agents)
        there &= ~(arithmetic.less(agents.capacity, piece.start).holds & agents.bounded)
        place = np.where(here, guess, float(plain.start))
        top = _located(piece, plain, agents, place, np.where(here, width, 0.0), there)
        known = top.found | ~there
        found &= known
        value = top.value
        if best is not None:
            value = arithmetic.where(there, arithmetic.maximum(best, value), best)
        best = value
        near = top if near is None else _picked(arithmetic, here, top, near)
    assert near is not None
    return Solo(best, found, near)


def _home(rounded: Pool, guess: Floats) -> npt.NDArray[np.intp]:
    """Return the piece that each guess lies on: of those that reach there, the best one."""
    values = []
    for piece in rounded.pieces:
        with np.errstate(all="ignore"):
            value = np.asarray(piece.value(np.maximum(guess, piece.start)))
        inside = np.asarray(piece.start) <= guess
        values.append(np.where(inside & ~np.isnan(value), value, -np.inf))
    return np.asarray(np.argmax(np.array(values), axis=0), dtype=np.intp)


def _located(
    piece: Piece,
    plain: Piece,
    agents: LinearAgents,
    place: Floats,
    width: Floats,
    wanted: Booleans,
) -> Peak:
    """Return peaks on one piece of those who are wanted; only what guesses miss is searched."""
    arithmetic, size = agents.arithmetic, agents.size
    zero, none = arithmetic.zeros(size), np.zeros(size, dtype=np.bool_)
    top = Peak(zero, zero, zero, zero, none, none)

    def tried(rows: npt.NDArray[np.intp], reach: Floats) -> Peak:
        some = agents if rows.size == size else agents.take(rows)
        return peak_at(along(piece, some), place[rows], reach[rows])

    for part in (ROUND_OFF / DEFAULT.verify, 1.0):
        rest = np.flatnonzero(wanted & ~top.found)
        if rest.size:
            top = _replaced(arithmetic, top, rest, tried(rest, np.spacing(place) + part * width))
    # Around a kink tangents are above by slope times width: there the bracket is made as narrow as
    # doubles allow.
    loose = arithmetic.upper(top.value) - arithmetic.lower(top.value)
    rest = np.flatnonzero(top.found & (loose > TIGHT * np.abs(arithmetic.upper(top.value))))
    if rest.size:
        narrow = tried(rest, np.spacing(place))
        good = np.flatnonzero(narrow.found)
        top = _replaced(arithmetic, top, rest[good], _rows(narrow, good))
    rest = np.flatnonzero(wanted & ~top.found)
    if not rest.size:
        return top
    some, nowhere = agents.take(rest), np.full(rest.size, np.nan)
    searched = peak(along(piece, some), along(plain, some.rounded), nowhere, width[rest])
    return _replaced(arithmetic, top, rest, searched)


def _rows(top: Peak, rows: npt.NDArray[np.intp]) -> Peak:
    return Peak(*(column[rows] for column in _columns(top)))


def _replaced(arithmetic: Arithmetic, top: Peak, rows: npt.NDArray[np.intp], by: Peak) -> Peak:
    """Return peaks with those of some rows replaced."""
    if not rows.size:
        return top
    back = np.zeros(len(top.found), dtype=np.intp)
    back[rows] = np.arange(rows.size)
    chosen = np.zeros(len(top.found), dtype=np.bool_)
    chosen[rows] = True
    return _picked(arithmetic, chosen, _rows(by, back), top)


def _columns(top: Peak) -> tuple[Any, ...]:
    return top.value, top.reached, top.low, top.high, top.found, top.only


def _picked(arithmetic: Arithmetic, mask: Booleans, first: Peak, second: Peak) -> Peak:
    return Peak(
        arithmetic.where(mask, first.value, second.value),
        arithmetic.where(mask, first.reached, second.reached),
        arithmetic.where(mask, first.low, second.low),
        arithmetic.where(mask, first.high, second.high),
        np.where(mask, first.found, second.found),
        np.where(mask, first.only, second.only),
    )


def _hopeless(pool: Pool, rounded: Pool, number: int, agents: LinearAgents) -> Booleans:
    """Tell who gains nothing on a later piece against doing nothing: q r <= c, shape (n,)."""
    rate = steepest(pool, rounded, number)
    if rate is None:
        return np.zeros(agents.size, dtype=np.bool_)
    return pool.arithmetic.at_most(agents.value * rate, agents.rate).holds


def steepest(pool: Pool, rounded: Pool, number: int) -> Quantity | None:
    """Return a rate r, shape (), with piece(x) <= v(0) + r x for all x >= start; None if not found.

    It is the slope of the steepest line from (0, v(0)) that touches the piece, moved up a little,
    and shown by one bracket of the largest piece(x) - r x.
    """
    arithmetic = pool.arithmetic
    piece, plain = pool.pieces[number], rounded.pieces[number]
    nothing = float(np.asarray(rounded.value(np.zeros(1)))[0])
    place = max(2 * float(plain.start), np.spacing(1.0))
    rate = 0.0
    for _ in range(STEPS):
        with np.errstate(all="ignore"):
            better = (float(np.asarray(plain.value(np.array([place])))[0]) - nothing) / place
        if not (np.isfinite(better) and better > rate):
            break
        rate = better
        place = float(summit(_against(plain, rate, FLOAT))[0])
        if not np.isfinite(place):
            return None
    if rate <= 0:
        return None
    moved = arithmetic.stored(np.array([rate * (1 + ROUND_OFF)]))
    function = _against(piece, moved, arithmetic)
    hint = _against(plain, np.array([rate * (1 + ROUND_OFF)]), FLOAT)
    top = peak(function, hint, np.array([place]), np.array([0.0]))
    below = arithmetic.at_most(top.value, pool.value(arithmetic.zeros(1)))
    return moved if bool((top.found & below.holds)[0]) else None


def _against(piece: Piece, rate: Quantity, arithmetic: Arithmetic) -> Concave:
    """Return piece(x) - rate x from its start on, shape (1,)."""
    zero, one = arithmetic.zeros(1), 1 + arithmetic.zeros(1)
    agents = LinearAgents(arithmetic, one, zero + rate, zero, np.zeros(1, dtype=np.bool_))
    return along(piece, agents)
