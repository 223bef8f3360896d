"""What agents would do, and have, with their own data alone.

Where one contribution is best alone, what is stated has to be there: a best response is flat, and
being nearly as good says little about where it is. Where several are best, each of them is right.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.peaks import Peak
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.stated.figures import Figure, Judged, Recompute
from mdsolve.certificate.stated.means import smallest

Floats = npt.NDArray[np.float64]


def sources(context: SharingContext) -> Mapping[str, Recompute]:
    """Return the figures about training alone, by path."""
    return {
        "standalone.contributions": lambda: Judged(
            (context.size,), lambda own: _as_good(context, own)
        ),
        "standalone.utilities": lambda: Figure(*_best(context), context.scales.money),
        "metrics.alone_margin": lambda: _margin(context),
    }


def _found(context: SharingContext) -> Peak:
    alone = context.alone
    if not alone.found.all():
        name = context.reading.names[int(np.argmin(alone.found))]
        message = f"the best that agent {name} can do alone was not found"
        raise NoRouteError(message)
    return alone


def worth_alone(context: SharingContext, own: Quantity) -> Quantity:
    """Return value_i a_i(own_i) - c_i(own_i) + B_i with own data only, in money, shape (n,)."""
    reading, arithmetic = context.reading, context.arithmetic
    worth: Quantity | None = None
    for branch in reading.accuracy.branches(reading.nothing, alone=True):
        start = arithmetic.maximum(own, branch.start)
        within = arithmetic.at_most(branch.start, own).holds & branch.present
        if branch.end is not None:
            within = within & arithmetic.at_most(own, branch.end).holds
        value = branch.value(start)
        if worth is None:
            worth = arithmetic.where(within, value, 0 * value)
        worth = arithmetic.where(within, arithmetic.maximum(worth, value), worth)
    assert worth is not None
    return reading.value * worth - reading.costs.value(own) + reading.budget


def _best(context: SharingContext) -> tuple[Quantity, Quantity]:
    """Return numbers between which the best utility alone lies, shape (n,) each."""
    alone, arithmetic = _found(context), context.arithmetic
    reached = arithmetic.maximum(worth_alone(context, alone.low), worth_alone(context, alone.high))
    if not arithmetic.exact:
        return alone.value, alone.value
    return reached, alone.value


def _as_good(context: SharingContext, own: Floats) -> tuple[Quantity, Floats]:
    """Return how far contributions are from the best alone, from what agents have, and can pay."""
    reading, arithmetic, scales = context.reading, context.arithmetic, context.scales
    stated = arithmetic.stored(own)
    zero = arithmetic.zeros(context.size)
    above = arithmetic.where(reading.bounded, stated - reading.capacity, zero)
    tried = arithmetic.maximum(stated, zero)
    short = _best(context)[1] - worth_alone(context, tried)
    dear = arithmetic.where(reading.limited, reading.costs.value(tried) - reading.budget, zero)
    alone = _found(context)
    away = arithmetic.maximum(alone.low - stated, stated - alone.high)
    away = arithmetic.where(alone.only, away, zero)
    rows = arithmetic.concatenate([short, -stated, above, dear, away])
    scale = [scales.money, scales.samples, scales.samples, scales.money, scales.samples]
    return rows, np.concatenate(scale)


def _margin(context: SharingContext) -> Figure:
    """Return min_i (u_i - best alone), relative to the scale of whoever has the least."""
    low, high = _best(context)
    arithmetic, utilities = context.arithmetic, context.utilities
    worst = int(np.argmin(arithmetic.nearest(utilities - high)))
    return Figure(
        smallest(arithmetic, utilities - high),
        smallest(arithmetic, utilities - low),
        context.scales.money[worst],
    )
