"""The highest payments that rationality and truthfulness allow, near enough to compare with.

U(t) = max(O(t), B(t)) is the least utility of type t, B(t) the best lie when all lower types have
their least utilities: one pass over the reports, in doubles, with the lies of `market_columns`.
A cap c on payments leaves at least the truth's worth less c as well. It says what the least revenue
of any rational and truthful rule is where a solution states it without a table, and that no rule
keeps to a smaller cap.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.market_columns import Columns
from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.market_survey import ROUNDING
from mdsolve.certificate.numbers import Floats
from mdsolve.certificate.reading.market_sizes import Integers

LIMIT = 4_000_000
"""Most profiles for which all payments are computed."""


def highest_revenue(context: MarketContext) -> tuple[Floats, Floats]:
    """Return bounds on the sum of the highest payments at every profile, flat.

    Under the caps of the claim's side constraints.
    """
    caps = [context.claim.side.cap_of(name) for name in context.names]
    found = highest_payments(context, [None if cap is None else float(cap) for cap in caps])
    return sums(found)


def sums(payments: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Return bounds on the sums of payments at every profile."""
    low, high = (end.sum(axis=0) for end in payments)
    largest = np.maximum(*(np.abs(end).sum(axis=0) for end in payments))
    slack = ROUNDING * len(payments[0]) * largest
    return low - slack, high + slack


def highest_payments(context: MarketContext, caps: Sequence[float | None]) -> tuple[Floats, Floats]:
    """Return bounds on the highest payments of every agent at every profile, (n, profiles).

    Parameters
    ----------
    caps : sequence of (float or None)
        What no payment of each agent may exceed; a double on whose next ones nothing depends.

    Raises
    ------
    NoRouteError
        If there are too many profiles.
    """
    screen = context.screen
    if screen.profiles > LIMIT:
        message = f"{screen.profiles:,} profiles; at most {LIMIT:,} are computed anew"
        raise NoRouteError(message)
    low, high = (np.zeros((screen.size, screen.profiles)) for _ in range(2))
    for agent in range(screen.size):
        columns = screen.columns(agent)
        near = np.empty((columns.count, columns.types))
        off = np.empty(columns.count)
        for start in range(0, columns.count, columns.block):
            chosen = columns.order[start : start + columns.block]
            near[chosen], off[chosen] = _payments(columns, chosen, caps[agent])
            label = f"payments of {screen.names[agent]}"
            screen.monitor.advance(label, min(start + len(chosen), columns.count), columns.count)
        shape = (*columns.other_shape, columns.types)
        low[agent] = np.moveaxis((near - off[:, None]).reshape(shape), -1, agent).ravel()
        high[agent] = np.moveaxis((near + off[:, None]).reshape(shape), -1, agent).ravel()
    return low, high


def _payments(columns: Columns, chosen: Integers, cap: float | None) -> tuple[Floats, Floats]:
    """Return the highest payments of some columns, and by how much they may be off."""
    arithmetic, m = columns.arithmetic, columns.types
    truth, outside = columns.truth(chosen), columns.outside(chosen)
    ends = [(arithmetic.lower(x), arithmetic.upper(x)) for x in (truth, outside)]
    worth, apart = (low + 0.5 * (high - low) for low, high in ends)
    lies, reach = columns.lies(chosen), columns.reach(chosen)
    utility = apart.copy() if cap is None else np.maximum(apart, worth - cap)
    own = np.arange(m)[None, :]
    for report in range(m - 1):
        later = slice(report + 1, m)
        told = lies.rows(report, report + 1) - (worth - utility)[:, report, None]
        # With a model that suffices the lie is worth what the report is worth as the truth.
        serves = own[:, later] < reach[:, report, None]
        best = np.where(serves, utility[:, report, None], told)
        utility[:, later] = np.maximum(utility[:, later], best)
    width = max(float((high - low).max(initial=0.0)) for low, high in ends)
    largest = max(lies.largest, float(np.abs(worth).max()), float(np.abs(apart).max()))
    largest += abs(cap or 0.0)
    step = lies.radius + 2 * width + ROUNDING * largest
    off = np.full(len(chosen), m * step if arithmetic.rigorous else 0.0)
    return worth - utility, off
