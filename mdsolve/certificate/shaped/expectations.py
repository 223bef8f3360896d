"""What agents with private costs give, receive and earn in expectation over their own types."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.shaped.offers import MEANT, TYPES, private_game, stored
from mdsolve.certificate.shaped.profiles import profiles_of
from mdsolve.certificate.sharing_context import SharingContext


@dataclass(frozen=True)
class OfType:
    """Expectations for an agent who has one type, (n,) each.

    Parameters
    ----------
    amount, accuracy : (n,)
        Contribution in samples, accuracy of the model received.
    utility : (n,)
        In money.
    """

    amount: Quantity
    accuracy: Quantity
    utility: Quantity


@dataclass(frozen=True)
class Expectations:
    """Expectations of both types, and over types.

    Parameters
    ----------
    types : mapping
    chance : (n,)
        Of low costs.
    """

    types: dict[str, OfType]
    chance: Quantity

    def mixed(self, column: str) -> Quantity:
        """Return an expectation over types, shape (n,)."""
        low, high = (getattr(self.types[kind], column) for kind in TYPES)
        mixture: Quantity = self.chance * low + (1 - self.chance) * high
        return mixture


def expectations(context: SharingContext) -> Expectations:
    """Return the expectations that the curves imply; use `context.derived(expectations)`.

    Raises
    ------
    NoRouteError
        If curves or profiles are missing.
    """
    game = context.derived(private_game)
    reading, prior = context.reading, game.prior
    found = {}
    for kind, rate in zip(TYPES, (prior.low, prior.high), strict=True):
        if context.options.get("beliefs", "bayes") == "ex-post":
            profiles = context.derived(profiles_of)
            amount = profiles.expected(kind, profiles.meant(kind, 0))
            accuracy = profiles.expected(kind, profiles.meant(kind, 1))
        else:
            points = stored(context, "curves", (context.size, 3, 2))
            every, point = np.arange(context.size), MEANT[kind]
            amount = game.at_places(points[:, :, 0], every)[:, point]
            accuracy = context.arithmetic.stored(points[:, point, 1])
        # Utility is linear in both, so expectations are enough.
        found[kind] = OfType(amount, accuracy, reading.value * accuracy - rate * amount)
    return Expectations(found, prior.probability_low)
