"""Upper bounds on what contributions can achieve, from multipliers and prices.

With multipliers mu of W(s) >= R and nu of sum s >= T, whatever respects both has

    goal(s) <= data sum s + benefit A(s) - cost sum c_i(s_i) - mu R - nu T,

the weights being those of the goal plus mu and nu. A is concave, so that for any supergradient k of
it A(z) <= A(s) + k.(z - s), or A(z) <= max_y (A(y) - G y) + G w.z where everybody sees w.z; what is
left is one concave function per agent. Prices are hints: any that are not negative will do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Floats, Quantity
from mdsolve.certificate.peaks import Concave, peak
from mdsolve.certificate.reading.accuracy import WeightedAccuracy
from mdsolve.certificate.reading.curves import Side
from mdsolve.certificate.reading.sharing import SharingReading
from mdsolve.certificate.reading.weights import CommonWeights
from mdsolve.tolerance import NUDGE

if TYPE_CHECKING:
    from mdsolve.certificate.sharing_context import SharingContext


@dataclass(frozen=True)
class Weights:
    """data sum_i s_i + benefit A(s) - cost sum_i c_i(s_i); quantities of shape ()."""

    data: Quantity
    benefit: Quantity
    cost: Quantity


def largest(
    context: SharingContext,
    weights: Weights,
    least: Quantity,
    prices: Floats | None,
    at: Floats,
) -> Quantity:
    """Return an upper bound on a weighed sum over least <= s <= capacity, shape (1,).

    Parameters
    ----------
    prices : (n,) or None
        Of everybody's data, in money per sample.
    at : (n,)
        Contributions whose slopes the prices are.

    Raises
    ------
    NoRouteError
        For accuracies that are not concave, or if nothing is bounded.
    """
    accuracy = context.reading.accuracy
    if not accuracy.concave:
        raise NoRouteError("the accuracy is not concave: prices bound nothing")
    best: Quantity | None = None
    for base, worth in _tangents(context, weights, prices, at):
        gains = _gains(context, worth, weights.cost, least, at)
        if gains is None:
            continue
        found = weights.benefit * base + context.arithmetic.total(gains).reshape(1)
        best = found if best is None else context.arithmetic.minimum(best, found)
        break
    if best is None:
        raise NoRouteError("what data bring at their prices has no bound")
    return best


def _tangents(
    context: SharingContext, weights: Weights, prices: Floats | None, at: Floats
) -> Iterator[tuple[Quantity, Quantity]]:
    """Yield (base, worth): A(z) <= base + k.z, shape (1,); worth = data + benefit k, shape (n,)."""
    reading, arithmetic = context.reading, context.arithmetic
    accuracy = reading.accuracy
    common = isinstance(accuracy, WeightedAccuracy) and isinstance(accuracy.weights, CommonWeights)
    if common:
        for price in _scalars(context, weights, prices, at):
            row = reading.accuracy.weights.row(0)  # type: ignore[attr-defined]
            quantity = arithmetic.stored(np.array([price]))
            yield (
                _over_amounts(context, quantity, at),
                weights.data + weights.benefit * (quantity * row),
            )
        return
    for stretch in (0.0, NUDGE):
        s = arithmetic.stored((1 + stretch) * at)
        slopes = total_slopes(reading, s)
        base = arithmetic.total(reading.benefits(s) - slopes * s).reshape(1)
        yield base, weights.data + weights.benefit * slopes


def _scalars(
    context: SharingContext, weights: Weights, prices: Floats | None, at: Floats
) -> Iterator[float]:
    """Yield prices per unit of the amount that everybody sees."""
    accuracy = context.reading.rounded.accuracy
    assert isinstance(accuracy, WeightedAccuracy)
    row = np.asarray(accuracy.weights.row(0), dtype=np.float64)
    used = row > 0
    y = accuracy.index(at)[:1]
    slope = float(_amount_slope(context.reading.rounded, y, "right")[0])
    first = slope
    if prices is not None and used.any() and np.all(np.isfinite(prices)):
        first = float((prices[used] / row[used]).max())
    near = context.arithmetic.nearest
    data, benefit = float(near(weights.data)), float(near(weights.benefit))
    for price in dict.fromkeys((first, slope)):
        yield max(price, 0.0)
        if benefit > 0 and used.any():
            lowered = price - NUDGE * (data / (benefit * float(row[used].min())) + abs(price))
            yield max(lowered, 0.0)


def _amount_slope(reading: SharingReading, y: Quantity, side: Side) -> Quantity:
    """Return sum_i value_i f_i'(y) at one amount of data, shape (1,)."""
    accuracy = reading.accuracy
    assert isinstance(accuracy, WeightedAccuracy)
    found = reading.arithmetic.zeros(1)
    for k, curve in enumerate(accuracy.curves):
        money = reading.arithmetic.total(reading.value[accuracy.label == k]).reshape(1)
        found = found + money * curve.pieces[0].slope(y, side)
    return found


def _over_amounts(context: SharingContext, price: Quantity, at: Floats) -> Quantity:
    """Return max_y sum_i value_i f_i(y) - price (y - platform), shape (1,)."""

    def curve_of(reading: SharingReading, price: Quantity) -> Concave:
        accuracy, arithmetic = reading.accuracy, reading.arithmetic
        assert isinstance(accuracy, WeightedAccuracy)
        start = arithmetic.zeros(1) + accuracy.platform
        row = accuracy.weights.row(0)
        ended = bool(reading.bounded.all())
        end = start + arithmetic.total(row * reading.capacity)

        def value(y: Quantity) -> Quantity:
            found = -price * (y - accuracy.platform)
            for k, curve in enumerate(accuracy.curves):
                money = arithmetic.total(reading.value[accuracy.label == k]).reshape(1)
                found = found + money * curve.value(y)
            return found

        def slope(y: Quantity, side: Side) -> Quantity:
            return _amount_slope(reading, y, side) - price

        return Concave(arithmetic, start, end, np.full(1, ended), value, slope)

    reading = context.reading
    hint = curve_of(reading.rounded, np.asarray(context.arithmetic.nearest(price)))
    accuracy = reading.rounded.accuracy
    assert isinstance(accuracy, WeightedAccuracy)
    y = np.asarray(accuracy.index(at)[:1], dtype=np.float64)
    found = peak(curve_of(reading, price), hint, y, np.spacing(y))
    if not found.found.all():
        raise NoRouteError("the price of data is too low to bound what they are worth")
    return found.value


def total_slopes(reading: SharingReading, s: Quantity) -> Quantity:
    """Return dA / ds_j from the right, A = sum_i value_i a_i, in money per sample, shape (n,).

    Raises
    ------
    NoRouteError
        For accuracies that are no functions of amounts of data.
    """
    accuracy, arithmetic = reading.accuracy, reading.arithmetic
    if isinstance(accuracy, WeightedAccuracy):
        slopes = reading.value * accuracy.by_curve(
            accuracy.index(s), lambda curve, y: curve.pieces[0].slope(y, "right")
        )
        kinds = accuracy.weights.kinds
        found = arithmetic.zeros(reading.size)
        for kind in range(int(kinds.max(initial=-1)) + 1):
            money = arithmetic.total(slopes[kinds == kind])
            found = found + money * accuracy.weights.row(kind)
        return found
    table = accuracy.gradients(s)
    if table is None:
        raise NoRouteError("the slopes of this accuracy are not read")
    rows = [reading.value[i] * table[i] for i in range(reading.size)]
    found = rows[0]
    for row in rows[1:]:
        found = found + row
    return found


def _gains(
    context: SharingContext, worth: Quantity, cost: Quantity, least: Quantity, at: Floats
) -> Quantity | None:
    """Return the largest worth_i z - cost c_i(z), shape (n,), None where there is none."""
    reading, near = context.reading, context.arithmetic.nearest

    def curve_of(
        reading: SharingReading, worth: Quantity, cost: Quantity, low: Quantity
    ) -> Concave:
        def value(x: Quantity) -> Quantity:
            return worth * x - cost * reading.costs.value(x)

        def slope(x: Quantity, side: Side) -> Quantity:
            return worth - cost * reading.costs.slope(x, side)

        return Concave(reading.arithmetic, low, reading.capacity, reading.bounded, value, slope)

    function = curve_of(reading, worth, cost, least)
    hint = curve_of(reading.rounded, near(worth), np.asarray(near(cost)), near(least))
    found = peak(function, hint, at, np.spacing(at))
    return found.value if bool(found.found.all()) else None
