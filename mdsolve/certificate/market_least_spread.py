"""That no admissible payments have a smaller spread: bounds on all payments that end in nothing.

With a spread of at most D, every payment is bounded from above by rationality and caps, by lower
types through truthfulness, and by the others through spreads. Each bound that follows from bounds
is one, so that they may be tightened for as long as that helps; if the bounds of one profile then
sum to less than they have to, nobody's payments have that spread. Neither if differences in a
cycle of agents are bounded by less than nothing in sum. Where payments sum to zero, or to
no less, bounds from above are bounds from below for the others as well.

The highest payments decide alone where sums are bounded from below only; where they are given, what
is not refuted by bounds stays open.
"""

from __future__ import annotations

import numpy as np

from mdsolve.certificate.market_context import MarketContext
from mdsolve.certificate.numbers import Floats

ROUNDS = 200
"""Most times that all bounds are tightened."""


class Bounds:
    """Bounds on all payments in doubles, rounded outwards, (n, profiles) each.

    Parameters
    ----------
    context : MarketContext
        The screen.
    gains : (n, profiles)
        Bound on what taking part is worth to each agent: on payments, by rationality.
    steps : sequence of (columns, m, m)
        For each agent a bound on p(t) - p(r) by truthfulness, [column, r, t]; infinite for r >= t.
    link : (n, n, profiles)
        Bounds on p_i - p_j at every profile.
    """

    def __init__(
        self,
        context: MarketContext,
        gains: Floats,
        steps: list[Floats],
        link: Floats,
    ) -> None:
        self.context, self.steps, self.link = context, steps, closed(link)
        side = context.claim.side
        self.high = gains.copy()
        for agent, name in enumerate(context.names):
            cap = side.cap_of(name)
            if cap is not None:
                self.high[agent] = np.minimum(self.high[agent], np.nextafter(float(cap), np.inf))
        floor = side.amounts.get("floor")
        least = -np.inf if floor is None else np.nextafter(float(floor), -np.inf)
        self.low = np.full(gains.shape, least)

    @property
    def impossible(self) -> bool:
        """Tell whether no payments satisfy the bounds."""
        agents = range(len(self.high))
        cycle = any(bool(np.any(self.link[agent, agent] < 0)) for agent in agents)
        return cycle or bool(np.any(self.low > self.high))

    def tighten(self) -> bool:
        """Tighten all bounds once; tell whether that helped."""
        before = self.high.copy(), self.low.copy()
        for agent in range(len(self.high)):
            self._by_truthfulness(agent)
        high = (self.high[None, :, :] + self.link).min(axis=1)
        low = (self.low[:, None, :] - self.link).max(axis=0)
        self.high = np.minimum(self.high, np.nextafter(high, np.inf))
        self.low = np.maximum(self.low, np.nextafter(low, -np.inf))
        self._by_sums()
        return not (np.array_equal(before[0], self.high) and np.array_equal(before[1], self.low))

    def _by_truthfulness(self, agent: int) -> None:
        shape = self.context.ruled.shape
        high, low = (
            np.moveaxis(bound[agent].reshape(shape), agent, -1) for bound in (self.high, self.low)
        )
        flat = high.reshape(-1, shape[agent]), low.reshape(-1, shape[agent])
        above = (flat[0][:, :, None] + self.steps[agent]).min(axis=1)
        below = (flat[1][:, None, :] - self.steps[agent]).max(axis=2)
        for bound, found in ((self.high, above), (self.low, below)):
            table = np.moveaxis(found.reshape(high.shape), -1, agent).reshape(-1)
            bound[agent] = (
                np.minimum(bound[agent], np.nextafter(table, np.inf))
                if bound is self.high
                else np.maximum(bound[agent], np.nextafter(table, -np.inf))
            )

    def _by_sums(self) -> None:
        side = self.context.claim.side
        wanted = side.least_sum
        least = -np.inf if wanted is None else float(np.nextafter(float(wanted), -np.inf))
        if wanted == 0:
            least = 0.0
        size = len(self.high)
        for agent in range(size):
            others = [j for j in range(size) if j != agent]
            slack = float(np.finfo(np.float64).eps) * size
            sums = self.high[others].sum(axis=0)
            sums = sums + slack * np.abs(self.high[others]).sum(axis=0)
            self.low[agent] = np.maximum(self.low[agent], np.nextafter(least - sums, -np.inf))
            if side.balanced:
                sums = self.low[others].sum(axis=0)
                with np.errstate(invalid="ignore"):
                    sums = sums - slack * np.abs(self.low[others]).sum(axis=0)
                sums = np.where(np.isnan(sums), -np.inf, sums)
                self.high[agent] = np.minimum(self.high[agent], np.nextafter(-sums, np.inf))


def closed(link: Floats) -> Floats:
    """Return bounds on differences with all that follow from chains of them at one profile."""
    found = link.copy()
    for k in range(len(found)):
        through = found[:, k, None, :] + found[None, k, :, :]
        found = np.minimum(found, np.nextafter(through, np.inf))
    return found


def refuted(bounds: Bounds) -> bool:
    """Tell whether tightening the bounds leaves nothing."""
    for _ in range(ROUNDS):
        if bounds.impossible:
            return True
        if not bounds.tighten():
            return False
        bounds.context.monitor.check_time()
    return bounds.impossible
