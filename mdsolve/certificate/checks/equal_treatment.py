"""`equal-treatment`: agents who could swap places, with equal contributions, are paid alike.

Likeness is read from the instance's weights, distributions and neighbourhoods. Costs do not matter:
a rule that pays for contributions does not see them. Weights that a rule is given do.
"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.registry import condition
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition

NAME = "equal-treatment"

WORK_LIMIT = 2_000_000_000
"""Most comparisons times agents: what one costs at most."""


@condition(NAME, "sharing", about="agents who bring the same are paid the same")
def equal_treatment(context: SharingContext) -> Condition:
    """Check payments of agents alike against the first of them."""
    like = likes(context)
    payments = context.payments
    gap = payments - payments[like]
    others = int(np.count_nonzero(like != np.arange(context.size)))
    return context.decided(
        NAME,
        context.arithmetic.maximum(gap, -gap),
        context.scales.money,
        words=("identical agents are paid alike", "identical agents are paid differently"),
        scope=f"{context.size:,} agents, {others:,} like another",
        witness=lambda k: context.agent(k, payment=payments),
    )


def likes(context: SharingContext) -> npt.NDArray[np.intp]:
    """Return, for every agent, the first agent like them (themselves if there is none), (n,).

    Raises
    ------
    NoRouteError
        Where too many agents might be like each other.
    """
    reading = context.reading
    value = reading.arithmetic.nearest(reading.value)
    apart = None if context.rule is None else context.rule.tells_apart(context)
    found = np.arange(context.size)
    first = found
    if apart is None:
        classes = reading.accuracy.classes(context.size)
        found = first = first_of(np.column_stack([value, context.given, classes]))
    known: dict[Hashable, list[int]] = {}
    compared = 0
    for agent in np.unique(first).tolist():
        own = None if apart is None else apart[agent]
        trait = (
            *(float(value[agent]), float(context.given[agent]), own),
            reading.accuracy.trait(agent),
        )
        candidates = known.setdefault(trait, [])
        compared += len(candidates)
        if compared * context.size > WORK_LIMIT:
            message = f"too many of {context.size:,} agents might be like each other"
            raise NoRouteError(message)
        like = next((k for k in candidates if reading.accuracy.interchangeable(k, agent)), None)
        if like is None:
            candidates.append(agent)
        else:
            found = np.where(first == agent, like, found)
    return found


def first_of(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Return, for every row, the number of the first row equal to it.

    Examples
    --------
    >>> first_of(np.array([[1.0, 2.0], [0.0, 2.0], [1.0, 2.0]])).tolist()
    [0, 1, 0]
    """
    order = np.lexsort(rows.T)
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (rows[order][1:] != rows[order][:-1]).any(axis=1)
    found = np.empty(len(order), dtype=np.intp)
    found[order] = order[np.flatnonzero(begins)][np.cumsum(begins) - 1]
    return found
