"""`stated-numbers` of sharing games: every figure that a solution states, computed anew.

No other condition looks at stored utilities, shares or totals, but people read them. Each figure
is computed from contributions, payments and, where models are shaped, the accuracies handed out, in
the number system of the check, and compared relative to the instance's scale in its own unit. What
cannot be computed leaves the condition open and is named.
"""

from __future__ import annotations

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.keys import STATED
from mdsolve.certificate.registry import condition
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.stated import (
    alone,
    answers,
    bands,
    convergence,
    gains,
    moves,
    notes,
    shares,
    simulated,
)
from mdsolve.certificate.stated.figures import Recompute, compare
from mdsolve.conditions import Condition

TOPICS = (
    *(answers.sources, shares.sources, alone.sources, gains.sources),
    *(notes.sources, moves.cycle, simulated.dynamics, convergence.sources),
    bands.sources,
)
"""Where figures of every solution come from, in order of cause."""


@condition(STATED, "sharing", about="figures follow from contributions and payments")
def stated_numbers(context: SharingContext) -> Condition:
    """Compare everything that is stated beside contributions and payments."""
    if context.claim.contributions is None:
        return compare(context, context.claim, moves.cycle(context))
    if not np.all(np.isfinite(context.given)) or np.any(context.outside):
        message = "a contribution is not among those the agent can choose"
        raise NoRouteError(message)
    found: dict[str, Recompute] = {}
    for sources in TOPICS:
        found.update(sources(context))
    if context.rule is not None:
        found.update(context.rule.figures(context))
    return compare(context, context.claim, found, names=context.reading.names)
