"""Figures of value shaping besides its equilibria: who is viable alone, how many are together.

With W = sum q/c over the first k agents, the cheapest per unit of value first, the total is
positive iff W (v(S + P) - v(0)) reaches S somewhere. Both sides are enclosed, so k is right if that
is possible with k agents and not with k - 1; a tie goes to whoever states it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mdsolve.certificate.numbers import FLOAT, Booleans, Quantity
from mdsolve.certificate.shaped.asked import Asked
from mdsolve.certificate.shaped.curves import ShapedClaim, shaped_claim
from mdsolve.certificate.shaped.pool import LinearAgents
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.stated.figures import Figure, Recompute, Said
from mdsolve.certificate.tables import array_beside

VIABLE = "viable_alone"
SMALLEST = "smallest_viable"


def viability_figures(context: SharingContext) -> Mapping[str, Recompute]:
    """Return how to compute the figures anew, by path."""

    def viable() -> Figure | Said:
        claim = context.derived(shaped_claim)
        return Said(lambda stated: _viable_problem(claim, stated))

    def smallest() -> Figure | Said:
        claim = context.derived(shaped_claim)
        return Said(lambda stated: _smallest_problem(claim, stated))

    return {VIABLE: viable, SMALLEST: smallest}


def flags(context: SharingContext, stated: Any) -> Booleans | None:
    """Return stated truth values, shape (n,), from a list or a file; None if they are none."""
    folder = context.claim.folder
    if isinstance(stated, Mapping):
        found: Any = None if folder is None else array_beside(stated, folder)
    else:
        found = np.asarray(stated, dtype=object)
        if not all(isinstance(entry, bool | np.bool_) for entry in found.ravel()):
            return None
    if found is None or np.shape(found) != (context.size,):
        return None
    return np.asarray(np.asarray(found, dtype=np.float64) != 0, dtype=np.bool_)


def _viable_problem(claim: ShapedClaim, stated: Any) -> str:
    """Compare with the first break points, which the rule makes the best amounts alone."""
    told = flags(claim.context, stated)
    if told is None:
        return f"expected true or false for {claim.context.size:,} agents"
    wrong = np.flatnonzero(told != (claim.places[:, 0] > 0))
    if not wrong.size:
        return ""
    return f"wrong for {claim.context.reading.names[int(wrong[0])]}"


def _smallest_problem(claim: ShapedClaim, stated: Any) -> str:
    if isinstance(stated, bool) or not isinstance(stated, int | np.integer) or stated < 1:
        return "expected a number of agents"
    weights = _weights(claim, int(stated))
    if isinstance(weights, str):
        return weights
    enough, fewer = weights
    if possible(claim, enough) is False:
        return "nothing is viable with so few agents"
    if stated > 1 and possible(claim, fewer) is True:
        return "fewer agents are enough"
    return ""


def _weights(claim: ShapedClaim, count: int) -> tuple[Quantity, Quantity] | str:
    """Return sums of q/c over the cheapest agents, that many and one fewer, shape (1,) each."""
    arithmetic, agents, n = claim.context.arithmetic, claim.agents, claim.context.size
    if (
        agents.bounded.any()
        or not arithmetic.less(claim.context.reading.nothing, agents.rate).holds.all()
    ):
        return "it has no meaning where capacities bound agents or data cost nothing"
    each = agents.value / agents.rate
    order = np.argsort(-np.asarray(arithmetic.nearest(each)), kind="stable")
    zero = arithmetic.zeros(1)
    if count <= n:
        return (
            zero + arithmetic.total(each[order[:count]]),
            zero + arithmetic.total(each[order[: count - 1]]),
        )
    near = np.asarray(arithmetic.nearest(each))
    if np.ptp(near) > 0:
        return "agents differ, and there are not so many"
    return zero + count * each[:1], zero + (count - 1) * each[:1]


def possible(claim: ShapedClaim, weight: Quantity) -> bool | None:
    """Tell whether agents with that sum of q/c have a positive total; None where it is a tie."""
    context, arithmetic = claim.context, claim.context.arithmetic
    nothing = np.zeros(1, dtype=np.bool_)
    zero, one = arithmetic.zeros(1), 1 + arithmetic.zeros(1)
    agents = LinearAgents(arithmetic, weight, one, zero, nothing)
    alone = weight * claim.pool.value(zero)
    asked = Asked(claim.pool, agents, alone)
    near: Any = arithmetic.nearest
    plain = LinearAgents(FLOAT, near(weight), np.ones(1), np.zeros(1), nothing)
    hint = Asked(claim.rounded, plain, near(alone))
    start = arithmetic.stored(np.array([context.tolerance * context.scales.samples.max()]))
    signs = []
    for top in asked.beyond(hint, start):
        above = bool(arithmetic.less(zero, top.value).holds[0])
        below = bool(arithmetic.less(top.value, zero).holds[0])
        signs.append(None if not top.found[0] or not (above or below) else above)
    if True in signs:
        return True
    return None if None in signs else False
