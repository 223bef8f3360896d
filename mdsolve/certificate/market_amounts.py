"""Payments, gains and what lies are worth at every profile, as far as doubles tell."""

from __future__ import annotations

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.market_cells import Cells
from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.numbers import Floats

LIE_LIMIT = 5_000_000
"""Most lies that are compared one by one."""

Ends = tuple[Floats, Floats]
"""Doubles below and above numbers of all agents and profiles, (n, profiles) each."""


class Amounts:
    """Payments, gains and what lies are worth at every profile, in the screen.

    Attributes
    ----------
    paid, gain, room : Ends
        Payments; what is left of taking part after paying; by how much a payment could rise before
        a lie pays, infinite where there is none.
    steps : list of (columns, m, m)
        Bounds on p(t) - p(r) by truthfulness, rounded upwards.
    """

    def __init__(self, context: MarketContext) -> None:
        self.context = context
        shape = context.ruled.shape
        lies = sum(context.profiles * (m - 1) // 2 for m in shape)
        if lies > LIE_LIMIT:
            message = f"{lies:,} lies; at most {LIE_LIMIT:,} are compared for an objective"
            raise NoRouteError(message)
        size = (context.size, context.profiles)
        self.paid, self.gain, self.room = ((np.empty(size), np.empty(size)) for _ in range(3))
        self.steps = [self._agent(agent) for agent in range(context.size)]

    def _agent(self, agent: int) -> Floats:
        context, arithmetic = self.context, self.context.arithmetic
        m = context.ruled.shape[agent]
        cells = Cells.of(context, agent, np.arange(context.profiles))
        self._keep(self.paid, agent, arithmetic.lower(cells.charge), arithmetic.upper(cells.charge))
        gain = cells.utility - cells.outside
        self._keep(self.gain, agent, arithmetic.lower(gain), arithmetic.upper(gain))
        low, high = cells.bounds(cells.own, cells.others)
        utility = arithmetic.lower(cells.utility), arithmetic.upper(cells.utility)
        room = (
            np.nextafter(utility[0] - high.max(axis=1), -np.inf),
            np.nextafter(utility[1] - low.max(axis=1), np.inf),
        )
        self._keep(self.room, agent, *room)
        # p(t) - p(r) <= v(truth) - v(report) = U(t) + p(t) - (worth of the lie + p(r))
        charge = [
            end.reshape(-1, m) for end in (self._own_last(end[agent], agent) for end in self.paid)
        ]
        lies = low.reshape(-1, m, m)
        ahead = utility[1].reshape(-1, m)[:, :, None] - lies
        step = ahead + charge[1][:, :, None] - charge[0][:, None, :]
        slack = (
            4
            * np.finfo(np.float64).eps
            * (
                np.abs(utility[1]).reshape(-1, m)[:, :, None]
                + np.abs(np.where(np.isfinite(lies), lies, 0.0))
                + np.abs(charge[1])[:, :, None]
                + np.abs(charge[0])[:, None, :]
            )
        )
        found: Floats = np.moveaxis(step + slack, 1, 2)
        return found

    def _own_last(self, table: Floats, agent: int) -> Floats:
        shape = self.context.ruled.shape
        return np.moveaxis(table.reshape(shape), agent, -1)

    def _keep(self, ends: Ends, agent: int, low: Floats, high: Floats) -> None:
        """Store numbers per column and own type by profile."""
        shape = self.context.ruled.shape
        others = tuple(m for j, m in enumerate(shape) if j != agent)
        for target, end in zip(ends, (low, high), strict=True):
            table = np.broadcast_to(end, (self.context.profiles,)).reshape(*others, shape[agent])
            target[agent] = np.moveaxis(table, -1, agent).ravel()


def amounts_of(context: MarketContext) -> Amounts:
    """Return payments, gains and rooms, computed once."""
    screen = context.screen
    if "amounts" not in screen.scratch:
        screen.scratch["amounts"] = Amounts(screen)
    found: Amounts = screen.scratch["amounts"]
    return found
