"""What agents lose together by leaving with their data, in the checker's own formulas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.numbers import Floats, Quantity
from mdsolve.certificate.reading.market import MarketReading, QualityReading
from mdsolve.certificate.reading.market_sizes import Profiles


def coalitions_of(agents: int) -> Iterator[tuple[int, ...]]:
    """Yield the sets of two agents or more."""
    for size in range(2, agents + 1):
        yield from combinations(range(agents), size)


def coalition_loss(
    market: MarketReading, members: Sequence[int], profile: Profiles
) -> tuple[Quantity, Quantity]:
    """Return what members lose together by leaving, and what their values sum to if they stay.

    Raises
    ------
    NoRouteError
        If values are a table.
    """
    arithmetic = market.arithmetic
    if not isinstance(market, QualityReading):
        message = "a table of values does not say what coalitions have"
        raise NoRouteError(message)
    deal = market.deal(profile)
    inside = market.together(members, [deal.used(j) for j in range(market.size)])
    outside = market.together(members, market.apart(members, profile))
    shape = np.broadcast_shapes(*(np.shape(numbers) for numbers in profile))
    stay = arithmetic.broadcast(inside, shape)
    return stay - arithmetic.broadcast(outside, shape), stay


def coalition_bounds(context: MarketContext) -> Iterator[tuple[tuple[int, ...], Floats]]:
    """Yield every coalition with what its members pay at most together, (profiles,), upwards."""
    screen = context.screen
    profile = screen.profile(np.arange(screen.profiles))
    for members in coalitions_of(screen.size):
        lost, _ = coalition_loss(screen.reading, members, profile)
        yield members, np.asarray(screen.arithmetic.upper(lost))
