"""One of a continuum of equilibria: two agents can trade contributions, and nothing else changes.

Agents of one class see the same data, and their data are seen alike: what one gives less and the
other more leaves every amount of data as it is, and with the same curve the marginal benefit of
both. Two kinds of agents can trade.

- Their marginal costs are constant around their contributions, and the same per unit of accuracy.
  Both were equal to the marginal benefit, as one could give less and the other more. Equality is
  decided in exact fractions.
- The amount of data is at a kink of the curve, and marginal costs lie strictly between its slopes
  on both sides, up to delta.

Both ends of a trade pass `nash`. All splits between are equilibria then: marginal costs in between
are between those at the ends, and what a change of the own contribution gains depends on the split
only through how far changes can go.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import EXACT, Floats, Quantity
from mdsolve.certificate.reading.accuracy import WeightedAccuracy
from mdsolve.certificate.reading.sharing import SharingReading, sharing_reading
from mdsolve.certificate.reading.unread import UnreadError
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.uniqueness.amounts import Amounts
from mdsolve.certificate.uniqueness.clipped import condition_at

Indices = npt.NDArray[np.intp]

ROOM = 8.0
"""Least amount to trade, in units of what a contribution may be off."""

PARTS = (0.5, 2.0**-4, 2.0**-8, 2.0**-12)
"""Parts of the room that are tried."""

CANDIDATES = 4
"""Agents of a kind who are tried on either side of a trade."""

TRIES = 12
"""Most pairs that are tried."""

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
    best: Trade | str = "no two agents who are tied have room to trade"
    tries = 0
    for keys in (_equal_costs(context, exact), _at_a_kink(context, accuracy)):
        for members in _groups(np.stack([keys, blocks.label, accuracy.label], axis=1)):
            for giver, taker, room in _pairs(members, size * down, size * up):
                tries += 1
                if tries > TRIES:
                    return best
                found = _accepted(context, giver, taker, room, size)
                if isinstance(found, Trade):
                    return found
                best = found
    return best


def _pairs(members: Indices, down: Floats, up: Floats) -> list[tuple[int, int, float]]:
    """Return who can give less, who can give more, and how much at most: most room first."""
    givers = members[np.argsort(-down[members], kind="stable")[:CANDIDATES]].tolist()
    takers = members[np.argsort(-up[members], kind="stable")[:CANDIDATES]].tolist()
    pairs = [(a, b, float(min(down[a], up[b]))) for a in givers for b in takers if a != b]
    return sorted((pair for pair in pairs if pair[2] > 0), key=lambda pair: -pair[2])


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


def _equal_costs(context: SharingContext, exact: SharingReading) -> Indices:
    """Return equal numbers for agents with equal costs per unit of accuracy, others for others.

    With a price per sample the cost and the value of a sample have to be equal one by one.
    """
    accuracy = exact.accuracy.of_amounts
    assert accuracy is not None
    worth = exact.value * accuracy.weights.own
    straight = exact.costs.linear.copy()
    for members, form in exact.costs.forms:
        straight[members] |= form.levels is not None
    straight &= np.asarray(worth > 0, dtype=np.bool_)
    places = np.flatnonzero(straight)
    found = np.arange(context.size)
    if not places.size:
        return found
    costs, s = exact.costs.take(places), EXACT.stored(context.given)[places]
    left, right = costs.slope(s, "left").tolist(), costs.slope(s, "right").tolist()
    price: Quantity = context.terms.price
    arithmetic = context.arithmetic
    free = bool(arithmetic.lower(price) == 0 and arithmetic.upper(price) == 0)
    known: dict[object, int] = {}
    for agent, before, after in zip(places.tolist(), left, right, strict=True):
        if before == after:
            each = (after, worth[agent])
            found[agent] = known.setdefault(after / worth[agent] if free else each, agent)
    return found


def _at_a_kink(context: SharingContext, accuracy: WeightedAccuracy) -> Indices:
    """Return the same number for all agents whose costs are strictly between two slopes."""
    found = np.arange(context.size)
    if not accuracy.concave:
        return found
    arithmetic, game = context.arithmetic, Amounts(context, accuracy, 0)
    delta = context.tolerance * context.scales.samples
    least, most = game.prices(arithmetic.upper(accuracy.weights.own) * delta)
    inside = arithmetic.less(least, game.marginal(context.s, "right")).holds
    inside &= arithmetic.less(game.marginal(context.s, "left"), most).holds
    if not all(curve.strict for curve in accuracy.curves):
        found[inside] = -1
    return found


def _groups(keys: npt.NDArray[np.intp]) -> list[Indices]:
    """Return the agents with equal keys, groups of several only."""
    _, label = np.unique(keys, axis=0, return_inverse=True)
    order = np.argsort(label.reshape(-1), kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(label.reshape(-1)))[:-1])
    return [part for part in parts if len(part) > 1]
