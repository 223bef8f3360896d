"""What a solution claims about a menu: contracts, whom each is meant for, what models are worth.

A contract is an amount to bring and the worth of the model received for it. Between two costs that
a contract is meant for, its utility less that of any other contract is a line, and less that of own
data alone it is concave: whatever holds at both ends holds in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.menu.crowd import Crowd, crowd_of
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.reading.cost_laws import Law, Spread, Types, law_of
from mdsolve.certificate.shaped.pool import LinearAgents, Pool, pool_of
from mdsolve.certificate.shaped.solo import Solo, solo
from mdsolve.certificate.sharing_context import SharingContext

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MenuGame:
    """Agents alike with private costs, as the instance says.

    Parameters
    ----------
    pool, rounded : Pool
        The curve of all data, in the number system and in floats.
    value, capacity : (1,)
        Money per accuracy, samples; `bounded` tells whether there is a capacity.
    """

    context: SharingContext
    law: Law
    pool: Pool
    rounded: Pool
    value: Quantity
    capacity: Quantity
    bounded: bool

    @property
    def others(self) -> int:
        """Number of other agents."""
        return self.context.size - 1

    def worth(self, y: Quantity) -> Quantity:
        """Return what a model of y samples is worth, in money."""
        return self.value * self.pool.value(y)

    @cached_property
    def most(self) -> Quantity:
        """An amount that nobody brings more than, shape (1,): V <= the curve's height, U >= 0.

        Raises
        ------
        NoRouteError
            Where there is none.
        """
        height = self.pool.curve.height
        if not np.isfinite(height):
            if not self.bounded:
                message = "no amount of data is known that nobody brings more than"
                raise NoRouteError(message)
            return self.capacity
        arithmetic = self.context.arithmetic
        found = self.value * arithmetic.stored(np.array([height])) / self.law.low
        return arithmetic.minimum(found, self.capacity) if self.bounded else found

    @cached_property
    def unit(self) -> float:
        """What expected totals are measured in, in samples."""
        try:
            return self.context.size * float(self.context.arithmetic.upper(self.most)[0])
        except NoRouteError:
            return float(self.context.scales.samples.sum())

    def alone(self, costs: Quantity, guess: Floats) -> Solo:
        """Return what own data alone give at each cost, shape (k,)."""
        size = costs.shape[0]
        arithmetic = self.context.arithmetic
        spread = arithmetic.zeros(size)
        agents = LinearAgents(
            arithmetic,
            self.value + spread,
            costs,
            self.capacity + spread,
            np.full(size, self.bounded),
        )
        width = np.full(size, self.context.tolerance * float(self.context.scales.samples[0]))
        return solo(self.pool, self.rounded, agents, guess, width)


def menu_game(context: SharingContext) -> MenuGame:
    """Return the game; use `context.derived(menu_game)`.

    Raises
    ------
    NoRouteError
        If costs are known, or agents differ.
    """
    reading = context.reading
    specs: Any = reading.instance.agents
    if not reading.instance.private:
        message = "the instance has no prior over costs"
        raise NoRouteError(message)
    first = specs[0]
    for spec in specs:
        if (spec.prior, spec.value, spec.capacity) != (first.prior, first.value, first.capacity):
            message = "agents differ in what is known of their costs, in value, or in capacity"
            raise NoRouteError(message)
    return MenuGame(
        context,
        law_of(first.prior, context.arithmetic),
        pool_of(reading),
        pool_of(reading.rounded),
        reading.value[:1],
        reading.capacity[:1],
        bool(reading.bounded[0]),
    )


@dataclass(frozen=True)
class Menu:
    """Contracts, each meant for a range of costs.

    Parameters
    ----------
    contributions, values : (K,)
        Samples, and money.
    first, last : (K,)
        Least and largest cost that a contract is meant for.
    chances : (K,)
        Probability of these costs.
    moments : (K,)
        Expectation of these costs, others counted as 0.
    """

    game: MenuGame
    contributions: Quantity
    values: Quantity
    first: Quantity
    last: Quantity
    chances: Quantity
    moments: Quantity

    @property
    def size(self) -> int:
        """Number of contracts."""
        return int(self.contributions.shape[0])

    @cached_property
    def crowd(self) -> Crowd:
        """What the others may bring."""
        stored = np.asarray(self.game.context.arithmetic.nearest(self.contributions))
        return crowd_of(
            self.game.context.arithmetic,
            self.game.others,
            self.contributions,
            self.chances,
            stored,
        )

    @cached_property
    def full(self) -> Quantity:
        """Expected worth of all data to the holder of each contract, in money, shape (K,)."""
        crowd, arithmetic = self.crowd, self.game.context.arithmetic
        seen = self.contributions.reshape(-1, 1) + crowd.amounts + self.game.pool.platform
        return arithmetic.total(crowd.chances * self.game.worth(seen), axis=1)

    @cached_property
    def ends(self) -> Quantity:
        """Least costs of all contracts, then largest ones, shape (2K,)."""
        return self.game.context.arithmetic.concatenate([self.first, self.last])

    def at_ends(self, column: Quantity) -> Quantity:
        """Return a column of the contracts once for each end, shape (2K,)."""
        return self.game.context.arithmetic.concatenate([column, column])

    @cached_property
    def utilities(self) -> Quantity:
        """What contracts are worth at both ends, in money, shape (2K,)."""
        return self.at_ends(self.values) - self.ends * self.at_ends(self.contributions)

    @cached_property
    def alone(self) -> Solo:
        """What own data alone give at both ends, looked for where the solution has it."""
        stated = self.game.context.claim.stored("menu.alone.contributions", (self.size,))
        guess = np.zeros(self.size) if isinstance(stated, str) else np.maximum(stated, 0.0)
        return self.game.alone(self.ends, np.concatenate([guess, guess]))


def menu_of(context: SharingContext) -> Menu:
    """Return the contracts that are claimed; use `context.derived(menu_of)`.

    Raises
    ------
    NoRouteError
        If something is missing or has the wrong shape.
    """
    game = context.derived(menu_game)
    law, arithmetic = game.law, context.arithmetic
    size = int(law.costs.shape[0]) if isinstance(law, Types) else _length(context)
    m, values = (_column(context, f"menu.{key}", size) for key in ("contributions", "values"))
    contracts = (_amounts(game, m), arithmetic.stored(values))
    if isinstance(law, Types):
        moments = law.costs * law.chances
        return Menu(game, *contracts, law.costs, law.costs, law.chances, moments)
    assert isinstance(law, Spread)
    places = _column(context, "menu.costs.to", size)
    if np.any(np.diff(places) < 0):
        message = "menu.costs.to: expected rising costs"
        raise NoRouteError(message)
    inner = law.density.inside(arithmetic.stored(places[:-1]))
    ends = arithmetic.concatenate([law.low, inner, law.high])
    return Menu(game, *contracts, ends[:-1], ends[1:], *law.between(ends))


def _length(context: SharingContext) -> int:
    """Return how many contracts are stated."""
    stated = context.claim.at("menu.contributions")
    if not isinstance(stated, Sequence | np.ndarray) or isinstance(stated, str):
        message = "menu.contributions: expected a list of numbers"
        raise NoRouteError(message)
    if len(stated) == 0:
        message = "menu.contributions: expected at least one contract"
        raise NoRouteError(message)
    return len(stated)


def _column(context: SharingContext, path: str, size: int) -> Floats:
    found = context.claim.stored(path, (size,))
    if isinstance(found, str):
        raise NoRouteError(found)
    if not np.all(np.isfinite(found)):
        message = f"{path}: expected finite numbers"
        raise NoRouteError(message)
    if path.endswith("contributions") and np.any(found < 0):
        message = f"{path}: a contribution is negative"
        raise NoRouteError(message)
    return found


def _amounts(game: MenuGame, stored: Floats) -> Quantity:
    """Return stored contributions: a double nearest to the capacity is the capacity."""
    arithmetic = game.context.arithmetic
    full = game.bounded & (stored == game.context.reading.ends[0])
    own = arithmetic.stored(stored)
    return arithmetic.where(full, game.capacity + arithmetic.zeros(len(stored)), own)
