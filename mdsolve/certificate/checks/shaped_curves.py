"""Curves of shaped models: they can be kept, and nowhere is an agent worse off than alone.

Along the straight piece the full model v(x + others) is the largest of concave functions; the line
lies below one of them if both its ends do. For v(x), what own data alone give, with u the best
alone: q v(x) <= u + c x everywhere, so a line that gives at least u at both ends is above it; where
that does not decide, the largest q v(x) - q line(x) is enclosed by brackets.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mdsolve.certificate.numbers import Booleans, Quantity
from mdsolve.certificate.peaks import Concave, peak
from mdsolve.certificate.reading.curves import Piece, Side
from mdsolve.certificate.registry import condition
from mdsolve.certificate.shaped.curves import ShapedClaim, shaped_claim
from mdsolve.certificate.shaped.pool import LinearAgents
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition
from mdsolve.tolerance import ROUND_OFF

FEASIBILITY = "curve-feasibility"
RATIONALITY = "individual-rationality-alone"
RULES = ("value-shaping",)


def rigid(context: SharingContext, most: float = ROUND_OFF) -> SharingContext:
    """Return the context with a tolerance for rounding only: what data give is a hard limit."""
    return replace(context, tolerance=min(context.tolerance, most))


@condition(
    FEASIBILITY,
    "sharing",
    about="no model is promised that all data together cannot give",
    rules=RULES,
)
def curve_feasibility(context: SharingContext) -> Condition:
    """Check 0 <= x1 <= x2 <= x3 <= capacity, and M_i(x) <= v(x + others + P) for all x."""
    claim = context.derived(shaped_claim)
    ordered = in_order(claim)
    if ordered.verdict != "pass":
        return ordered
    arithmetic, own, handed = context.arithmetic, claim.own, claim.handed
    first = handed[:, 0] - claim.pool.value(own[:, 0] + claim.others)
    over: Quantity | None = None
    for piece in claim.pool.pieces:
        seen = [own[:, k] + claim.others for k in (1, 2)]
        counts = arithmetic.at_most(piece.start, seen[0]).holds
        ends = [
            handed[:, k] - piece.value(arithmetic.maximum(y, piece.start))
            for k, y in zip((1, 2), seen, strict=True)
        ]
        worst = arithmetic.maximum(*ends)
        least = worst if over is None else arithmetic.minimum(over, worst)
        over = least if over is None else arithmetic.where(counts, least, over)
    assert over is not None
    return rigid(context).decided(
        FEASIBILITY,
        arithmetic.maximum(first, over),
        context.scales.accuracy,
        words=(
            "no model is better than all data together can make it",
            "a model is promised that all data together cannot give",
        ),
        scope=claim.scope,
        witness=lambda k: context.agent(
            k, contribution=own[:, 2], promised=handed[:, 2], above=over
        ),
    )


def in_order(claim: ShapedClaim) -> Condition:
    """Return whether break points are in order and within capacities."""
    context, own = claim.context, claim.own
    arithmetic, reading = context.arithmetic, context.reading
    steps = [-own[:, 0], own[:, 0] - own[:, 1], own[:, 1] - own[:, 2]]
    steps.append(arithmetic.where(reading.bounded, own[:, 2] - reading.capacity, steps[0]))
    worst = steps[0]
    for step in steps[1:]:
        worst = arithmetic.maximum(worst, step)
    return context.decided(
        FEASIBILITY,
        worst,
        context.scales.samples,
        words=("", "break points of a curve are out of order or beyond the capacity"),
        scope=f"{context.size:,} curves",
        witness=lambda k: context.agent(k, first=own[:, 0], second=own[:, 1], third=own[:, 2]),
    )


@condition(
    RATIONALITY,
    "sharing",
    about="nobody would rather train on their own data alone, at any own contribution",
    rules=RULES,
)
def rationality_alone(context: SharingContext) -> Condition:
    """Check u_i >= max_x q_i v(x) - c_i x, own data only, and M_i(x) >= v(x) for all x."""
    claim = context.derived(shaped_claim)
    arithmetic, own, handed = context.arithmetic, claim.own, claim.handed
    best, value = claim.solo.value, claim.agents.value
    lacking = best - claim.utilities
    worst = lacking
    for point in range(3):
        alone = claim.pool.value(own[:, point])
        worst = arithmetic.maximum(worst, value * (alone - handed[:, point]))
    allowed = arithmetic.stored(context.tolerance * context.scales.money)
    bound = arithmetic.maximum(best - claim.worth(1), best - claim.worth(2))
    open_rows = np.flatnonzero(~arithmetic.at_most(bound, allowed).holds)
    unknown = ~claim.solo.found
    if open_rows.size:
        gap, known = under_the_line(claim, open_rows)
        spread = np.zeros(context.size, dtype=np.intp)
        spread[open_rows] = np.arange(open_rows.size)
        some = np.zeros(context.size, dtype=np.bool_)
        some[open_rows] = True
        worst = arithmetic.where(some, arithmetic.maximum(worst, gap[spread]), worst)
        unknown = unknown | (some & ~known[spread])
    return context.decided(
        RATIONALITY,
        worst,
        context.scales.money,
        words=("nobody is better off training alone", "an agent is better off training alone"),
        scope=claim.scope,
        witness=lambda k: context.agent(k, utility=claim.utilities, alone=best, lacking=worst),
        undecided=unknown,
    )


def under_the_line(claim: ShapedClaim, rows: np.ndarray) -> tuple[Quantity, Booleans]:
    """Return the largest q v(x) - q line(x) on the straight pieces of some agents, in money."""
    arithmetic, agents = claim.context.arithmetic, claim.agents.take(rows)
    start, end = claim.own[:, 1][rows], claim.own[:, 2][rows]
    base, line = claim.handed[:, 1][rows], claim.line[rows]
    near = arithmetic.nearest

    def less_line(
        piece: Piece, of: LinearAgents, x0: Quantity, y0: Quantity, up: Quantity
    ) -> Concave:
        system = of.arithmetic

        def value(x: Quantity) -> Quantity:
            return of.value * (piece.value(system.maximum(x, piece.start)) - y0 - up * (x - x0))

        def slope(x: Quantity, side: Side) -> Quantity:
            return of.value * (piece.slope(system.maximum(x, piece.start), side) - up)

        begin = system.maximum(x0, piece.start + 0 * x0)
        last = end if system is arithmetic else near(end)
        return Concave(system, begin, last, np.ones(rows.size, dtype=np.bool_), value, slope)

    best = agents.value * (claim.pool.value(start) - base)
    found = np.ones(rows.size, dtype=np.bool_)
    for piece, plain in zip(claim.pool.pieces, claim.rounded.pieces, strict=True):
        function = less_line(piece, agents, start, base, line)
        hint = less_line(plain, agents.rounded, near(start), near(base), near(line))
        empty = arithmetic.less(end, function.start).holds
        top = peak(function, hint, np.full(rows.size, np.nan), np.zeros(rows.size))
        best = arithmetic.where(empty, best, arithmetic.maximum(best, top.value))
        found &= top.found | empty
    return best, found
