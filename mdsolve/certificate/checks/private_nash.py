"""`nash`, `data-maximality` and `feasibility` of private contracts."""

from __future__ import annotations

import numpy as np

from mdsolve.certificate.checks.private_curves import RULES, SYSTEMS, decided_rows, temptations
from mdsolve.certificate.numbers import Booleans, Quantity
from mdsolve.certificate.registry import condition
from mdsolve.certificate.shaped.expectations import expectations
from mdsolve.certificate.shaped.menus import Bound, most_expected
from mdsolve.certificate.shaped.offers import Batch, batches, stored
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition

NASH = "nash"
MAXIMALITY = "data-maximality"
FEASIBILITY = "feasibility"


@condition(
    NASH,
    "sharing",
    about="contributions are what the types choose, given everybody's contracts",
    rules=RULES,
    arithmetics=SYSTEMS,
)
def nash(context: SharingContext) -> Condition:
    """Check that what is stated is what the curves make the types do, and that no deviation pays.

    Contributions and accuracies of the solution must be the expectations of what the curves have
    for the two types; the others' data in every curve follow from them.
    """
    known = context.derived(expectations)
    arithmetic, scales = context.arithmetic, context.scales
    columns: list[tuple[str, Quantity, Quantity, np.ndarray]] = [
        (
            kind,
            arithmetic.stored(stored(context, kind, (context.size,))),
            known.types[kind].amount,
            scales.samples,
        )
        for kind in ("low", "high")
    ]
    given = arithmetic.stored(context.given)
    columns.append(("contributions", given, known.mixed("amount"), scales.samples))
    if context.claim.accuracies is not None:
        received = arithmetic.stored(context.claim.accuracies)
        columns.append(("accuracies", received, known.mixed("accuracy"), scales.accuracy))
    for key, stated, implied, scale in columns:
        found = context.decided(
            NASH,
            abs(stated - implied),
            scale,
            words=("", f"{key}: what is stated is not what the curves make the types do"),
            scope=f"{context.size:,} agents",
            witness=_differs(context, stated, implied),
        )
        if found.verdict != "pass":
            return found
    context.cover(NASH, ["contributions", "accuracies", "low", "high", "regret"])
    words = (
        "both types contribute what is stated, and no deviation pays",
        "a type gains by another contribution",
    )
    return temptations(context, NASH, words)


def _differs(context: SharingContext, stated: Quantity, implied: Quantity):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return lambda k: context.agent(k, stated=stated, by_the_curves=implied)


def bounds(context: SharingContext) -> tuple[Bound, ...]:
    """Return what menus cannot exceed; use `context.derived(bounds)`."""
    found = []
    for batch in context.derived(batches):
        context.monitor.check_time()
        found.append(most_expected(batch))
    return tuple(found)


@condition(
    MAXIMALITY,
    "sharing",
    about="no contracts collect more from any agent in expectation, given the others'",
    rules=RULES,
    arithmetics=SYSTEMS,
)
def data_maximality(context: SharingContext) -> Condition:
    """Check the expected contribution against a bound over all menus that both types accept."""
    found = context.derived(bounds)
    of_batch = {
        id(batch): bound for batch, bound in zip(context.derived(batches), found, strict=True)
    }

    def rows(batch: Batch) -> tuple[Quantity, Booleans]:
        bound = of_batch[id(batch)]
        return bound.most - _expected(batch), ~bound.found

    def more(batch: Batch, row: int) -> dict[str, object]:
        shown = context.shown
        possible = of_batch[id(batch)].most[row]
        return {"expected": shown(_expected(batch)[row]), "possible": shown(possible)}

    return decided_rows(
        context,
        MAXIMALITY,
        rows,
        words=(
            "nobody can be brought to contribute more in expectation, given the others' contracts",
            "other contracts collect more in expectation",
        ),
        unit="samples",
        more=more,
    )


def _expected(batch: Batch) -> Quantity:
    chance = batch.outlook.probability_low
    return chance * batch.own[:, 2] + (1 - chance) * batch.own[:, 1]


@condition(
    FEASIBILITY,
    "sharing",
    about="expected contributions are within capacities",
    rules=RULES,
    arithmetics=SYSTEMS,
)
def feasibility(context: SharingContext) -> Condition:
    """Check 0 <= E s_i <= capacity_i; what models can be is decided by `curve-feasibility`."""
    arithmetic, reading = context.arithmetic, context.reading
    s = arithmetic.stored(context.given)
    above = arithmetic.where(reading.bounded, s - reading.capacity, -abs(s))
    return context.decided(
        FEASIBILITY,
        arithmetic.maximum(-s, above),
        context.scales.samples,
        words=(
            "every expected contribution is within its capacity",
            "a contribution is negative or too large",
        ),
        scope=f"{context.size:,} contributions",
        witness=lambda k: context.agent(k, contribution=s),
    )
