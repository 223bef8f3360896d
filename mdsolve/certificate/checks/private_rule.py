"""`rule` of private contracts: payments and curves are those that the options ask for.

A is a best amount of high costs alone, with the own model. D earns the full model. Exactly:
the expected contribution is the largest possible and m_down lies within the tolerance of a
maximiser; C earns what low costs do not prefer, V_l - c_l (m_down - m_up), or the full model.
As printed: m_down is where w'(m) = c_l - p/(1-p) c_h, or at an end of the amounts between those
under known costs; m_up is where the line of low costs through D meets that of high costs through A.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mdsolve.certificate.checks.private_curves import (
    RULES,
    SYSTEMS,
    decided_rows,
    largest,
    settled,
)
from mdsolve.certificate.checks.private_nash import bounds
from mdsolve.certificate.checks.shaped_rule import no_payments
from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Booleans, Quantity
from mdsolve.certificate.registry import condition
from mdsolve.certificate.shaped.menus import most_accepted, nobody_else
from mdsolve.certificate.shaped.offers import Batch, batches
from mdsolve.certificate.shaped.stretches import concave_on
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition
from mdsolve.tolerance import DEFAULT, ROUND_OFF

NAME = "rule"
Rows = Callable[[Batch], tuple[Quantity, Booleans]]


@condition(
    NAME,
    "sharing",
    about="payments and contracts are those that the options ask for",
    rules=RULES,
    arithmetics=SYSTEMS,
)
def rule(context: SharingContext) -> Condition:
    """Compare payments and break points with the rule's."""
    asked = context.options.get("rule", "exact")
    if asked not in ("exact", "published"):
        message = f"rule: expected exact or published, got {asked!r}"
        raise NoRouteError(message)
    found = no_payments(context, NAME)
    own: list[tuple[str, Rows, str]] = [
        ("accuracy", _own_models, "a curve does not begin with the model of an agent's own data"),
        ("money", _best_alone, "a curve does not begin at a best amount of high costs alone"),
        ("samples", _at_best_alone, "a curve does not begin at a best amount of high costs alone"),
        ("accuracy", _full_models, "low costs do not earn the model of all data"),
    ]
    exact: list[tuple[str, Rows, str]] = [
        ("money", _tempting, "what high costs earn is not the rule's"),
        ("samples", _best, "other contracts collect more in expectation"),
        ("samples", _placed, "the contract for low costs lies elsewhere"),
    ]
    published: list[tuple[str, Rows, str]] = [
        ("money", _crossing, "the contract for high costs is not where the two lines meet"),
        ("samples", _printed, "the contract for low costs is not as printed"),
    ]
    words = "payments and contracts are those of the mechanism"
    for unit, rows, wrong in [*own, *(exact if asked == "exact" else published)]:
        if found.verdict != "pass":
            return found
        found = decided_rows(context, NAME, rows, words=(words, wrong), unit=unit)
    if context.options.get("beliefs", "bayes") == "ex-post":
        tables = [f"profiles.{key}" for key in ("classes", "low_types", "curves")]
    else:
        tables = ["curves"]
    context.cover(NAME, ["mechanism", "payments", *tables])
    return found


def _own_models(batch: Batch) -> tuple[Quantity, Booleans]:
    own = batch.outlook.pool.value(batch.own[:, 0])
    return abs(batch.handed[:, 0] - own), settled(batch)


def _best_alone(batch: Batch) -> tuple[Quantity, Booleans]:
    alone = batch.alone["high"]
    own = batch.outlook.pool.value(batch.own[:, 0])
    reached = batch.outlook.value * own - batch.outlook.high * batch.own[:, 0]
    return alone.value - reached, ~alone.found


def _at_best_alone(batch: Batch) -> tuple[Quantity, Booleans]:
    near, arithmetic = batch.alone["high"].near, batch.context.arithmetic
    apart = arithmetic.maximum(near.low - batch.own[:, 0], batch.own[:, 0] - near.high)
    return apart, ~near.found | ~(near.only | arithmetic.at_most(apart, _slack(batch)).holds)


def _slack(batch: Batch) -> Quantity:
    context = batch.context
    return context.arithmetic.stored(context.tolerance * context.scales.samples[batch.agent])


def _full_models(batch: Batch) -> tuple[Quantity, Booleans]:
    return abs(batch.handed[:, 2] - batch.full[2]), settled(batch)


def _tempting(batch: Batch) -> tuple[Quantity, Booleans]:
    """Compare V_h with the smaller of w(m_up) and V_l - c_l (m_down - m_up)."""
    value, own = batch.outlook.value, batch.own
    line = value * batch.handed[:, 2] - batch.outlook.low * (own[:, 2] - own[:, 1])
    least = batch.context.arithmetic.minimum(value * batch.full[1], line)
    return abs(value * batch.handed[:, 1] - least), settled(batch)


def _bound(batch: Batch) -> int:
    return next(k for k, one in enumerate(batch.context.derived(batches)) if one is batch)


def _best(batch: Batch) -> tuple[Quantity, Booleans]:
    bound = batch.context.derived(bounds)[_bound(batch)]
    chance = batch.outlook.probability_low
    stated = chance * batch.own[:, 2] + (1 - chance) * batch.own[:, 1]
    return bound.most - stated, ~bound.found


def _placed(batch: Batch) -> tuple[Quantity, Booleans]:
    """Return 0 where a maximiser is near, the contribution itself where all are elsewhere."""
    bound = batch.context.derived(bounds)[_bound(batch)]
    arithmetic = batch.context.arithmetic
    off = arithmetic.where(bound.near, 0 * batch.own[:, 2], abs(batch.own[:, 2]) + _unit(batch))
    return off, ~bound.near & ~bound.away


def _unit(batch: Batch) -> Quantity:
    return batch.context.arithmetic.stored(batch.context.scales.samples[batch.agent])


def _crossing(batch: Batch) -> tuple[Quantity, Booleans]:
    """Check that C is worth u_h to high costs, and what D is worth to low costs."""
    high = batch.utility("high", 1) - batch.alone["high"].value
    low = batch.utility("low", 1) - batch.utility("low", 2)
    return largest(batch, [abs(high), abs(low)]), ~batch.alone["high"].found


def _printed(batch: Batch) -> tuple[Quantity, Booleans]:
    """Return 0 where m_down is stationary or at the end it is pushed to; else how large it is."""
    arithmetic, outlook = batch.context.arithmetic, batch.outlook
    floor = {
        kind: arithmetic.stored(arithmetic.lower(batch.alone[kind].value)) for kind in batch.alone
    }
    delta = batch.context.tolerance * batch.context.scales.samples[batch.agent]
    narrow = ROUND_OFF / DEFAULT.verify * delta
    least, known_least = most_accepted(outlook, "high", floor["high"], narrow)
    most, known_most = most_accepted(outlook, "low", floor["low"], narrow)
    # Nobody else to bring anything leaves the best amounts alone.
    lonely = nobody_else(outlook)
    ends = {kind: np.asarray(arithmetic.upper(one.near.high)) for kind, one in batch.alone.items()}
    least, most = np.where(lonely, ends["high"], least), np.where(lonely, ends["low"], most)
    chance = outlook.probability_low
    target = outlook.low - chance / (1 - chance) * outlook.high
    at = batch.places[:, 2]
    below, above = np.maximum(at - delta, 0.0), at + delta
    zero = arithmetic.zeros(outlook.size)
    rising = arithmetic.at_most(zero, outlook.slope(arithmetic.stored(below), "left") - target)
    falling = arithmetic.at_most(outlook.slope(arithmetic.stored(above), "right") - target, zero)
    inside = (at >= least - delta) & (at <= most + delta)
    right = inside & (rising.holds | (below <= least)) & (falling.holds | (above >= most))
    wrong = ~inside | (rising.fails & (below > least)) | (falling.fails & (above < most))
    span = np.ones(outlook.size, dtype=np.bool_)
    concave = concave_on(outlook, arithmetic.stored(least), arithmetic.stored(most), span)
    unknown = ~(known_least & known_most & concave) | ~(right | wrong)
    return arithmetic.where(right, zero, abs(batch.own[:, 2]) + _unit(batch)), unknown
