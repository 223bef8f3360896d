"""Private contracts can be kept, are accepted, and are chosen as they are meant.

The model for a contribution m is the full one or what the line through the break points A, C, D
says (continued at the rate of low costs), whichever is less, and never less than that of the
agent's own data. So the whole curve is feasible and individually rational once the break points
are, and a type's best point on it is one of them or its own best amount alone: between break points
utility is a straight line capped by the full model, beyond D it falls for high costs and stays for
low ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mdsolve.certificate.checks.shaped_curves import rigid
from mdsolve.certificate.numbers import Booleans, Quantity
from mdsolve.certificate.registry import condition
from mdsolve.certificate.shaped.offers import MEANT, TYPES, Batch, batches
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import ArithmeticName, Condition
from mdsolve.tolerance import DEFAULT

RULES = ("value-shaping-private",)
SYSTEMS: tuple[ArithmeticName, ...] = ("enclosure", "float")
POINTS = "ACD"

FEASIBILITY = "curve-feasibility"
RATIONALITY = "individual-rationality"
ALONE = "individual-rationality-alone"
COMPATIBILITY = "incentive-compatibility"


def decided_rows(
    context: SharingContext,
    name: str,
    rows: Callable[[Batch], tuple[Quantity, Booleans]],
    *,
    words: tuple[str, str],
    unit: str = "money",
    more: Callable[[Batch, int], dict[str, Any]] | None = None,
    tolerance: float | None = None,
) -> Condition:
    """Return the condition that violations of all contracts decide.

    Parameters
    ----------
    rows : callable
        Takes a batch; returns its violations and where they are open.
    unit : {"money", "samples", "accuracy"}
        Of the violations.
    more : callable or None
        Takes a batch and a row; returns what a witness shows besides the agent and the profile.
    """
    found = context.derived(batches)
    each = [rows(batch) for batch in found]
    place = [(batch, row) for batch in found for row in range(len(batch.agent))]
    scale = getattr(context.scales, unit)
    number = len(place)

    def witness(k: int) -> dict[str, Any]:
        batch, row = place[k]
        shown: dict[str, Any] = {"agent": context.reading.names[int(batch.agent[row])]}
        if batch.where[row]:
            shown["profile"] = batch.where[row]
        return shown | (more(batch, row) if more is not None else {})

    judged = context if tolerance is None else rigid(context, tolerance)
    return judged.decided(
        name,
        context.arithmetic.concatenate([violation for violation, _ in each]),
        scale[np.concatenate([batch.agent for batch in found])],
        words=words,
        scope=f"{number:,} different curve{'s' if number != 1 else ''}, every own contribution",
        witness=witness,
        undecided=np.concatenate([unknown for _, unknown in each]),
    )


def largest(batch: Batch, columns: Sequence[Quantity]) -> Quantity:
    """Return the entrywise largest of some columns."""
    most = columns[0]
    for column in columns[1:]:
        most = batch.context.arithmetic.maximum(most, column)
    return most


def settled(batch: Batch) -> Booleans:
    """Return that nothing is open, shape (rows,)."""
    return np.zeros(len(batch.agent), dtype=np.bool_)


def at_stake(batch: Batch, kind: str, violation: Quantity) -> Quantity:
    """Return violations that concern one type, minus their size where it is not at stake."""
    mask = batch.stake[:, TYPES.index(kind)]
    return batch.context.arithmetic.where(mask, violation, -abs(violation))


@condition(
    FEASIBILITY,
    "sharing",
    about="no model is promised that all data together cannot give",
    rules=RULES,
    arithmetics=SYSTEMS,
)
def curve_feasibility(context: SharingContext) -> Condition:
    """Check that no break point promises more than the full model, and that curves rise."""
    wrong = "break points of a curve are out of order or beyond the capacity"
    order = decided_rows(context, FEASIBILITY, _disorder, words=("", wrong), unit="samples")
    if order.verdict != "pass":
        return order
    falling = decided_rows(
        context, FEASIBILITY, _falling, words=("", "a curve falls"), unit="accuracy"
    )
    if falling.verdict != "pass":
        return falling
    return decided_rows(
        context,
        FEASIBILITY,
        lambda batch: (_promised(batch), settled(batch)),
        words=(
            "no curve promises more than all data allow",
            "a curve promises more than all data allow",
        ),
        unit="accuracy",
        more=_points,
        tolerance=DEFAULT.solve,
    )


def _disorder(batch: Batch) -> tuple[Quantity, Booleans]:
    own = batch.own
    steps = [-own[:, 0], own[:, 0] - own[:, 1], own[:, 1] - own[:, 2]]
    over = own[:, 2] - batch.outlook.capacity
    bounded = batch.outlook.bounded
    steps.append(batch.context.arithmetic.where(bounded, over, steps[0]))
    return largest(batch, steps), settled(batch)


def _falling(batch: Batch) -> tuple[Quantity, Booleans]:
    handed = batch.handed
    steps = [handed[:, 0] - handed[:, 1], handed[:, 1] - handed[:, 2]]
    return largest(batch, steps), settled(batch)


def _promised(batch: Batch) -> Quantity:
    return largest(batch, [batch.handed[:, k] - full for k, full in enumerate(batch.full)])


def _points(batch: Batch, row: int) -> dict[str, Any]:
    shown = batch.context.shown
    over = [
        float(np.asarray(shown(batch.handed[row, k] - full[row])))
        for k, full in enumerate(batch.full)
    ]
    k = int(np.argmax(over))
    return {
        "point": POINTS[k],
        "contribution": float(batch.places[row, k]),
        "promised": shown(batch.handed[row, k]),
        "full_model": shown(batch.full[k][row]),
    }


@condition(
    ALONE,
    "sharing",
    about="no type would rather train on its own data alone",
    rules=RULES,
    arithmetics=SYSTEMS,
)
def rationality_alone(context: SharingContext) -> Condition:
    """Check that each type earns at least what it would earn alone, and A its own model."""

    def rows(batch: Batch) -> tuple[Quantity, Booleans]:
        own = batch.outlook.pool.value(batch.own[:, 0])
        lacking = [batch.outlook.value * (own - batch.handed[:, 0])]
        unknown = settled(batch)
        for number, kind in enumerate(TYPES):
            alone = batch.alone[kind]
            lacking.append(at_stake(batch, kind, alone.value - batch.meant(kind)))
            unknown = unknown | (~alone.found & batch.stake[:, number])
        return largest(batch, lacking), unknown

    return decided_rows(
        context,
        ALONE,
        rows,
        words=("no type is better off training alone", "a type is better off training alone"),
        more=_utilities,
    )


def _utilities(batch: Batch, row: int) -> dict[str, Any]:
    shown = batch.context.shown
    found: dict[str, Any] = {}
    for number, kind in enumerate(TYPES):
        if batch.stake[row, number]:
            found[f"utility_{kind}"] = shown(batch.meant(kind)[row])
            found[f"alone_{kind}"] = shown(batch.alone[kind].value[row])
    return found


@condition(
    RATIONALITY,
    "sharing",
    about="no type would rather stay out",
    rules=RULES,
    arithmetics=SYSTEMS,
)
def rationality(context: SharingContext) -> Condition:
    """Check that each type earns at least nothing."""

    def rows(batch: Batch) -> tuple[Quantity, Booleans]:
        lacking = [at_stake(batch, kind, -batch.meant(kind)) for kind in TYPES]
        return largest(batch, lacking), settled(batch)

    return decided_rows(
        context,
        RATIONALITY,
        rows,
        words=("no type is better off staying out", "a type is better off staying out"),
        more=_utilities,
    )


@condition(
    COMPATIBILITY,
    "sharing",
    about="both types choose the contract that is meant for them",
    rules=RULES,
    arithmetics=SYSTEMS,
)
def incentive_compatibility(context: SharingContext) -> Condition:
    """Check that neither type prefers any other point of the curve to its own."""
    return temptations(
        context,
        COMPATIBILITY,
        (
            "both types choose the contract meant for them",
            "a type prefers a contract that is not meant for it",
        ),
    )


def temptations(context: SharingContext, name: str, words: tuple[str, str]) -> Condition:
    """Return whether a type gains by another point of its curve, or by own data alone."""

    def rows(batch: Batch) -> tuple[Quantity, Booleans]:
        gains, unknown = [], settled(batch)
        for number, kind in enumerate(TYPES):
            offers = [batch.utility(kind, k) for k in range(3) if k != MEANT[kind]]
            best = largest(batch, [*offers, batch.alone[kind].value])
            gains.append(at_stake(batch, kind, best - batch.meant(kind)))
            unknown = unknown | (~batch.alone[kind].found & batch.stake[:, number])
        return largest(batch, gains), unknown

    return decided_rows(context, name, rows, words=words, more=_deviation)


def _deviation(batch: Batch, row: int) -> dict[str, Any]:
    """Return the best deviation of the type that gains most."""
    near = batch.context.arithmetic.nearest
    found: dict[str, Any] = {}
    most = -np.inf
    for number, kind in enumerate(TYPES):
        if not batch.stake[row, number]:
            continue
        meant = float(near(batch.meant(kind))[row])
        offers = {POINTS[k]: float(near(batch.utility(kind, k))[row]) for k in range(3)}
        offers["own data alone"] = float(near(batch.alone[kind].value)[row])
        del offers[POINTS[MEANT[kind]]]
        place, there = max(offers.items(), key=lambda entry: entry[1])
        if there - meant > most:
            most = there - meant
            found = {
                "type": kind,
                "utility": meant,
                "deviation": place,
                "utility_there": there,
            }
    return found
