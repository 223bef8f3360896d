"""What a solution claims about private contracts, with the others' data as it implies.

A claim states contributions of both types and, per agent, the break points A, C, D of the curve
(samples, accuracy): what a high-cost agent does alone, and the contracts meant for high and for low
costs. From them follows what the others may bring: a product of binomials over agents alike under
`bayes`, its mean under `mean-field`, and the known amount at every profile of types under
`ex-post`. Agents alike, contracts included, are looked at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.accuracy import Pooled
from mdsolve.certificate.reading.sharing import Prior
from mdsolve.certificate.shaped.alike import alike
from mdsolve.certificate.shaped.chances import totals
from mdsolve.certificate.shaped.outlook import Outlook
from mdsolve.certificate.shaped.pool import Pool
from mdsolve.certificate.shaped.solo import Solo, solo
from mdsolve.certificate.sharing_context import SharingContext

Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

TYPES = ("low", "high")
MEANT = {"low": 2, "high": 1}
"""The break point meant for each type."""

COUNTED = 500
"""Most kinds of agents for which everybody's others are added up on their own."""

BELIEFS = ("bayes", "mean-field", "ex-post")


@dataclass(frozen=True)
class Batch:
    """Contracts that are looked at together, one a row.

    Parameters
    ----------
    agent : (rows,) of int
        An agent, who stands for those alike.
    places : (rows, 3) of doubles
        Contributions at A, C, D, as stored.
    own, handed : (rows, 3)
        Contributions in samples, and accuracies of the models.
    stake : (rows, 2) of bool
        Whether the contract for low, and for high costs is at stake there.
    where : tuple of str
        The profile of types of each row; empty where there are none.
    """

    context: SharingContext
    outlook: Outlook
    agent: Indices
    places: Floats
    own: Quantity
    handed: Quantity
    stake: Booleans
    where: tuple[str, ...]

    def rate(self, kind: str) -> Quantity:
        """Return cost rates of a type, in money per sample."""
        return self.outlook.low if kind == "low" else self.outlook.high

    def utility(self, kind: str, point: int) -> Quantity:
        """Return what a type earns at a break point, in money, shape (rows,)."""
        return self.outlook.value * self.handed[:, point] - self.rate(kind) * self.own[:, point]

    def meant(self, kind: str) -> Quantity:
        """Return what a type earns with its own contract, in money, shape (rows,)."""
        return self.utility(kind, MEANT[kind])

    @cached_property
    def alone(self) -> dict[str, Solo]:
        """What each type earns with own data alone, looked for at A for high costs."""
        width = self.context.tolerance * self.context.scales.samples[self.agent]
        pools = self.outlook.pool, self.outlook.rounded
        guesses = {"low": self.places[:, 0], "high": self.places[:, 0]}
        return {
            kind: solo(*pools, self.outlook.agents(kind), guesses[kind], width) for kind in TYPES
        }

    @cached_property
    def full(self) -> tuple[Quantity, Quantity, Quantity]:
        """Accuracy of the model of all data at A, C, D, shape (rows,) each."""
        return (
            self.outlook.accuracy(self.own[:, 0]),
            self.outlook.accuracy(self.own[:, 1]),
            self.outlook.accuracy(self.own[:, 2]),
        )


@dataclass(frozen=True)
class PrivateGame:
    """Agents with private costs, and the curves of their models.

    Parameters
    ----------
    pools, rounded : sequences of Pool
        By curve, in the number system and in floats.
    """

    context: SharingContext
    prior: Prior
    pooled: Pooled
    pools: Sequence[Pool]
    rounded: Sequence[Pool]

    @property
    def arithmetic(self) -> Arithmetic:
        """The number system."""
        return self.context.arithmetic

    def outlook(
        self, agents: Indices, amounts: Quantity, chances: Quantity, missing: Quantity
    ) -> Outlook:
        """Return what models are worth to agents who have one curve."""
        reading, prior = self.context.reading, self.prior
        label = int(self.pooled.label[agents[0]])
        return Outlook(
            self.pools[label],
            self.rounded[label],
            reading.value[agents],
            prior.low[agents],
            prior.high[agents],
            prior.probability_low[agents],
            reading.capacity[agents],
            reading.bounded[agents],
            amounts + self.pooled.platform,
            chances,
            missing,
        )

    def kinds(self, doubles: Floats) -> tuple[Indices, Indices]:
        """Return the first agent of every kind, and everybody's kind.

        Parameters
        ----------
        doubles : (n, k)
            Further numbers, in which agents of a kind do not differ either.
        """
        reading, prior = self.context.reading, self.prior
        columns = [prior.low, prior.high, prior.probability_low, reading.value, reading.capacity]
        table = np.column_stack([self.pooled.label, reading.bounded, doubles])
        return alike(self.arithmetic, table, columns)

    def at_places(self, places: Floats, agents: Indices) -> Quantity:
        """Return stored contributions: a double nearest to the capacity is the capacity."""
        reading = self.context.reading
        own = self.arithmetic.stored(places)
        full = (reading.bounded[agents] & (reading.ends[agents] == places.T)).T
        if not full.any():
            return own
        return self.arithmetic.where(full, reading.capacity[agents].reshape(-1, 1), own)


def private_game(context: SharingContext) -> PrivateGame:
    """Return the game; use `context.derived(private_game)`.

    Raises
    ------
    NoRouteError
        If costs are known, or models weigh the agents' data differently.
    """
    reading = context.reading
    pooled, rounded = reading.accuracy.pooled, reading.rounded.accuracy.pooled
    if reading.prior is None:
        message = "the instance has no prior over costs"
        raise NoRouteError(message)
    if pooled is None or rounded is None:
        message = "models that weigh the agents' data differently are not checked"
        raise NoRouteError(message)
    exact, plain = reading.arithmetic, reading.rounded.arithmetic
    return PrivateGame(
        context,
        reading.prior,
        pooled,
        [Pool(exact, curve, pooled.platform) for curve in pooled.curves],
        [Pool(plain, curve, rounded.platform) for curve in rounded.curves],
    )


def batches(context: SharingContext) -> tuple[Batch, ...]:
    """Return all contracts; use `context.derived(batches)`.

    Raises
    ------
    NoRouteError
        If something is missing or has the wrong shape, or there are too many totals to go through.
    """
    game = context.derived(private_game)
    beliefs = context.options.get("beliefs", "bayes")
    if beliefs == "ex-post":
        from mdsolve.certificate.shaped.profiles import at_profiles

        return at_profiles(game)
    if beliefs not in BELIEFS:
        message = f"beliefs: expected one of {', '.join(BELIEFS)}, got {beliefs!r}"
        raise NoRouteError(message)
    points = stored(context, "curves", (context.size, 3, 2))
    first, kind = game.kinds(points.reshape(context.size, -1))
    members = np.bincount(kind, minlength=len(first))
    expected = _mean_field if beliefs == "mean-field" else _bayes
    return expected(game, points, first, members)


def stored(context: SharingContext, path: str, shape: tuple[int, ...]) -> Floats:
    """Return a finite table of the solution; raises `NoRouteError` where there is none."""
    found = context.claim.stored(path, shape)
    if isinstance(found, str):
        raise NoRouteError(found)
    if not np.all(np.isfinite(found)):
        message = f"{path}: expected finite numbers"
        raise NoRouteError(message)
    return found


def _batch(
    game: PrivateGame,
    points: Floats,
    agents: Indices,
    amounts: Quantity,
    more: tuple[Quantity, ...],
) -> Batch:
    places = points[agents][:, :, 0]
    return Batch(
        game.context,
        game.outlook(agents, amounts, *more),
        agents,
        places,
        game.at_places(places, agents),
        game.arithmetic.stored(points[agents][:, :, 1]),
        np.ones((len(agents), 2), dtype=np.bool_),
        ("",) * len(agents),
    )


def _mean_field(
    game: PrivateGame, points: Floats, first: Indices, members: Indices
) -> tuple[Batch, ...]:
    """Return contracts against the others' expected total, as if it were certain."""
    arithmetic = game.arithmetic
    own = game.at_places(points[first][:, :, 0], first)
    p = game.prior.probability_low[first]
    mean = p * own[:, 2] + (1 - p) * own[:, 1]
    size = members.astype(np.float64)
    if len(first) <= COUNTED:
        # Counted without the agent, nobody else's data are exactly 0 where they are.
        table = np.broadcast_to(size, (len(first), len(first))) - np.eye(len(first))
        rest = arithmetic.total(arithmetic.stored(table) * mean.reshape(1, -1), axis=1)
    else:
        whole = arithmetic.total(arithmetic.stored(size) * mean)
        rest = arithmetic.maximum(whole - mean, arithmetic.zeros(len(first)))
    certain = (1 + arithmetic.zeros((1, 1)), arithmetic.zeros(1))
    label = game.pooled.label[first]
    found = []
    for one in np.unique(label):
        rows = np.flatnonzero(label == one)
        found.append(_batch(game, points, first[rows], rest[rows].reshape(-1, 1), certain))
    return tuple(found)


def _bayes(
    game: PrivateGame, points: Floats, first: Indices, members: Indices
) -> tuple[Batch, ...]:
    """Return contracts against the distribution of the others' total."""
    own = game.at_places(points[first][:, :, 0], first)
    p = game.prior.probability_low[first]
    found = []
    for k in range(len(first)):
        others = (members - (np.arange(len(members)) == k)).tolist()
        known = totals(game.arithmetic, others, p, own[:, 2], own[:, 1])
        more = (known.chances.reshape(1, -1), known.missing)
        found.append(_batch(game, points, first[k : k + 1], known.amounts.reshape(1, -1), more))
    return tuple(found)
