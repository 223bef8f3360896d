"""Utilities, accuracies and totals of a sharing game, at the contributions and payments claimed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.stated.figures import Figure, Recompute
from mdsolve.certificate.stated.means import geometric_mean, least, mean
from mdsolve.certificate.stated.moves import shortfall


def sources(context: SharingContext) -> Mapping[str, Recompute]:
    """Return the figures of an answer, by path."""
    arithmetic, scales = context.arithmetic, context.scales
    found: dict[str, Recompute] = {}
    if context.rule is None or not context.rule.shaped:
        found["accuracies"] = lambda: Figure.exactly(accuracies(context), scales.accuracy)
    return found | {
        "utilities": lambda: Figure.exactly(context.utilities, scales.money),
        "metrics.total_data": lambda: Figure.exactly(
            arithmetic.total(context.s), scales.samples.sum()
        ),
        "metrics.data_share": lambda: _data_share(context),
        "metrics.mean_accuracy": lambda: mean(arithmetic, accuracies(context), scales.accuracy),
        "metrics.welfare": lambda: Figure.exactly(
            arithmetic.total(welfare_of(context)), scales.money.sum()
        ),
        "metrics.surplus": lambda: Figure.exactly(
            -arithmetic.total(context.payments), scales.money.max(initial=0.0)
        ),
        "metrics.p_mean.1": lambda: mean(arithmetic, context.utilities, scales.money),
        "metrics.p_mean.0": lambda: geometric_mean(context, context.utilities, scales.money),
        "metrics.p_mean.-inf": lambda: least(arithmetic, context.utilities, scales.money),
        "regret": lambda: _regret(context),
    }


def accuracies(context: SharingContext) -> Quantity:
    """Return the accuracy of the model that each agent receives, shape (n,)."""
    received = context.received
    return context.reading.accuracy.values(context.s) if received is None else received


def welfare_of(context: SharingContext) -> Quantity:
    """Return value_i a_i - c_i of everybody, in money, shape (n,)."""
    reading = context.reading
    return reading.value * accuracies(context) - reading.costs.value(context.s)


def _data_share(context: SharingContext) -> Figure | None:
    """Return sum s / sum of capacities; no number where a capacity is infinite or all are 0."""
    reading, arithmetic = context.reading, context.arithmetic
    if not reading.bounded.all():
        return None
    most = arithmetic.total(reading.capacity)
    if float(arithmetic.upper(most)) <= 0:
        return None
    return Figure.exactly(arithmetic.total(context.s) / most, 1.0)


def _regret(context: SharingContext) -> Figure:
    """Return what agents can gain at most: nothing where `nash` passes.

    Elsewhere at least what `nash` proves, and at most the largest gain of anybody.
    """
    found = context.decided_as("nash")
    arithmetic, scale = context.arithmetic, float(context.scales.money.max(initial=0.0))
    if found.verdict == "pass":
        return Figure.exactly(arithmetic.constant(0), scale)
    if found.verdict == "fail" and found.violation is not None:
        proved = max(found.violation, 0.0)
        most = max(proved, _largest_gain(context))
        low, high = (arithmetic.stored(np.array(end)) for end in (proved, most))
        return Figure.within(low, high, scale)
    message = "what agents can gain is not known: nash was not decided"
    raise NoRouteError(message)


def _largest_gain(context: SharingContext) -> float:
    """Return a bound on what anybody gains by a best response, in money; 0 on shares."""
    if context.terms.shares is not None:
        return 0.0
    gains = shortfall(context, context.given)
    return float(context.arithmetic.upper(gains).max(initial=0.0))
