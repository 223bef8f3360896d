"""How much an agent with a budget can contribute, the others as claimed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.peaks import DOUBLINGS
from mdsolve.certificate.reading.sharing import SharingReading

Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Means:
    """Contributions up to `within` are certainly paid for; those beyond `beyond` certainly not.

    Parameters
    ----------
    within, beyond : (n,)
        Samples; meaningless where nobody is `held`.
    held : (n,) of bool
        Whom money limits.
    """

    within: Quantity
    beyond: Quantity
    held: Booleans


def affordable(
    reading: SharingReading,
    borne: Quantity,
    price: Quantity,
    money: Quantity,
    limited: Booleans,
) -> Means:
    """Return what borne c_i(x) - price x <= money_i leaves to choose.

    What agents bear is convex, so what they can pay for is an interval; it is taken from its upper
    end down to 0.
    """
    arithmetic = reading.arithmetic
    nothing = reading.nothing
    if not limited.any():
        return Means(nothing, nothing, np.zeros(reading.size, dtype=np.bool_))
    game = reading.rounded
    near = arithmetic.nearest
    share, rate, purse = (np.asarray(near(x)) for x in (borne, price, money))

    def spent(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        with np.errstate(all="ignore"):
            return np.asarray(share * game.costs.value(x) - rate * x - purse)

    low, high = np.zeros(reading.size), np.maximum(game.accuracy.units, np.spacing(1.0))
    high = np.minimum(np.where(game.bounded, game.capacity, high), game.ends)
    growing = (spent(high) <= 0) & limited & ~game.bounded
    for _ in range(DOUBLINGS):
        if not growing.any():
            break
        high = np.where(growing, 2 * high, high)
        growing = (spent(high) <= 0) & limited & ~game.bounded & np.isfinite(high)
    over = spent(high) > 0
    for _ in range(DOUBLINGS):
        middle = low + 0.5 * (high - low)
        inside = (low < middle) & (middle < high) & over
        if not inside.any():
            break
        fits = spent(middle) <= 0
        low, high = np.where(inside & fits, middle, low), np.where(inside & ~fits, middle, high)
    held = limited & over & np.isfinite(high)
    if not held.any():
        return Means(nothing, nothing, held)
    zero = arithmetic.zeros(reading.size)

    def left(x: Quantity) -> Quantity:
        return money - borne * reading.costs.value(x) + price * x

    inner, outer = np.where(held, low, 0.0), np.where(held, high, 0.0)
    step = 4 * np.spacing(outer)
    for _ in range(DOUBLINGS):
        fits = arithmetic.at_most(zero, left(arithmetic.stored(inner))).holds | (inner == 0)
        misses = arithmetic.less(left(arithmetic.stored(outer)), zero).holds | ~held
        if (fits & misses).all():
            break
        inner = np.where(fits, inner, np.maximum(inner - step, 0.0))
        outer = np.where(misses, outer, outer + step)
        step = 2 * step
    held &= misses
    return Means(arithmetic.stored(inner), arithmetic.stored(outer), held)
