"""Best responses under penalties: one side of the wanted contribution at a time.

An agent's own utility is g(z) - min{cap, b (s* - z)} on the penalised side, so that

    max = max{ max g - cap,  max over z <= s* of g(z) - b^+ (s* - z),
                             max over z >= s* of g(z) - b^- (z - s*) }

and each of the last two is a maximum of concave functions. Without a cap the first one is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mdsolve.certificate.numbers import Booleans, Floats, Quantity
from mdsolve.certificate.own import Responses, better, own_utility, picked
from mdsolve.certificate.peaks import Concave, Peak, peak
from mdsolve.certificate.reading.accuracy import Branch
from mdsolve.certificate.reading.sharing import SharingReading

if TYPE_CHECKING:
    from mdsolve.certificate.sharing_context import SharingContext


def best_below(
    reading: SharingReading,
    branches: tuple[Sequence[Branch], Sequence[Branch]],
    price: Quantity,
    top: tuple[Quantity, Floats],
    width: Floats,
) -> Peak:
    """Return where value_i a_i(z) - c_i(z) + price z is largest for z from 0 to a top.

    Parameters
    ----------
    branches : two sequences of Branch
        In the reading's arithmetic and in floats.
    price : (n,)
    top : (n,) twice
        As quantities and as doubles; guessed to be the maximiser.
    """

    def cut(function: Concave, end: Quantity) -> Concave:
        arithmetic = function.arithmetic
        nearer = arithmetic.where(function.ended, arithmetic.minimum(function.end, end), end)
        return replace(function, end=nearer, ended=np.ones(reading.size, dtype=np.bool_))

    return _best(reading, branches, price, cut, top, width)


def best_above(
    reading: SharingReading,
    branches: tuple[Sequence[Branch], Sequence[Branch]],
    price: Quantity,
    bottom: tuple[Quantity, Floats],
    width: Floats,
) -> Peak:
    """Return where the same is largest from a bottom on; see `best_below`."""

    def cut(function: Concave, start: Quantity) -> Concave:
        return replace(function, start=function.arithmetic.maximum(function.start, start))

    return _best(reading, branches, price, cut, bottom, width)


def _best(
    reading: SharingReading,
    branches: tuple[Sequence[Branch], Sequence[Branch]],
    price: Quantity,
    cut: object,
    at: tuple[Quantity, Floats],
    width: Floats,
) -> Peak:
    assert callable(cut)
    arithmetic, game = reading.arithmetic, reading.rounded
    one, rate = arithmetic.constant(1), arithmetic.nearest(price)
    best: Peak | None = None
    known = np.zeros(reading.size, dtype=np.bool_)
    for branch, plain in zip(*branches, strict=True):
        function = cut(own_utility(reading, branch, one, price, None), at[0])
        hint = cut(own_utility(game, plain, np.asarray(1.0), rate, None), at[1])
        start, end = hint.limits()
        there = branch.present & (start <= end)
        found = peak(function, hint, np.clip(at[1], start, end), width)
        found = replace(found, found=found.found | ~there)
        # A side may begin or end inside a curve: pieces that it does not reach say nothing.
        first = found if best is None else picked(arithmetic, ~known, found, best)
        best = first if best is None else better(arithmetic, first, found, there)
        known = known | there
    assert best is not None
    return best


def penalised(
    context: SharingContext,
    free: Peak,
    wanted: tuple[Quantity, Floats],
    rates: Quantity,
    caps: tuple[Quantity, Booleans],
) -> Responses:
    """Return best responses to affine penalties around the wanted contributions."""
    arithmetic, reading, s = context.arithmetic, context.reading, context.s
    zero = arithmetic.zeros(context.size)
    width = context.tolerance * context.scales.samples
    branches = (
        reading.accuracy.branches(s),
        reading.rounded.accuracy.branches(context.given),
    )
    up, down = arithmetic.maximum(rates, zero), arithmetic.minimum(rates, zero)
    left = best_below(reading, branches, up, wanted, width)
    right = best_above(reading, branches, down, wanted, width)
    left, right = _less(left, up * wanted[0]), _less(right, down * wanted[0])
    inside = better(arithmetic, left, right, np.ones(context.size, dtype=np.bool_))
    near = Peak(
        inside.value,
        inside.reached,
        right.low,
        left.high,
        left.found & right.found,
        left.only & right.only,
    )
    return Responses(beside(context, inside, free, caps), near)


def beside(
    context: SharingContext, inside: Peak, free: Peak, caps: tuple[Quantity, Booleans]
) -> Peak:
    """Return the better of staying within penalties below their cap, and of paying the cap."""
    amount, capped = caps
    arithmetic = context.arithmetic
    away = _less(free, amount)
    found = better(arithmetic, inside, away, capped)
    return replace(found, found=inside.found & (free.found | ~capped))


def _less(found: Peak, amount: Quantity) -> Peak:
    return replace(found, value=found.value - amount, reached=found.reached - amount)


def unmoved(context: SharingContext, own: Quantity) -> Peak:
    """Return the peak of agents who have the same wherever penalties take what leaving gains."""
    every = np.ones(context.size, dtype=np.bool_)
    return Peak(own, own, context.s, context.s, every, ~every)
