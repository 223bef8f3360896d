"""Best responses away from the answer: cycles of them, and what somebody would gain by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.own import best_responses
from mdsolve.certificate.sharing_claim import SharingClaim
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.stated.figures import Judged, Recompute

Floats = npt.NDArray[np.float64]


def cycle(context: SharingContext) -> Mapping[str, Recompute]:
    """Return the cycle of best responses that a solution shows, where no equilibrium was found.

    In each step the agents move one after the other, each to a best response to the others; after
    the last profile comes the first.
    """
    stated = context.claim.at("cycle")
    length = len(stated) if isinstance(stated, list | tuple | np.ndarray) else 1
    shape = (length, context.reading.size)
    return {"cycle": lambda: Judged(shape, lambda profiles: _moves(context, profiles))}


def _moves(context: SharingContext, profiles: Floats) -> tuple[Quantity, Floats]:
    """Return by how much each move of a cycle falls short of the best, in money."""
    length, n = profiles.shape
    money = context.scales.money
    rows, scale = [], []
    if context.rule is None or np.any(profiles < 0) or np.any(profiles > context.reading.ends):
        return context.arithmetic.stored(np.ones(1)), np.zeros(1)
    for k in range(length):
        now, then = profiles[k], profiles[(k + 1) % length]
        for agent in range(n):
            after = np.concatenate([then[: agent + 1], now[agent + 1 :]])
            rows.append(shortfall(context, after)[agent : agent + 1])
            scale.append(money[agent])
    return context.arithmetic.concatenate(rows), np.array(scale)


def shortfall(context: SharingContext, profile: Floats) -> Quantity:
    """Return how much everybody would gain by a best response, in money, shape (n,)."""
    claim = SharingClaim(mechanism=context.claim.mechanism, contributions=profile)
    here = replace(context, claim=claim, ask=None)
    terms, reading = here.terms, here.reading
    if terms.shares is not None:
        message = "best responses on shares, away from the answer"
        raise NoRouteError(message)
    found = best_responses(
        reading,
        reading.accuracy.branches(here.s),
        reading.rounded.accuracy.branches(profile),
        borne=terms.borne,
        price=terms.price,
        means=here.means if reading.limited.any() else None,
        guess=profile,
        width=context.tolerance * context.scales.samples,
    )
    if not found.best.found.all():
        message = "a best response of the cycle was not found"
        raise NoRouteError(message)
    own = reading.benefits(here.s) - terms.borne * reading.costs.value(here.s)
    return found.best.value - own - terms.price * here.s
