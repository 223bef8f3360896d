"""One look through all columns of a market: rationality, truthfulness and maximality together.

With U the utility of the truth, O that of staying out and B(t) that of the best lie of type t,

    rationality      O(t) - U(t)              truthfulness      B(t) - U(t)
    maximality       U(t) - max(O(t), B(t))

are violations: payments that satisfy all constraints and each have a binding one are shortest paths
from staying out, hence maximal.

A lie with which the model handed out is at least the own one is worth what the report is worth as
the truth, U(r): the best of those is a running maximum. Only lies of types with a better model of
their own are swept, one report after the other, all of them for all columns of a block. Doubles
carry the sweep; by how much they may be off is bounded per column and added to the bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdsolve.certificate.market_columns import Columns, Lies
from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.market_sieve import Sieve
from mdsolve.certificate.numbers import Floats
from mdsolve.certificate.reading.market_sizes import Integers

ROUNDING = 4 * float(np.finfo(np.float64).eps)
"""Of a difference and a sum of doubles, relative to the largest of them, with room to spare."""


@dataclass(frozen=True)
class Survey:
    """What bounds in doubles tell of one agent's columns.

    Parameters
    ----------
    rational, truthful : Sieve
    loose : Sieve
        By how much payments could rise, among rational and truthful rules.
    exploited : Sieve
        The same among rational rules.
    lies : int
        How many lies there are.
    """

    rational: Sieve
    truthful: Sieve
    loose: Sieve
    exploited: Sieve
    lies: int


def survey_of(context: MarketContext, agent: int) -> Survey:
    """Look through all columns of an agent, in the number system of the context."""
    allowed = context.tolerance * float(context.money[agent])
    columns = context.columns(agent)
    m = columns.types
    rational, truthful, loose, exploited = (Sieve(allowed) for _ in range(4))
    lies = columns.count * m * (m - 1) // 2
    found = Survey(rational, truthful, loose, exploited, lies)
    ends = [columns.own_last(end[agent]) for end in context.payment_ends]
    label = f"checking lies of {context.names[agent]}"
    for start in range(0, columns.count, columns.block):
        chosen = columns.order[start : start + columns.block]
        _look(context, columns, chosen, [end[chosen] for end in ends], found)
        context.monitor.advance(label, min(start + len(chosen), columns.count), columns.count)
    return found


def _look(
    context: MarketContext,
    columns: Columns,
    chosen: Integers,
    paid: list[Floats],
    found: Survey,
) -> None:
    arithmetic, m = context.arithmetic, columns.types
    low_paid, high_paid = paid
    charge = arithmetic.stored(low_paid)
    if low_paid is not high_paid:
        charge = arithmetic.between(charge, arithmetic.stored(high_paid))
    utility = columns.truth(chosen) - charge
    outside = columns.outside(chosen)
    rows = chosen[:, None] * m + np.arange(m)[None, :]
    gain = utility - outside
    low_gain, high_gain = arithmetic.lower(gain), arithmetic.upper(gain)
    found.rational.add(rows, -high_gain, -low_gain)
    found.exploited.add(rows, low_gain, high_gain)
    low, high = arithmetic.lower(utility), arithmetic.upper(utility)
    if m > 1:
        below, above = best_lies(columns, chosen, (low_paid, high_paid), (low, high))
        gaps = _differences(below[:, 1:], above[:, 1:], low[:, 1:], high[:, 1:])
        found.truthful.add(rows[:, 1:], *gaps)
    else:
        below = above = np.full_like(low, -np.inf)
    floor = np.maximum(below, arithmetic.lower(outside))
    ceiling = np.maximum(above, arithmetic.upper(outside))
    found.loose.add(rows, *_differences(low, high, floor, ceiling))


def _differences(
    low: Floats, high: Floats, less_low: Floats, less_high: Floats
) -> tuple[Floats, Floats]:
    """Return bounds on a difference, one double to the outside."""
    with np.errstate(invalid="ignore"):
        return np.nextafter(low - less_high, -np.inf), np.nextafter(high - less_low, np.inf)


def best_lies(
    columns: Columns,
    chosen: Integers,
    paid: tuple[Floats, Floats],
    utility: tuple[Floats, Floats],
) -> tuple[Floats, Floats]:
    """Return bounds on the utility of the best lie of every type, (columns, m); -inf for none.

    Parameters
    ----------
    paid, utility : two arrays each
        Bounds on what types pay and have when they tell the truth, (columns, m).
    """
    lies, reach = columns.lies(chosen), columns.reach(chosen)
    near = paid[0] + 0.5 * (paid[1] - paid[0])
    swept = sweep(lies, reach, near)
    off: Floats = np.zeros(1)
    if columns.arithmetic.rigorous:
        rounding = ROUNDING * (lies.largest + np.abs(near).max(axis=1))
        off = lies.radius + (paid[1] - paid[0]).max(axis=1) + rounding
    m = columns.types
    serves = reach > np.arange(1, m + 1)[None, :]
    low, high = (np.where(serves, end, -np.inf) for end in utility)
    highest = np.maximum.accumulate(high, axis=1)
    tops, holds = highest[:, :-1], high == highest
    place = np.maximum.accumulate(np.where(holds, np.arange(m)[None, :], 0), axis=1)[:, :-1]
    # The latest type that is best off so far is a lie of this kind only where its model suffices.
    suffices = np.take_along_axis(reach, place, axis=1) > np.arange(1, m)[None, :]
    covered = np.where(suffices, np.take_along_axis(low, place, axis=1), -np.inf)
    below, above = swept - off[:, None], swept + off[:, None]
    below[:, 1:] = np.maximum(below[:, 1:], covered)
    above[:, 1:] = np.maximum(above[:, 1:], tops)
    return below, above


def sweep(lies: Lies, reach: Integers, near: Floats) -> Floats:
    """Return the best of those lies for which types have a use for their own model, nearly.

    Parameters
    ----------
    reach : (columns, m)
        How many own types have none, after each report.
    near : (columns, m)
        What reports pay.
    """
    m = near.shape[1]
    best = np.full(near.shape, -np.inf)
    least = reach.min(axis=0).tolist()
    for report in range(m - 1):
        start = max(report + 1, least[report])
        if start >= m:
            continue
        worth = lies.rows(report, start) - near[:, report, None]
        np.maximum(best[:, start:], worth, out=best[:, start:])
    return best
