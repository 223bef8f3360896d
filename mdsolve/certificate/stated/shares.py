"""Shapley and Banzhaf shares, and reciprocity.

Reciprocity is the least of (what an agent gains and is paid) / share over agents whose share is
positive. Its error is that of its parts: a share of next to nothing says next to nothing. Shares
within the tolerance of 0 do not count; where the answer would depend on whether they do, it is
open.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.stated.answers import accuracies
from mdsolve.certificate.stated.figures import Figure, Recompute
from mdsolve.certificate.stated.means import smallest
from mdsolve.tolerance import ROUND_OFF


def sources(context: SharingContext) -> Mapping[str, Recompute]:
    """Return the figures made of shares, by path."""
    return {
        "shapley": lambda: Figure.exactly(context.shares.values, context.scales.money),
        "banzhaf": lambda: Figure.exactly(context.banzhaf.values, context.scales.money),
        "metrics.reciprocity": lambda: _reciprocity(context),
    }


def earned(context: SharingContext) -> Quantity:
    """Return value_i (a_i - a_i(0)) + p_i, in money, shape (n,)."""
    reading = context.reading
    benefits = reading.value * accuracies(context)
    return benefits - reading.benefits(reading.nothing) + context.payments


def _reciprocity(context: SharingContext) -> Figure | None:
    arithmetic, shares, gains = context.arithmetic, context.shares.values, earned(context)
    money = context.scales.money
    off = max(context.tolerance, ROUND_OFF) * money
    # Whoever brings nothing adds nothing to anybody.
    brings = context.given > 0
    positive = (arithmetic.lower(shares) > 0) & brings
    counted = np.flatnonzero((arithmetic.lower(shares) > off) & brings)
    if not counted.size:
        if np.any((arithmetic.upper(shares) > 0) & brings):
            message = "no share can be told from 0"
            raise NoRouteError(message)
        return None
    ratios = gains[counted] / shares[counted]
    near = arithmetic.nearest(ratios)
    place = int(np.argmin(near))
    agent = int(counted[place])
    share = float(arithmetic.nearest(shares)[agent])
    scale = money[agent] * (1 + abs(float(near[place]))) / share
    least = smallest(arithmetic, ratios)
    small = np.flatnonzero(positive & (arithmetic.lower(shares) <= off))
    lowest = least
    if small.size:
        tiny = smallest(arithmetic, gains[small] / shares[small])
        lowest = arithmetic.minimum(least, tiny)
    return Figure(lowest, least, scale)
