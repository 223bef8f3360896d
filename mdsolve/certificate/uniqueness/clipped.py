"""Only one equilibrium where models of all data together are worth nothing below a threshold.

Where the model is worth nothing and a sample costs something, nobody gives anything. So besides
that nobody contributes, which may be an equilibrium, all equilibria have an amount of data beyond
the threshold, where curves are strictly concave and rising: there is at most one (`amounts`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np

from mdsolve.certificate.numbers import Floats
from mdsolve.certificate.reading.accuracy import WeightedAccuracy
from mdsolve.certificate.reading.curves import Curve
from mdsolve.certificate.registry import registered
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.uniqueness.amounts import Amounts, only_one
from mdsolve.conditions import Verdict

BISECTIONS = 200

RISING = 1
"""Number of the piece beyond the threshold."""


def condition_at(context: SharingContext, profile: Floats) -> Verdict:
    """Return whether a profile is an equilibrium under the claim's rule."""
    rule = context.rule
    entry = registered("sharing", "nash", None if rule is None else rule.name)
    assert entry is not None
    claim = replace(context.claim, contributions=profile, payments=None, accuracies=None)
    other = replace(context, claim=claim, covered=defaultdict(set))
    verdict: Verdict = entry.decide(other).verdict
    return verdict


def only_one_clipped(context: SharingContext, accuracy: WeightedAccuracy) -> str:
    """Return why the claimed equilibrium is not proved to be the only one; empty if it is."""
    arithmetic = context.arithmetic
    game = Amounts(context, accuracy, RISING)
    zero = arithmetic.zeros(context.size)
    if not arithmetic.less(zero, game.marginal(zero, "right")).holds.all():
        return "a sample may cost nothing where it is worth nothing"
    platform = float(arithmetic.nearest(accuracy.platform))
    worth_it = [_certainly(curve, platform, above=True) for curve in accuracy.curves]
    if all(worth_it):
        return only_one(game)
    if np.any(context.given > 0):
        if condition_at(context, np.zeros(context.size)) == "fail":
            return only_one(game)
        return "that nobody contributes is not proved to be no equilibrium"
    if _nobody_ever(game):
        return ""
    return "that nobody contributes is not proved to be the only equilibrium"


def _nobody_ever(game: Amounts) -> bool:
    """Tell whether nobody contributes at any equilibrium, certainly.

    All data together do not reach the threshold, or no sample beyond it is worth its cost.
    """
    context, accuracy = game.context, game.accuracy
    arithmetic, reading = context.arithmetic, context.reading
    if reading.bounded.all():
        most = arithmetic.upper(arithmetic.total(reading.capacity) + accuracy.platform)
        if all(_certainly(curve, float(most), above=False) for curve in accuracy.curves):
            return True
    platform = float(arithmetic.nearest(accuracy.platform))
    begins = np.array([_just_below(curve, platform) for curve in accuracy.curves])
    steepest = accuracy.by_curve(
        arithmetic.stored(begins[accuracy.label]),
        lambda curve, y: curve.pieces[RISING].slope(y, "right"),
    )
    costs = game.marginal(arithmetic.zeros(context.size), "right")
    return bool(arithmetic.less(reading.value * steepest, costs).holds.all())


def _certainly(curve: Curve, amount: float, *, above: bool) -> bool:
    """Tell whether a model of so much data certainly is worth something, or certainly nothing."""
    arithmetic, piece = curve.arithmetic, curve.pieces[RISING]
    y = arithmetic.maximum(arithmetic.stored(np.array([amount])), piece.start)
    worth, zero = piece.value(y), arithmetic.zeros(1)
    if above:
        reached = arithmetic.at_most(piece.start, arithmetic.stored(np.array([amount]))).holds
        return bool((arithmetic.less(zero, worth).holds & reached).all())
    return bool(arithmetic.at_most(worth, zero).holds.all())


def _just_below(curve: Curve, platform: float) -> float:
    """Return an amount up to which the model certainly is worth nothing, near the largest."""
    start = float(curve.arithmetic.upper(curve.pieces[RISING].start))
    low = max(start, platform)
    if not _certainly(curve, low, above=False):
        return start
    high = 2 * low
    for _ in range(BISECTIONS):
        if not _certainly(curve, high, above=False):
            break
        low, high = high, 2 * high
    for _ in range(BISECTIONS):
        middle = low + 0.5 * (high - low)
        if not low < middle < high:
            break
        low, high = (middle, high) if _certainly(curve, middle, above=False) else (low, middle)
    return low
