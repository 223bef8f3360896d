"""Rows of violations, by the thousand million or few: looked through in doubles, then decided.

A group of rows is a function from row numbers to violations in whichever context it is asked for,
with a scale per row. The screen looks through all of them; the rows that matter are then evaluated
again in the context of the check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.market_cells import Cells
from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.market_sieve import LEFT_LIMIT, Sieve
from mdsolve.certificate.numbers import Floats, Quantity
from mdsolve.certificate.reading.market_sizes import Integers
from mdsolve.conditions import Condition

PIECE = 1 << 17
"""Rows that are looked through at a time."""

SLOW_LIMIT = 500_000
"""Most rows that are decided one by one in fractions or balls."""


def remembered(
    decide: Callable[[MarketContext], Condition],
) -> Callable[[MarketContext], Condition]:
    """Return a condition that is decided once per context, whoever asks for it."""

    @wraps(decide)
    def once(context: MarketContext) -> Condition:
        if decide.__name__ not in context.scratch:
            context.scratch[decide.__name__] = decide(context)
        found: Condition = context.scratch[decide.__name__]
        return found

    return once


@dataclass(frozen=True)
class Group:
    """Rows of one kind.

    Parameters
    ----------
    count : int
    violations : callable
        Takes a context and row numbers; holds where at most the tolerance times the scale.
    scale : callable
        Takes row numbers; returns a number or one per row, of the instance.
    witness : callable
        Takes a context and one row number, and describes the row.
    """

    count: int
    violations: Callable[[MarketContext, Integers], Quantity]
    scale: Callable[[Integers], Any]
    witness: Callable[[MarketContext, int], Mapping[str, Any]]


@dataclass(frozen=True)
class Kept:
    """Rows of a group that decide, evaluated in the context of the check."""

    violations: Quantity
    scales: Floats
    witness: Callable[[int], Mapping[str, Any]]


def sifted(context: MarketContext, group: Group, label: str) -> Sieve:
    """Look through all rows of a group in the screen; violations relative to their scales."""
    screen = context.screen
    sieve = Sieve(context.tolerance)
    for start in range(0, group.count, PIECE):
        rows = np.arange(start, min(start + PIECE, group.count))
        found = group.violations(screen, rows)
        ends = screen.arithmetic.ends(found)
        scale = np.broadcast_to(np.asarray(group.scale(rows), dtype=np.float64), rows.shape)
        low, high = (np.broadcast_to(_relative(end, scale), rows.shape) for end in ends)
        sieve.add(rows, np.nextafter(low, -np.inf), np.where(high == 0, 0, _up(high)))
        context.monitor.advance(label, len(rows) + start, group.count)
    return sieve


def _up(ends: Floats) -> Floats:
    return np.asarray(np.nextafter(ends, np.inf))


def _relative(ends: Floats, scale: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        found = ends / scale
    return np.where(ends == 0, 0.0, found)


def decided_rows(
    context: MarketContext,
    name: str,
    groups: Sequence[Group],
    *,
    words: tuple[str, str],
    scope: str,
) -> Condition:
    """Return the condition that groups of rows decide."""
    sieves = [sifted(context, group, f"checking {name}") for group in groups]
    kept = []
    for group, rows in zip(groups, telling(context, sieves), strict=True):
        if rows.size == 0:
            continue
        scales = np.broadcast_to(np.asarray(group.scale(rows), dtype=np.float64), rows.shape)
        found = context.arithmetic.broadcast(group.violations(context, rows), rows.shape)
        kept.append(
            Kept(found, scales, lambda k, g=group, r=rows: g.witness(context, int(r[k])))  # type: ignore[misc]
        )
    return conclude(context, name, kept, words=words, scope=scope)


def telling(context: MarketContext, sieves: Sequence[Sieve]) -> list[Integers]:
    """Return the rows of each sieve that decide: a failing one, or all that are not settled.

    Raises
    ------
    NoRouteError
        If too many are left.
    """
    if any(sieve.fails for sieve in sieves):
        nothing = np.array([], dtype=np.intp)
        return [sieve.rows() if sieve.fails else nothing for sieve in sieves]
    left = sum(sieve.left for sieve in sieves)
    slow = context.looked is not None
    limit = SLOW_LIMIT if slow else LEFT_LIMIT
    if left > limit:
        message = (
            f"{left:,} inequalities are too close to be settled in doubles, and at most {limit:,} "
            f"are decided one by one in {context.arithmetic.name} arithmetic"
        )
        raise NoRouteError(message)
    if left:
        return [sieve.rows() for sieve in sieves]
    # Everything is settled: one row is shown, the one closest to its tolerance.
    shown = max(range(len(sieves)), key=lambda k: sieves[k].closeness, default=0)
    nothing = np.array([], dtype=np.intp)
    return [sieve.worst if k == shown else nothing for k, sieve in enumerate(sieves)]


def kept_cells(
    context: MarketContext,
    agent: int,
    rows: Integers,
    violations: Callable[[Cells], Quantity],
    witness: Callable[[Cells, int], Mapping[str, Any]],
) -> Kept | None:
    """Return cells of an agent's table that decide; violations in money."""
    if rows.size == 0:
        return None
    cells = Cells.of(context, agent, rows)
    scales = np.full(len(rows), context.money[agent])
    return Kept(violations(cells), scales, lambda k: witness(cells, k))


def conclude(
    context: MarketContext,
    name: str,
    kept: Sequence[Kept | None],
    *,
    words: tuple[str, str],
    scope: str,
) -> Condition:
    """Return the condition that rows of several groups decide together."""
    groups = [entry for entry in kept if entry is not None]
    arithmetic = context.arithmetic
    starts = np.cumsum([0, *(len(group.scales) for group in groups)])

    def witness(row: int) -> Mapping[str, Any]:
        number = int(np.searchsorted(starts, row, side="right")) - 1
        return groups[number].witness(row - int(starts[number]))

    violations = (
        arithmetic.concatenate([group.violations for group in groups])
        if groups
        else arithmetic.zeros(0)
    )
    scales = np.concatenate([group.scales for group in groups]) if groups else np.zeros(0)
    return context.decided(
        name, violations, scales, words=words, scope=scope, witness=witness if groups else None
    )
