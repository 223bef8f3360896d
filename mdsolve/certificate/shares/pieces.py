"""Bounds of what agents gain by any change of their own contribution, for utilities of any shape.

On an interval [l, r] where the slope lies between f and g, u is below both lines

    u(l) + g (x - l)   and   u(r) - f (r - x),

and the point where they meet bounds it. Intervals whose bound is too high are cut there, until
every bound is low enough or a point with a real gain is found. Nothing is maximised, so that
nothing depends on how well. Where the shares are concave on the interval, f and g are the slopes at
its ends and the lines are tangents.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.shares.stakes import ShareStakes

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.intp]

ROUNDS = 100
DOUBLINGS = 200
PIECES = 20_000
"""Most intervals at once, all agents together."""

INSIDE = 0.05
"""Cuts keep this part of an interval away from its ends."""


@dataclass(frozen=True)
class Gains:
    """What is proved of every agent, shape (n,) each.

    Parameters
    ----------
    least, most : doubles
        Some deviation gains at least, and none more than that, in money.
    place : doubles
        Where the gain is, or where the bound was taken, in samples.
    real : bool
        Whether some deviation certainly gains more than allowed.
    settled : bool
        Whether the bound came down to what is allowed, and leaving by delta certainly does not pay;
        or the opposite of one of the two is certain.
    elsewhere : bool
        Whether the utility certainly rises on leaving the claimed contribution by delta.
    """

    least: Floats
    most: Floats
    place: Floats
    real: Booleans
    settled: Booleans
    elsewhere: Booleans


@dataclass(frozen=True)
class _Pieces:
    """Intervals of agents, and utilities at their ends, less those at the claim."""

    agents: Indices
    low: Floats
    high: Floats
    low_gain: Quantity
    high_gain: Quantity

    def some(self, mask: Booleans) -> _Pieces:
        """Return the intervals that a mask holds for."""
        at = np.flatnonzero(mask)
        return _Pieces(
            self.agents[at], self.low[at], self.high[at], self.low_gain[at], self.high_gain[at]
        )


class _Search:
    """The search for deviations that pay, all agents at once."""

    def __init__(
        self, stakes: ShareStakes, given: Floats, s: Quantity, delta: Floats, allowed: Floats
    ) -> None:
        self.stakes, self.given, self.s = stakes, given, s
        self.delta, self.allowed = delta, allowed
        self.arithmetic = stakes.reading.arithmetic
        n = len(given)
        self.here = stakes.value(np.arange(n), s)
        self.ends = np.where(
            stakes.reading.bounded, self.arithmetic.upper(stakes.reading.capacity), np.inf
        )
        self.least = np.zeros(n)
        self.most = np.zeros(n)
        self.place = given.copy()
        self.real = np.zeros(n, dtype=np.bool_)
        self.settled = np.ones(n, dtype=np.bool_)

    def at(self, agents: Indices, x: Floats) -> Quantity:
        """Return contributions; the double next to a capacity or a claim is that number itself."""
        reading, arithmetic = self.stakes.reading, self.arithmetic
        own = arithmetic.where(x == self.given[agents], self.s[agents], arithmetic.stored(x))
        return arithmetic.where(x >= self.ends[agents], reading.capacity[agents], own)

    def gain(self, agents: Indices, x: Floats) -> Quantity:
        """Return what moving there gains."""
        return self.stakes.value(agents, self.at(agents, x)) - self.here[agents]

    def far(self) -> Floats:
        """Return contributions beyond which utilities certainly do not rise; infinite if unknown.

        Those are the capacities where there are any.
        """
        found = self.ends.copy()
        open_agents = np.flatnonzero(np.isinf(found))
        at = np.maximum(2 * self.given, 2 * self.delta)
        at = np.maximum(at, np.asarray(self.stakes.reading.rounded.accuracy.units))
        at = np.where(at > 0, at, 1.0)
        for _ in range(DOUBLINGS):
            if not open_agents.size:
                break
            x = self.arithmetic.stored(at[open_agents])
            most = self.stakes.steepness(open_agents, x, None)[1]
            falls = self.arithmetic.at_most(most, self.arithmetic.zeros(len(open_agents))).holds
            found[open_agents[falls]] = at[open_agents[falls]]
            open_agents = open_agents[~falls]
            at[open_agents] *= 2
        return found

    def start(self) -> _Pieces:
        """Return intervals around the claim, and on both sides of it to the ends."""
        far = self.far()
        self.settled &= np.isfinite(far)
        agents, low, high = [], [], []
        for agent in np.flatnonzero(np.isfinite(far)).tolist():
            x, step, end = self.given[agent], self.delta[agent], far[agent]
            points = sorted({0.0, *(p for p in (x - step, x, x + step, end) if 0 < p <= end)})
            agents += [agent] * (len(points) - 1)
            low += points[:-1]
            high += points[1:]
        every = np.array(agents, dtype=np.intp)
        lows, highs = np.array(low, dtype=np.float64), np.array(high, dtype=np.float64)
        return _Pieces(every, lows, highs, self.gain(every, lows), self.gain(every, highs))

    def run(self) -> None:
        """Cut intervals until everything is decided, or too many are left."""
        pieces = self.start()
        for _ in range(ROUNDS):
            self._note(pieces)
            pieces = pieces.some(~self.real[pieces.agents])
            if not pieces.agents.size:
                return
            bound, meet = self._bounds(pieces)
            open_pieces = bound > self.allowed[pieces.agents]
            self._raise(pieces, bound, meet, ~open_pieces)
            pieces, meet = pieces.some(open_pieces), meet[open_pieces]
            if not pieces.agents.size:
                return
            if pieces.agents.size > PIECES:
                break
            width = pieces.high - pieces.low
            cut = np.clip(meet, pieces.low + INSIDE * width, pieces.high - INSIDE * width)
            if not ((pieces.low < cut) & (cut < pieces.high)).all():
                break
            middle = self.gain(pieces.agents, cut)
            joined = self.arithmetic.concatenate
            pieces = _Pieces(
                np.concatenate([pieces.agents, pieces.agents]),
                np.concatenate([pieces.low, cut]),
                np.concatenate([cut, pieces.high]),
                joined([pieces.low_gain, middle]),
                joined([middle, pieces.high_gain]),
            )
        if pieces.agents.size:
            bound, meet = self._bounds(pieces)
            self._raise(pieces, bound, meet, np.ones(len(bound), dtype=np.bool_))
            self.settled[pieces.agents] = False

    def _note(self, pieces: _Pieces) -> None:
        """Remember the best deviations found."""
        for x, gain in ((pieces.low, pieces.low_gain), (pieces.high, pieces.high_gain)):
            certain = self.arithmetic.lower(gain)
            for k in np.argsort(certain, kind="stable").tolist():
                agent = pieces.agents[k]
                if certain[k] > self.least[agent]:
                    self.least[agent], self.place[agent] = certain[k], x[k]
        self.real |= self.least > self.allowed

    def _raise(self, pieces: _Pieces, bound: Floats, meet: Floats, closed: Booleans) -> None:
        """Remember the largest bound of each agent."""
        for k in np.flatnonzero(closed).tolist():
            agent = pieces.agents[k]
            if bound[k] > self.most[agent]:
                self.most[agent] = bound[k]
                if not self.real[agent]:
                    self.place[agent] = meet[k]

    def _bounds(self, pieces: _Pieces) -> tuple[Floats, Floats]:
        """Return upper bounds of the gain on each interval, and where the two lines meet."""
        arithmetic, agents = self.arithmetic, pieces.agents
        low, high = self.at(agents, pieces.low), self.at(agents, pieces.high)
        least, most = self.stakes.steepness(agents, low, high)
        assert least is not None
        flat, steep = arithmetic.nearest(least), arithmetic.nearest(most)
        ends = arithmetic.nearest(pieces.low_gain), arithmetic.nearest(pieces.high_gain)
        width = pieces.high - pieces.low
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            run = (ends[1] - ends[0] - flat * width) / (steep - flat)
        run = np.where(np.isfinite(run), np.clip(run, 0.0, width), 0.5 * width)
        # Wherever it is, the cut splits the interval: left of it one line counts, then the other.
        meet = np.clip(pieces.low + run, pieces.low, pieces.high)
        at = self.at(agents, meet)
        rising = pieces.low_gain + most * (at - low)
        falling = pieces.high_gain - least * (high - at)
        reached = arithmetic.maximum(pieces.low_gain, pieces.high_gain)
        bound = arithmetic.maximum(reached, arithmetic.maximum(rising, falling))
        return arithmetic.upper(bound), meet


def largest_gains(
    stakes: ShareStakes, given: Floats, s: Quantity, delta: Floats, allowed: Floats
) -> Gains:
    """Return what agents gain at most and at least by changing their own contribution alone.

    Parameters
    ----------
    given, s : (n,)
        The claim, in doubles and in the reading's arithmetic.
    delta : (n,)
        Samples; utilities should not rise on leaving the claim by that.
    allowed : (n,)
        Money; bounds are brought down to it.
    """
    search = _Search(stakes, given, s, delta, allowed)
    search.run()
    stays, elsewhere = _leaving(search)
    settled = (search.settled & stays) | search.real | elsewhere
    place = search.place
    return Gains(search.least, search.most, place, search.real, settled, elsewhere)


def _leaving(search: _Search) -> tuple[Booleans, Booleans]:
    """Tell whose utility certainly falls beyond delta on both sides, and whose rises on one."""
    n = len(search.given)
    stays, rises = np.ones(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    arithmetic, agents = search.arithmetic, np.arange(n)
    for sign in (-1, 1):
        near, beyond = search.given + sign * search.delta, search.given + 2 * sign * search.delta
        beyond = np.clip(beyond, 0.0, search.ends)
        there = np.flatnonzero((near > 0) & (near < search.ends) & (near != beyond))
        if not there.size:
            continue
        ends = np.sort(np.stack([near[there], beyond[there]]), axis=0)
        low, high = (search.at(agents[there], end) for end in ends)
        least, most = search.stakes.steepness(agents[there], low, high)
        assert least is not None
        zero = arithmetic.zeros(len(there))
        if sign > 0:
            stays[there] &= arithmetic.at_most(most, zero).holds
            rises[there] |= arithmetic.less(zero, least).holds
        else:
            stays[there] &= arithmetic.at_most(zero, least).holds
            rises[there] |= arithmetic.less(most, zero).holds
    return stays, rises
