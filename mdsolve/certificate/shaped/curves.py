"""The curves that a solution states for shaped models, beside the game they are made for.

For each agent there are three break points (own contribution x, accuracy of the model): up to the
first the model is that of the own data, v(x); up to the second v(x + others + P); then it lies on
the straight line to the third, beyond which it is v(x + others + P) again. Others contribute what
the solution says; P is the platform's data, which nobody has alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.shaped.asked import Asked
from mdsolve.certificate.shaped.pool import LinearAgents, Pool, linear_agents, pool_of
from mdsolve.certificate.shaped.solo import Solo, solo
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.tolerance import EQUILIBRIUM_SLACK

Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ShapedClaim:
    """Stated curves in a number system.

    Parameters
    ----------
    pool, rounded : Pool
        The curve of all data, in the number system and in floats.
    places : (n, 3) of doubles
        Own contributions at the break points, as stored.
    own, handed : (n, 3)
        Contributions in samples, and accuracies there.
    """

    context: SharingContext
    pool: Pool
    rounded: Pool
    agents: LinearAgents
    places: Floats
    own: Quantity
    handed: Quantity
    above: dict[float, tuple[float, bool | None]] = field(default_factory=dict)
    """What is known of equilibria above a total, by the total; see `totals`."""

    @property
    def scope(self) -> str:
        """What was covered."""
        return f"{self.context.size:,} agents, every own contribution"

    @cached_property
    def total(self) -> Quantity:
        """All contributions added up, shape (1,), in samples."""
        arithmetic = self.context.arithmetic
        return arithmetic.zeros(1) + arithmetic.total(self.context.s)

    @cached_property
    def others(self) -> Quantity:
        """Data of everybody else and of the platform, shape (n,)."""
        context = self.context
        rest = context.arithmetic.maximum(self.total - context.s, context.reading.nothing)
        return rest + self.pool.platform

    @cached_property
    def full(self) -> Quantity:
        """Accuracy of the model of all data, shape (1,)."""
        return self.pool.value(self.total + self.pool.platform)

    @cached_property
    def received(self) -> Quantity:
        """Accuracy of the models handed out: as stored, else as the curves end, shape (n,)."""
        stored = self.context.received
        return self.handed[:, 2] if stored is None else stored

    @cached_property
    def utilities(self) -> Quantity:
        """What everybody has, fixed costs left out, in money, shape (n,)."""
        return self.agents.value * self.received - self.agents.rate * self.context.s

    @cached_property
    def solo(self) -> Solo:
        """The best alone, looked for at the first break points."""
        width = self.context.tolerance * self.context.scales.samples
        return solo(self.pool, self.rounded, self.agents, self.places[:, 0], width)

    @cached_property
    def line(self) -> Quantity:
        """Slope of the straight piece, shape (n,); 0 where it has no length."""
        arithmetic = self.context.arithmetic
        run = self.own[:, 2] - self.own[:, 1]
        straight = arithmetic.less(self.context.reading.nothing, run).holds
        safe = arithmetic.where(straight, run, 1 + self.context.reading.nothing)
        rise = arithmetic.where(
            straight, self.handed[:, 2] - self.handed[:, 1], self.context.reading.nothing
        )
        return rise / safe

    @cached_property
    def asked(self) -> Asked:
        """How much data rational agents bring at most in all."""
        return Asked(self.pool, self.agents, self.solo.value)

    @cached_property
    def plain_asked(self) -> Asked:
        """The same in floats."""
        worth: Any = self.context.arithmetic.nearest(self.solo.value)
        return Asked(self.rounded, self.agents.rounded, worth)

    @cached_property
    def full_up(self) -> Booleans:
        """Who gives all they have, up to rounding, shape (n,)."""
        given, ends = self.context.given, self.context.reading.ends
        return self.context.reading.bounded & (given >= ends * (1 - EQUILIBRIUM_SLACK))

    def worth(self, point: int) -> Quantity:
        """Return what everybody has at a break point, fixed costs left out, in money, (n,)."""
        return self.agents.value * self.handed[:, point] - self.agents.rate * self.own[:, point]


def shaped_claim(context: SharingContext) -> ShapedClaim:
    """Return the claim with its curves; use `context.derived(shaped_claim)`.

    Raises
    ------
    NoRouteError
        If the curves cannot be read, or the game is not one of one curve and linear costs.
    """
    pool, agents = pool_of(context.reading), linear_agents(context.reading)
    rounded = (
        pool if context.reading.rounded is context.reading else pool_of(context.reading.rounded)
    )
    points = context.claim.stored("curves", (context.size, 3, 2))
    if isinstance(points, str):
        raise NoRouteError(points)
    if not np.all(np.isfinite(points)):
        message = "curves: expected finite numbers"
        raise NoRouteError(message)
    places = np.asarray(points[:, :, 0])
    arithmetic = context.arithmetic
    own, handed = arithmetic.stored(places), arithmetic.stored(points[:, :, 1])
    # What is stored as the double nearest to a capacity is the capacity, as for contributions.
    at_end = context.reading.bounded[:, None] & (places == context.reading.ends[:, None])
    if at_end.any():
        own = arithmetic.where(at_end, context.reading.capacity.reshape(-1, 1), own)
    return ShapedClaim(context, pool, rounded, agents, places, own, handed)
