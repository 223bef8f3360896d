"""One of a continuum of equilibria: two agents can trade contributions, and nothing else changes.

Agents of one class, who see the same data and whose data are seen alike, with the same curve and
linear costs that are the same per unit of accuracy: what one gives less and the other more leaves
every amount of data, and so everybody's marginal benefit, as it is. Their marginal costs do not
move either, and both were equal to the marginal benefit: one could give less, the other more. All
splits between the two ends are equilibria, since what a change of the own contribution gains does
not depend on the split, only on how far changes can go. Equality is decided in exact fractions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import EXACT, Floats, Quantity
from mdsolve.certificate.reading.families.unread import UnreadError
from mdsolve.certificate.reading.sharing import SharingReading, sharing_reading
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.uniqueness.clipped import condition_at

Indices = npt.NDArray[np.intp]

ROOM = 8.0
"""Least amount to trade, in units of what a contribution may be off."""

PARTS = (0.5, 2.0**-4, 2.0**-8, 2.0**-12)
"""Parts of the room that are tried."""

EXACT_LIMIT = 100_000
"""Most agents whose costs are read as fractions for this."""


@dataclass(frozen=True)
class Trade:
    """Who gives less, who gives more, and how much data moves."""

    giver: int
    taker: int
    profile: Floats


def tradeable(context: SharingContext) -> Trade | str:
    """Return a trade between the claim and another equilibrium, or why none was found."""
    reading = context.reading
    accuracy = reading.accuracy.of_amounts
    if accuracy is None:
        return "agents are tied where models see amounts of data; these do not"
    if context.size > EXACT_LIMIT:
        return f"ties of {context.size:,} agents are not looked for"
    blocks = accuracy.weights.blocks
    try:
        exact = sharing_reading(reading.instance, EXACT)
    except UnreadError as error:
        return f"there are no fractions for {error}"
    scale = reading.rounded.accuracy.of_amounts
    assert scale is not None
    size = np.asarray(scale.weights.blocks.scale, dtype=np.float64)
    delta = ROOM * context.tolerance * context.scales.samples
    down = np.where(context.given > delta, context.given, 0.0)
    up = reading.ends - context.given
    up = np.where(up > delta, np.minimum(up, context.scales.samples), 0.0)
    keys = _kinds(context, exact)
    if keys is None:
        return "no two agents have the same linear cost per unit of accuracy"
    best: Trade | str = "no two agents who are tied have room to trade"
    for members in _groups(np.stack([keys, blocks.label, accuracy.label], axis=1)):
        giver = int(members[np.argmax(size[members] * down[members])])
        others = members[members != giver]
        if not others.size:
            continue
        taker = int(others[np.argmax(size[others] * up[others])])
        room = min(size[giver] * down[giver], size[taker] * up[taker])
        if room > 0:
            found = _accepted(context, giver, taker, room, size)
            if isinstance(found, Trade):
                return found
            best = found
    return best


def _accepted(
    context: SharingContext, giver: int, taker: int, room: float, size: Floats
) -> Trade | str:
    """Return a trade whose other end is an equilibrium too."""
    names = context.reading.names
    for part in PARTS:
        profile = context.given.copy()
        profile[giver] -= part * room / size[giver]
        profile[taker] += part * room / size[taker]
        profile = np.minimum(profile, context.reading.ends)
        if condition_at(context, profile) == "pass":
            return Trade(giver, taker, profile)
    return f"a trade between {names[giver]} and {names[taker]} is not proved to change nothing"


def _kinds(context: SharingContext, exact: SharingReading) -> Indices | None:
    """Return equal numbers for agents with equal costs per unit of accuracy; None: all differ.

    With a price per sample the cost and the value of a sample have to be equal one by one.
    """
    accuracy = exact.accuracy.of_amounts
    assert accuracy is not None
    zero = exact.nothing
    rates, worth = exact.costs.slope(zero, "right"), exact.value * accuracy.weights.own
    linear = exact.costs.linear & np.asarray(worth > 0, dtype=np.bool_)
    price: Quantity = context.terms.price
    near = context.arithmetic
    free = bool(near.lower(price) == 0 and near.upper(price) == 0)
    known: dict[object, int] = {}
    kinds = np.empty(context.size, dtype=np.intp)
    for agent in range(context.size):
        key: object = ("nobody else", agent)
        if linear[agent]:
            key = rates[agent] / worth[agent] if free else (rates[agent], worth[agent])
        kinds[agent] = known.setdefault(key, len(known))
    return None if len(known) == context.size else kinds


def _groups(keys: npt.NDArray[np.intp]) -> list[Indices]:
    """Return the agents with equal keys, groups of several only."""
    _, label = np.unique(keys, axis=0, return_inverse=True)
    order = np.argsort(label.reshape(-1), kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(label.reshape(-1)))[:-1])
    return [part for part in parts if len(part) > 1]
