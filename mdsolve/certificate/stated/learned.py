"""What solutions state whose rule learns a model: slopes, prices, who is worse off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.joint import stored_parameters, without_data
from mdsolve.certificate.numbers import Floats, Quantity
from mdsolve.certificate.p_means import least
from mdsolve.certificate.reading.accuracies.quadratic_fit import joint_accuracy
from mdsolve.certificate.reading.sharing import SharingReading
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.stated import notes
from mdsolve.certificate.stated.figures import Figure, Judged, Recompute, Said

SINGULAR = (
    "nobody contributes, and at no data at all the accuracy is singular: the accuracies and "
    "utilities shown are limits along the learned model; beside it the accuracy falls without bound"
)

ALONE, OUT = "than_alone", "than_staying_out"


def state(context: SharingContext) -> Mapping[str, Recompute]:
    """Return the figures of every rule that learns a model, by path."""
    return {
        "singular": lambda: Said.exactly(without_data(context)),
        "gradient.contributions": lambda: _marginal(context, projected=False),
        "gradient.projected": lambda: _marginal(context, projected=True),
        "gradient.parameters": lambda: _model_gradient(context),
        "warnings": lambda: _warnings(context),
    }


def prices(context: SharingContext, zeta: Quantity, beta: Quantity) -> Mapping[str, Recompute]:
    """Return the prices that move everybody to their capacity, and who would rather not be moved.

    Parameters
    ----------
    zeta, beta : quantities of shape ()
        Largest marginal cost, and the price of the options.
    """
    scale = _steepest(context)
    zero = context.arithmetic.constant(0)
    return {
        "beta": lambda: Figure.exactly(beta, scale),
        "zeta": lambda: Figure.exactly(zeta, scale),
        "tau": lambda: Figure.exactly(zero, scale),
        "beta_sufficient": lambda: Figure.exactly(zeta, scale),
        "beta_least": lambda: Figure.exactly(_least_price(context), scale),
        f"worse_off.{OUT}": lambda: Said(lambda names: _worse(context, names, OUT)),
        f"worse_off.{ALONE}": lambda: Said(lambda names: _worse(context, names, ALONE)),
    }


def own_slopes(reading: SharingReading, s: Quantity) -> Quantity:
    """Return value_i da_i/ds_i to the right, in money per sample, shape (n,).

    Raises
    ------
    NoRouteError
        Where it is not certain on which branch of the accuracy a contribution lies.
    """
    arithmetic = reading.arithmetic
    branches = reading.accuracy.branches(s)
    if len(branches) == 1:
        return reading.value * branches[0].slope(s, "right")
    # An accuracy is the largest of its branches; where two are equal the slope has a jump.
    inside = [one.present & arithmetic.at_most(one.start, s).holds for one in branches]
    at = [arithmetic.maximum(s, one.start) for one in branches]
    values = [one.value(x) for one, x in zip(branches, at, strict=True)]
    tops = np.where(inside, [arithmetic.upper(value) for value in values], -np.inf)
    highest = np.argmax(tops, axis=0)
    slope = arithmetic.zeros(len(s))
    for k, (one, x, value) in enumerate(zip(branches, at, values, strict=True)):
        chosen = highest == k
        others = np.delete(tops, k, axis=0).max(axis=0)
        if np.any(chosen & ~(arithmetic.lower(value) > others)):
            raise NoRouteError("a slope where two pieces of an accuracy meet")
        slope = arithmetic.where(chosen, one.slope(x, "right"), slope)
    return reading.value * slope


def _steepness(context: SharingContext) -> Floats:
    """Return what slopes are relative to: money at stake per sample, shape (n,)."""
    samples, money = context.scales.samples, context.scales.money
    usable = samples > 0
    return np.where(usable, money / np.where(usable, samples, 1.0), 0.0)


def _steepest(context: SharingContext) -> float:
    """Return the largest money per sample: marginal costs at capacity among them."""
    plain = context.reading.rounded
    costs = np.abs(np.asarray(plain.costs.slope(np.asarray(plain.capacity), "left")))
    return float(np.maximum(_steepness(context), costs).max(initial=0.0))


def _marginal(context: SharingContext, *, projected: bool) -> Figure:
    """Return own marginal utilities; without what leads out of [0, capacity], or with it."""
    reading, arithmetic, terms = context.reading, context.arithmetic, context.terms
    benefit = own_slopes(reading, context.s)
    cost = terms.borne * reading.costs.slope(context.s, "right")
    slope = benefit - cost + terms.price
    if projected:
        zero = arithmetic.zeros(context.size)
        down, up = (arithmetic.lower(slope) < 0, arithmetic.upper(slope) > 0)
        blocked = ((context.given <= 0) & down) | ((context.given >= reading.ends) & up)
        slope = arithmetic.where(blocked, zero, slope)
    # Benefits and costs cancel in a slope: doubles know it no better than they know those.
    size = sum(np.abs(arithmetic.nearest(part)) for part in (benefit, cost, terms.price))
    return Figure.exactly(slope, np.maximum(_steepness(context), size))


def _model_gradient(context: SharingContext) -> Figure | None:
    """Return the gradient of the mean accuracy in the model, shape (m,)."""
    joint = joint_accuracy(context.reading)
    if joint is None:
        return None
    arithmetic, near = context.arithmetic, context.arithmetic.nearest
    model = joint.stored_model(stored_parameters(context, joint))
    off = model - joint.best_model
    if without_data(context):
        if np.any(near(off) != 0):
            return None
        return Figure.exactly(0 * off, 1.0)
    y = joint.platform + arithmetic.total(context.s).reshape(1)
    reach = np.abs(near(model)) + np.abs(near(joint.targets)).max(axis=0)
    return Figure.exactly(
        -2 * joint.curvature * off / y, np.asarray(2 * near(joint.curvature) * reach / near(y))
    )


def _warnings(context: SharingContext) -> Figure | Said | Judged | None:
    if without_data(context):
        return Said.exactly([SINGULAR])
    return notes.sources(context)["warnings"]()


def _least_price(context: SharingContext) -> Quantity:
    """Return the price from which on no own slope is negative where everybody contributes all."""
    reading, arithmetic = context.reading, context.arithmetic
    joint = joint_accuracy(reading)
    if joint is not None:
        reading = replace(reading, accuracy=joint.with_missing(joint.missing_at_best))
    short = reading.costs.slope(reading.capacity, "left") - own_slopes(reading, reading.capacity)
    return arithmetic.maximum(arithmetic.constant(0), -least(arithmetic, -short).reshape(()))


def _worse(context: SharingContext, names: Any, than: str) -> str:
    """Return what is wrong with a list of those whom taking part costs more than it gives."""
    if not isinstance(names, list | tuple):
        return "a list of names belongs here"
    arithmetic, known = context.arithmetic, list(context.reading.names)
    if than == OUT:
        outside, sure = context.reading.budget, np.ones(context.size, dtype=np.bool_)
    else:
        outside, sure = context.alone.value, context.alone.found
    loss = outside - context.utilities
    slack = arithmetic.stored(context.tolerance * context.scales.money)
    loses = arithmetic.less(slack, loss).holds & sure
    gains = arithmetic.at_most(loss, -slack).holds & sure
    listed = np.array([name in set(names) for name in known], dtype=np.bool_)
    unknown = [name for name in names if name not in known]
    if unknown:
        return f"{unknown[0]!r} is not an agent"
    for wrong, words in ((loses & ~listed, "is worse off"), (gains & listed, "is better off")):
        if wrong.any():
            return f"{known[int(np.argmax(wrong))]} {words}"
    return ""
