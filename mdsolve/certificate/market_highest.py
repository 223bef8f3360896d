"""The highest payments that rationality and truthfulness allow, near enough to compare with.

U(t) = max(O(t), B(t)) is the least utility of type t, B(t) the best lie when all lower types have
their least utilities: one pass over the reports, in doubles, with the lies of `market_columns`. It
says what the least revenue of any rational and truthful rule is where a solution states it without
a table.
"""

from __future__ import annotations

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

    Raises
    ------
    NoRouteError
        If there are too many profiles.
    """
    screen = context.screen
    if screen.profiles > LIMIT:
        message = f"{screen.profiles:,} profiles; at most {LIMIT:,} are computed anew"
        raise NoRouteError(message)
    low, high = np.zeros(screen.ruled.shape), np.zeros(screen.ruled.shape)
    for agent in range(screen.size):
        columns = screen.columns(agent)
        near = np.empty((columns.count, columns.types))
        off = np.empty(columns.count)
        for start in range(0, columns.count, columns.block):
            chosen = columns.order[start : start + columns.block]
            near[chosen], off[chosen] = _payments(columns, chosen)
            label = f"payments of {screen.names[agent]}"
            screen.monitor.advance(label, min(start + len(chosen), columns.count), columns.count)
        shape = (*columns.other_shape, columns.types)
        low += np.moveaxis((near - off[:, None]).reshape(shape), -1, agent)
        high += np.moveaxis((near + off[:, None]).reshape(shape), -1, agent)
    slack = ROUNDING * screen.size * np.maximum(np.abs(low), np.abs(high))
    return (low - slack).ravel(), (high + slack).ravel()


def _payments(columns: Columns, chosen: Integers) -> tuple[Floats, Floats]:
    """Return the highest payments of some columns, and by how much they may be off."""
    arithmetic, m = columns.arithmetic, columns.types
    truth, outside = columns.truth(chosen), columns.outside(chosen)
    ends = [(arithmetic.lower(x), arithmetic.upper(x)) for x in (truth, outside)]
    worth, apart = (low + 0.5 * (high - low) for low, high in ends)
    lies, reach = columns.lies(chosen), columns.reach(chosen)
    utility = apart.copy()
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
    step = lies.radius + 2 * width + ROUNDING * largest
    off = np.full(len(chosen), m * step if arithmetic.rigorous else 0.0)
    return worth - utility, off
