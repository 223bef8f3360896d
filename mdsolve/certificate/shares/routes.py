"""Which way to the shares fits a game and a number system."""

from __future__ import annotations

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import BALLS, EXACT, FLOAT, INTERVALS, Arithmetic, Quantity
from mdsolve.certificate.reading.sharing import SharingReading
from mdsolve.certificate.shares.arrivals import Arrivals
from mdsolve.certificate.shares.base import Index, Part, Shares
from mdsolve.certificate.shares.coalitions import coalition_part
from mdsolve.certificate.shares.mixture import mixture_part
from mdsolve.certificate.shares.objects import object_part
from mdsolve.certificate.shares.products import ConstantPart, product_part

PRODUCTS: dict[Arithmetic, int] = {
    FLOAT: 1_000_000_000,
    INTERVALS: 1_000_000_000,
    BALLS: 3_000_000,
    EXACT: 100_000,
}
"""Most factors of products: some seconds."""

COALITIONS: dict[Arithmetic, int] = {
    FLOAT: 400_000,
    INTERVALS: 400_000,
    BALLS: 10_000,
    EXACT: 400,
}
"""Most values of accuracies in one enumeration."""

FEW = 6
"""Most agents whose coalitions are fewer than the nodes of a quadrature."""


def shares_of(
    reading: SharingReading, s: Quantity, index: Index, arrivals: Arrivals | None = None
) -> Shares:
    """Return the shares at a profile, weighted where arrivals are given.

    Raises
    ------
    NoRouteError
        If the checker has no way to them, or none that ends soon.
    """
    arithmetic = reading.arithmetic
    together = reading.accuracy.together(reading.value)
    if together is None:
        return Shares(arithmetic, [_asked(reading, s, index, arrivals)], s, index, arrivals)
    parts: list[Part] = []
    curves = list(together.curves)
    if together.decays and (arithmetic.exact or reading.size <= FEW):
        curves += [decay.as_curve(arithmetic) for decay in together.decays]
    elif together.decays:
        limit = PRODUCTS[arithmetic]
        parts.append(mixture_part(arithmetic, together.decays, s, index, limit, arrivals))
    if curves:
        limit = COALITIONS[arithmetic]
        parts.append(coalition_part(arithmetic, curves, s, index, limit, arrivals))
    if together.linear is not None:
        parts.append(ConstantPart(arithmetic, together.linear))
    if together.products is not None:
        limit = PRODUCTS[arithmetic]
        parts.append(product_part(arithmetic, together.products, s, index, limit, arrivals))
    return Shares(arithmetic, parts, s, index, arrivals)


def _asked(reading: SharingReading, s: Quantity, index: Index, arrivals: Arrivals | None) -> Part:
    """Return shares of accuracies of which only values and gradients are known."""
    accuracy, value = reading.accuracy, np.asarray(reading.value)
    if accuracy.gradients(reading.nothing) is None or not accuracy.concave:
        message = "shares of accuracies that are known by their values alone, and are not concave"
        raise NoRouteError(message)
    return object_part(
        lambda profile: float(value @ accuracy.values(profile)),
        lambda profile: np.asarray(value @ accuracy.gradients(profile)),
        np.asarray(s),
        index,
        arrivals,
    )
