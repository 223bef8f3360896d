"""Private contracts under `ex-post`: one pair for every profile of types, the others known.

Agents of one class are alike. At a profile with k_c low-cost agents of each class the chance is a
product of binomials; for an agent who knows that their own costs are low it is weighted by
k_c / (n_c p_c). A type that nobody in the class has there is not at stake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.shaped.chances import binomial
from mdsolve.certificate.shaped.offers import TYPES, Batch, PrivateGame, private_game, stored
from mdsolve.certificate.sharing_context import SharingContext

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

PROFILE_LIMIT = 10_000


@dataclass(frozen=True)
class Profiles:
    """All profiles of types, T of them over K classes.

    Parameters
    ----------
    classes : (n,) of int
    first, members : (K,) of int
        The first agent of every class, and how many it has.
    counts : (T, K) of int
        Agents with low costs.
    points : (T, K, 2, 3, 2)
        By type: A, C, D.
    """

    game: PrivateGame
    classes: Indices
    first: Indices
    members: Indices
    counts: Indices
    points: Floats

    @property
    def probabilities(self) -> Quantity:
        """Chance of every profile, shape (T,)."""
        arithmetic = self.game.arithmetic
        found = 1 + arithmetic.zeros(len(self.counts))
        for k, size in enumerate(self.members.tolist()):
            p = self.game.prior.probability_low[self.first[k : k + 1]]
            kept, chances, missing = binomial(arithmetic, size, p)
            each = arithmetic.zeros(size + 1) + arithmetic.between(arithmetic.zeros(1), missing)
            place = np.full(size + 1, -1, dtype=np.intp)
            place[kept] = np.arange(len(kept))
            each = arithmetic.where(place >= 0, chances[np.maximum(place, 0)], each)
            found = found * each[self.counts[:, k]]
        return found

    def shares(self, kind: str) -> Quantity:
        """Return k/(n p), or (n - k)/(n (1 - p)), by profile and class, shape (T, K)."""
        arithmetic = self.game.arithmetic
        p = self.game.prior.probability_low[self.first]
        low = self.counts if kind == "low" else self.members - self.counts
        chance = p if kind == "low" else 1 - p
        size = arithmetic.stored(self.members.astype(np.float64))
        return arithmetic.stored(low.astype(np.float64)) / (size * chance)

    def expected(self, kind: str, table: Quantity) -> Quantity:
        """Return the expectation for an agent who has a type, shape (n,).

        Parameters
        ----------
        table : (T, K)
        """
        weights = self.probabilities.reshape(-1, 1) * self.shares(kind)
        return self.game.arithmetic.total(weights * table, axis=0)[self.classes]

    def meant(self, kind: str, column: int) -> Quantity:
        """Return contributions (0) or accuracies (1) of a type's own contracts, shape (T, K)."""
        of_type, point = TYPES.index(kind), 2 if kind == "low" else 1
        numbers = self.points[:, :, of_type, point, column]
        if column == 1:
            return self.game.arithmetic.stored(numbers)
        return self.game.at_places(numbers.T, self.first).T

    def others(self, kind: str, profile: Indices, place: Indices) -> Quantity:
        """Return what all but one agent of a class and type bring at some profiles, shape (k,).

        They are counted without the agent: a difference of sums would not be exactly 0 where
        nobody else brings anything.
        """
        arithmetic = self.game.arithmetic
        found = arithmetic.zeros(len(profile))
        for each, count in (("low", self.counts), ("high", self.members - self.counts)):
            rest = count[profile].astype(np.float64)
            if each == kind:
                rest[np.arange(len(profile)), place] -= 1
            brought = arithmetic.stored(rest) * self.meant(each, 0)[profile]
            found = found + arithmetic.total(brought, axis=1)
        return found


def profiles_of(context: SharingContext) -> Profiles:
    """Return the profiles of a solution; use `context.derived(profiles_of)`.

    Raises
    ------
    NoRouteError
        If they are not every profile once, or agents of a class differ.
    """
    game = context.derived(private_game)
    if not isinstance(context.claim.at("profiles"), Mapping):
        message = "the solution does not state profiles"
        raise NoRouteError(message)
    stated = stored(context, "profiles.classes", (context.size,))
    classes = stated.astype(np.intp)
    members = np.bincount(np.maximum(classes, 0))
    number = int(np.prod(members + 1.0))
    if (
        np.any(stated != classes)
        or classes.min() < 0
        or members.min() < 1
        or number > PROFILE_LIMIT
    ):
        message = f"profiles.classes: expected 0, 1, ... with at most {PROFILE_LIMIT:,} profiles"
        raise NoRouteError(message)
    size = len(members)
    counts = stored(context, "profiles.low_types", (number, size)).astype(np.intp)
    every = np.stack(np.meshgrid(*(np.arange(m + 1) for m in members), indexing="ij"), axis=-1)
    if not np.array_equal(counts, every.reshape(number, -1)):
        message = "profiles.low_types: expected every profile once, the last class moving fastest"
        raise NoRouteError(message)
    points = stored(context, "profiles.curves", (number, size, 2, 3, 2))
    first = np.array([int(np.argmax(classes == k)) for k in range(size)])
    _, kind = game.kinds(np.zeros((context.size, 0)))
    if np.any(kind != kind[first][classes]):
        message = "agents of one class in profiles.classes differ"
        raise NoRouteError(message)
    return Profiles(game, classes, first, members, counts, points)


def at_profiles(game: PrivateGame) -> tuple[Batch, ...]:
    """Return the contracts of every profile, class and type at stake there."""
    found = game.context.derived(profiles_of)
    arithmetic = game.arithmetic
    certain = (1 + arithmetic.zeros((1, 1)), arithmetic.zeros(1))
    label = game.pooled.label[found.first]
    batches = []
    for of_type, kind in enumerate(TYPES):
        count = found.counts if kind == "low" else found.members - found.counts
        for one in np.unique(label):
            profile, place = np.nonzero((count > 0) & (label == one))
            if not profile.size:
                continue
            agents, points = found.first[place], found.points[profile, place, of_type]
            rest = found.others(kind, profile, place)
            stake = np.zeros((len(agents), 2), dtype=np.bool_)
            stake[:, of_type] = True
            batches.append(
                Batch(
                    game.context,
                    game.outlook(agents, rest.reshape(-1, 1), *certain),
                    agents,
                    points[:, :, 0],
                    game.at_places(points[:, :, 0], agents),
                    arithmetic.stored(points[:, :, 1]),
                    stake,
                    tuple(f"low costs per class: {found.counts[t].tolist()}" for t in profile),
                )
            )
    return tuple(batches)
