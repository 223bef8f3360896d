"""What no pair of private contracts can exceed, given the others' data: a bound, and where it is.

Let w(m) be the expected worth of all data when the agent brings m, F_t(m) = w(m) - c_t m, and u_t
what type t earns alone. A menu that can be kept, that both types accept and choose as meant, has
m_h <= m_l, F_h(m_h) >= u_h, F_l(m_l) >= u_l and m_h <= g(m_l) = (F_l(m_l) - u_h) / (c_h - c_l). So
its expected contribution is at most

    e(m_l) = p m_l + (1 - p) min(h, g(m_l)),   h the largest accepted m_h,

over m_l with F_l(m_l) >= max(u_l, u_h + (c_h - c_l) m_h). On a stretch where w is concave so are
F_t, g and e: accepted amounts lie between outer ends (`stretches`), and tangents bound e. Stretches
on which m_l or m_h lies are gone through in pairs, less those that cannot reach what is stated; in
the gaps between them, which are a few units in the last place wide, everything is monotone.
Where there are no others' data at all, only best amounts alone leave both types as well off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.peaks import Concave, Peak, peak, peak_at
from mdsolve.certificate.reading.curves import Side
from mdsolve.certificate.shaped.offers import TYPES, Batch
from mdsolve.certificate.shaped.outlook import Outlook
from mdsolve.certificate.shaped.solo import along
from mdsolve.certificate.shaped.stretches import Level, concave_on, level_of, stretches
from mdsolve.tolerance import DEFAULT, ROUND_OFF

Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

CHAIN = 200
"""Most steps of an upper bound on what low costs accept."""

PAIR_LIMIT = 20_000
"""Most pairs of stretches that are gone through for one batch."""


@dataclass(frozen=True)
class Bound:
    """The largest expected contribution of menus, as far as it is known.

    Parameters
    ----------
    most : (rows,)
        Upper ends are bounds, in samples, where `found`.
    found : (rows,) of bool
    near : (rows,) of bool
        Where a maximiser certainly lies within the tolerance of the contract for low costs.
    away : (rows,) of bool
        Where all maximisers certainly lie elsewhere.
    """

    most: Quantity
    found: Booleans
    near: Booleans
    away: Booleans


@dataclass(frozen=True)
class _Pairs:
    """Pairs of segments, (k,) each: row, ends of m_l and of m_h, and whether they are gaps."""

    row: Indices
    start: Floats
    end: Floats
    gap: Booleans
    high_start: Floats
    high_end: Floats
    high_gap: Booleans


def utility_along(outlook: Outlook, kind: str, start: Floats, end: Floats) -> Concave:
    """Return F_t on [start, end], in money, for every row; infinite where there is no end."""
    arithmetic = outlook.pool.arithmetic
    rate = outlook.low if kind == "low" else outlook.high

    def value(m: Quantity) -> Quantity:
        return outlook.worth(m) - rate * m

    def slope(m: Quantity, side: Side) -> Quantity:
        return outlook.slope(m, side) - rate

    ended = np.isfinite(end)
    last = arithmetic.stored(np.where(ended, end, 0.0))
    return Concave(arithmetic, arithmetic.stored(start), last, ended, value, slope)


def accepted(
    outlook: Outlook, kind: str, start: Floats, end: Floats, level: Quantity, width: Floats
) -> tuple[Level, Booleans]:
    """Return outer ends of {F_t >= level} on stretches, and where w is shown to be concave.

    Parameters
    ----------
    width : (rows,)
        How narrow a bracket of the maximum has to be, in samples.
    """
    function = utility_along(outlook, kind, start, end)
    hint = utility_along(outlook.plain, kind, start, end)
    top = peak(function, hint, np.full(outlook.size, np.nan), width)
    concave = concave_on(outlook, function.start, function.end, function.ended)
    found = level_of(function, hint, level, top.value)
    unknown = ~top.found
    ends = np.where(unknown, start, found.low), np.where(unknown, end, found.high)
    empty = found.empty & ~unknown
    return Level(*ends, empty, found.found | unknown), concave


def most_expected(batch: Batch) -> Bound:
    """Return the bound on p m_l + (1 - p) m_h, row by row."""
    arithmetic, outlook = batch.context.arithmetic, batch.outlook
    nobody = nobody_else(outlook)
    lonely, others = np.flatnonzero(nobody), np.flatnonzero(~nobody)
    parts = []
    if lonely.size:
        parts.append((lonely, _alone(batch, lonely)))
    if others.size:
        parts.append((others, _with_others(batch, others)))
    order = np.argsort(np.concatenate([rows for rows, _ in parts]))
    return Bound(
        arithmetic.concatenate([bound.most for _, bound in parts])[order],
        np.concatenate([bound.found for _, bound in parts])[order],
        np.concatenate([bound.near for _, bound in parts])[order],
        np.concatenate([bound.away for _, bound in parts])[order],
    )


def nobody_else(outlook: Outlook) -> Booleans:
    """Tell where nobody else certainly brings anything, the platform included, shape (rows,)."""
    nothing = (outlook.pool.arithmetic.upper(outlook.amounts) <= 0).all(axis=1)
    return np.broadcast_to(np.asarray(nothing), (outlook.size,))


def _narrow(delta: Floats) -> Floats:
    """Return the width of brackets that are as good as doubles allow."""
    return ROUND_OFF / DEFAULT.verify * delta


def _delta(batch: Batch, rows: Indices) -> Floats:
    scales = batch.context.scales.samples[batch.agent[rows]]
    return np.asarray(batch.context.tolerance * scales)


def _alone(batch: Batch, rows: Indices) -> Bound:
    """Return the bound where nobody else brings anything: the largest best amounts alone."""
    arithmetic, outlook = batch.context.arithmetic, batch.outlook
    delta, size = _delta(batch, rows), len(rows)
    chance = outlook.probability_low[rows]
    most, found = arithmetic.zeros(size), np.ones(size, dtype=np.bool_)
    near, away = np.ones(size, dtype=np.bool_), np.zeros(size, dtype=np.bool_)
    for kind, share, point in (("low", chance, 2), ("high", 1 - chance, 1)):
        agents = outlook.agents(kind).take(rows)
        best = arithmetic.stored(arithmetic.lower(batch.alone[kind].value))[rows]
        guess = batch.places[rows, point]
        furthest = np.full(size, 0.0)
        for piece, plain in zip(outlook.pool.pieces, outlook.rounded.pieces, strict=True):
            function, hint = along(piece, agents), along(plain, agents.rounded)
            place = np.maximum(guess, float(plain.start))
            top = peak_at(function, place, _narrow(delta))
            if not (top.found & top.only).all():
                top = peak(function, hint, np.full(size, np.nan), delta)
            counts = ~arithmetic.less(top.value, best).holds
            found &= (top.found & top.only) | ~counts
            high = np.where(counts, arithmetic.upper(top.high), 0.0)
            furthest = np.maximum(furthest, high)
        most = most + share * arithmetic.stored(furthest)
        near &= np.abs(furthest - guess) <= 2 * delta
        away |= np.abs(furthest - guess) > 2 * delta
    return Bound(most, found, near, away)


def _with_others(batch: Batch, rows: Indices) -> Bound:
    """Return the bound where others bring something: all pairs of stretches."""
    arithmetic = batch.context.arithmetic
    outlook = batch.outlook.take(rows)
    own = batch.own[rows]
    chance = outlook.probability_low
    stated = chance * own[:, 2] + (1 - chance) * own[:, 1]
    floor = {
        kind: arithmetic.stored(arithmetic.lower(batch.alone[kind].value))[rows] for kind in TYPES
    }
    claimed, delta = batch.places[rows, 2], _delta(batch, rows)
    limit, known = most_accepted(outlook, "low", floor["low"], _narrow(delta))
    pairs = _pairs(outlook, limit, arithmetic.lower(stated))
    value, found, near, away = _bounds(outlook, pairs, floor, claimed, delta)
    most = np.asarray(arithmetic.upper(stated), dtype=np.float64).copy()
    upper = np.asarray(arithmetic.upper(value), dtype=np.float64)
    np.maximum.at(most, pairs.row, upper)
    np.logical_and.at(known, pairs.row, found)
    allowed = delta[pairs.row]
    best = upper >= most[pairs.row] - allowed
    located = np.zeros(len(rows), dtype=np.bool_)
    np.logical_or.at(located, pairs.row, best & near)
    elsewhere = np.ones(len(rows), dtype=np.bool_)
    np.logical_and.at(elsewhere, pairs.row, away | ~best)
    # Pairs that were left out reach what is stated only where both types give just that.
    pooled = np.abs(claimed - np.asarray(arithmetic.nearest(stated))) <= delta
    located |= pooled & (most <= np.asarray(arithmetic.upper(stated)) + delta)
    return Bound(arithmetic.stored(most), known, located, elsewhere & known & ~located)


def most_accepted(
    outlook: Outlook, kind: str, level: Quantity, width: Floats
) -> tuple[Floats, Booleans]:
    """Return upper bounds on every m with F_t(m) >= level, and where they are known.

    Beyond the last threshold w is concave. Where the level is missed there, w(M) - c m >= level
    needs m <= (w(M) - level) / c for m <= M, which takes M down step by step.
    """
    arithmetic = outlook.pool.arithmetic
    ends = np.where(outlook.bounded, np.asarray(arithmetic.upper(outlook.capacity)), np.inf)
    last = np.array([parts[-1][0] for parts in stretches(outlook, ends)])
    level_there, concave = accepted(outlook, kind, last, ends, level, width)
    known = level_there.found & concave
    limit = np.where(level_there.empty, last, level_there.high)
    limit = np.where(np.isfinite(limit), limit, ends)
    below = np.flatnonzero(level_there.empty & (last > 0))
    if below.size:
        some = outlook.take(below)
        rate = some.low if kind == "low" else some.high
        at = limit[below]
        for _ in range(CHAIN):
            reached = (some.worth(arithmetic.stored(at)) - level[below]) / rate
            moved = np.minimum(np.maximum(np.asarray(arithmetic.upper(reached)), 0.0), at)
            if np.all(moved >= at * (1 - ROUND_OFF)):
                at = moved
                break
            at = moved
        limit[below] = at
    return limit, known & np.isfinite(limit)


def _segments(parts: Sequence[tuple[float, float]]) -> list[tuple[float, float, bool]]:
    """Return stretches and the gaps between them, in order."""
    found: list[tuple[float, float, bool]] = []
    for start, end in parts:
        if found and found[-1][1] < start:
            found.append((found[-1][1], start, True))
        elif not found and start > 0:
            found.append((0.0, start, True))
        found.append((start, end, False))
    return found


def _pairs(outlook: Outlook, limit: Floats, stated: Floats) -> _Pairs:
    """Return pairs that might reach more than what is stated."""
    arithmetic = outlook.pool.arithmetic
    most = arithmetic.upper(
        outlook.probability_low * arithmetic.stored(np.where(np.isfinite(limit), limit, 0.0))
    )
    rest = arithmetic.upper(1 - outlook.probability_low)
    ends = np.where(np.isfinite(limit), limit, np.inf)
    table: list[tuple[int, float, float, bool, float, float, bool]] = []
    for row, parts in enumerate(stretches(outlook, ends)):
        segments = _segments(parts)
        low = [part for part in segments if part[1] > stated[row]]
        with np.errstate(over="ignore", invalid="ignore"):
            high = [
                part
                for part in segments
                if np.nextafter(most[row] + np.nextafter(rest[row] * part[1], np.inf), np.inf)
                > stated[row]
            ]
        table.extend((row, *one, *two) for one in low for two in high if two[0] <= one[1])
        if len(table) > PAIR_LIMIT:
            break
    columns = list(zip(*table, strict=True)) or [()] * 7
    kinds = (np.intp, float, float, np.bool_, float, float, np.bool_)
    return _Pairs(
        *(np.array(column, dtype=kind) for column, kind in zip(columns, kinds, strict=True))
    )


def _bounds(
    outlook: Outlook,
    pairs: _Pairs,
    floor: dict[str, Quantity],
    claimed: Floats,
    delta: Floats,
) -> tuple[Quantity, Booleans, Booleans, Booleans]:
    """Return the bound of every pair, whether it is known, and whether its peak is at the claim.

    The last of the four tells where the peak certainly is elsewhere.
    """
    arithmetic = outlook.pool.arithmetic
    rows = outlook.take(pairs.row)
    size = rows.size
    if not size:
        none = np.zeros(0, dtype=np.bool_)
        return arithmetic.zeros(0), none, none, none
    low, high = floor["low"][pairs.row], floor["high"][pairs.row]
    width = _narrow(delta[pairs.row])
    taken, known = _high_ends(rows, pairs, high, width)
    spread = rows.high - rows.low
    least = arithmetic.stored(taken.low)
    level = arithmetic.maximum(high + spread * least, low)
    usable, concave = accepted(rows, "low", pairs.start, pairs.end, level, width)
    # In a gap everything is monotone: w is at most w(end), costs at least those of the start.
    start, end = arithmetic.stored(pairs.start), arithmetic.stored(pairs.end)
    there = rows.worth(end) - rows.low * start
    no_use = np.where(pairs.gap, arithmetic.less(there, level).holds, usable.empty)
    known &= pairs.gap | (usable.found & concave)
    empty = taken.empty | no_use
    begin = np.where(pairs.gap | empty, pairs.start, usable.low)
    stop = np.where(pairs.gap | empty, pairs.end, usable.high)
    stop = np.maximum(begin, stop)
    cap = arithmetic.stored(np.where(np.isfinite(taken.high), taken.high, 0.0))
    bounded = np.isfinite(taken.high)
    function = _expected(rows, arithmetic, cap, high, begin, stop)
    hint = _expected(
        rows.plain,
        rows.plain.pool.arithmetic,
        arithmetic.nearest(cap),
        arithmetic.nearest(high),
        begin,
        stop,
    )
    guess = np.clip(claimed[pairs.row], begin, stop)
    top, at_claim = _peaks(function, hint, guess, delta[pairs.row])
    chance = rows.probability_low
    flat = chance * end + (1 - chance) * arithmetic.minimum(cap, (there - high) / spread)
    value = arithmetic.where(pairs.gap, flat, top.value)
    value = arithmetic.where(empty, arithmetic.zeros(size), value)
    known &= empty | (bounded & (pairs.gap | top.found))
    inside = np.abs(guess - claimed[pairs.row]) <= delta[pairs.row]
    near = ~empty & inside & at_claim
    apart = (np.asarray(arithmetic.lower(top.low)) > claimed[pairs.row] + delta[pairs.row]) | (
        np.asarray(arithmetic.upper(top.high)) < claimed[pairs.row] - delta[pairs.row]
    )
    away = empty | (~pairs.gap & top.found & top.only & ~at_claim & apart)
    return value, known | empty, near, away


def _high_ends(
    rows: Outlook, pairs: _Pairs, level: Quantity, width: Floats
) -> tuple[Level, Booleans]:
    """Return where the contract for high costs may lie on its segment, and where that is known."""
    arithmetic = rows.pool.arithmetic
    found, concave = accepted(rows, "high", pairs.high_start, pairs.high_end, level, width)
    start, end = arithmetic.stored(pairs.high_start), arithmetic.stored(pairs.high_end)
    there = rows.worth(end) - rows.high * start
    empty = np.where(pairs.high_gap, arithmetic.less(there, level).holds, found.empty)
    low = np.where(pairs.high_gap, pairs.high_start, found.low)
    high = np.where(pairs.high_gap, pairs.high_end, found.high)
    known = pairs.high_gap | (found.found & concave)
    return Level(low, high, empty, known), np.asarray(known)


def _expected(
    rows: Outlook,
    arithmetic: Arithmetic,
    cap: Quantity,
    level: Quantity,
    start: Floats,
    end: Floats,
) -> Concave:
    """Return e(m) = p m + (1 - p) min(h, g(m)) on [start, end]."""
    spread, chance = rows.high - rows.low, rows.probability_low

    def allowed(m: Quantity) -> Quantity:
        return (rows.worth(m) - rows.low * m - level) / spread

    def value(m: Quantity) -> Quantity:
        return chance * m + (1 - chance) * arithmetic.minimum(cap, allowed(m))

    def slope(m: Quantity, side: Side) -> Quantity:
        g, zero = allowed(m), arithmetic.zeros(rows.size)
        steep = (rows.slope(m, side) - rows.low) / spread
        below, above = arithmetic.less(g, cap), arithmetic.less(cap, g)
        pick = arithmetic.minimum if side == "right" else arithmetic.maximum
        found = arithmetic.where(above.holds, zero, pick(zero, steep))
        found = arithmetic.where(below.holds, steep, found)
        unknown = ~(below.holds | above.holds | (below.fails & above.fails))
        if unknown.any():
            hull = arithmetic.between(
                arithmetic.minimum(zero, steep), arithmetic.maximum(zero, steep)
            )
            found = arithmetic.where(unknown, hull, found)
        return chance + (1 - chance) * found

    every = np.ones(rows.size, dtype=np.bool_)
    ends = arithmetic.stored(start), arithmetic.stored(end)
    return Concave(arithmetic, *ends, every, value, slope)


def _peaks(function: Concave, hint: Concave, guess: Floats, delta: Floats) -> tuple[Peak, Booleans]:
    """Return peaks, and where one lies within delta of the guess."""
    narrow = peak_at(function, guess, np.spacing(guess) + _narrow(delta))
    if narrow.found.all():
        return narrow, narrow.found
    wide = peak_at(function, guess, delta)
    near = narrow.found | wide.found
    if not near.all():
        away = peak(function, hint, np.full(len(guess), np.nan), _narrow(delta))
    else:
        away = wide
    arithmetic = function.arithmetic

    def chosen(one: Peak, two: Peak, mask: Booleans) -> Peak:
        return Peak(
            arithmetic.where(mask, one.value, two.value),
            arithmetic.where(mask, one.reached, two.reached),
            arithmetic.where(mask, one.low, two.low),
            arithmetic.where(mask, one.high, two.high),
            np.where(mask, one.found, two.found),
            np.where(mask, one.only, two.only),
        )

    return chosen(narrow, chosen(wide, away, wide.found), narrow.found), near
