"""Equilibria of games in which everybody sees the same amount of data, y = w.s + platform data.

Given y, agent i's marginal benefit value_i w_i f_i'(y) asks for a contribution that falls with y
(f_i concave, c_i convex), so y is an equilibrium iff

    w.low(y) + platform <= y <= w.high(y) + platform,

low and high being the ends of the agents' best contributions at that price. Both sides are
monotone: bisection finds y to a few bits. Agents whose contribution is the same at both ends of
the bracket are settled and leave the computation. With linear costs and one smooth curve the agents
begin one after the other as the price rises: they are sorted once, and halving their queue finds
the bracket. What a tie leaves open is split evenly among the tied agents.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.costs import Costs
from mdsolve.game.curves import Curve, MixedCurve
from mdsolve.game.sharing import SharingGame
from mdsolve.game.weights import CommonWeights
from mdsolve.solver.own_payoff import unbounded
from mdsolve.solver.record import Equilibrium, Uniqueness
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]

BRACKET_DOUBLINGS = 1100
BISECTIONS = 1100

WIDE_RATIO = 4.0

TIE_WIDTH = 32 * float(np.finfo(np.float64).eps)
"""Relative width of y within which agents count as tied: what rounding makes of equal prices."""


@dataclass(frozen=True)
class Split:
    """A total at equilibrium, and how it may be split among the agents.

    Parameters
    ----------
    contributions : (n,)
        Samples.
    total : float
        The amount of data y that everybody's model has seen.
    tied : (k,) of int
        Agents between whom a part of the total can be shifted: a continuum unless empty.
    least, most : (n,)
        Ends of the agents' best contributions at the total.
    """

    contributions: Floats
    total: float
    tied: npt.NDArray[np.intp]
    least: Floats
    most: Floats


@dataclass(frozen=True)
class Queue:
    """Agents with linear costs in the order in which they begin to contribute.

    Parameters
    ----------
    curve : Curve
        The curve they share, smooth.
    prices : (k,)
        Slopes of the curve below which they contribute nothing, and above which all they have;
        rising, positive.
    filled : (k + 1,)
        Data of the first so many, who contribute all they have.
    """

    curve: Curve
    prices: Floats
    filled: Floats

    def data(self, platform: float) -> float:
        """Return the agents' data at equilibrium, by halving the queue: O(log k) slopes."""
        full, beyond = 0, len(self.prices)
        while full < beyond:
            middle = (full + beyond) // 2
            if self._slope(platform + self.filled[middle]) <= self.prices[middle]:
                beyond = middle  # the next one does not begin
            else:
                full = middle + 1
        most = platform + self.filled[full]
        if full == 0 or self._slope(most) >= self.prices[full - 1]:
            return float(self.filled[full])
        least = platform + self.filled[full - 1]
        price = float(self.prices[full - 1])
        return self.curve.amount_at(price, float(least), float(most)) - platform

    def _slope(self, y: Floats) -> float:
        return float(self.curve.slope(np.asarray(y)))


@dataclass(frozen=True)
class Supply:
    """Best contributions of some agents, as functions of the amount of data they all see.

    Parameters
    ----------
    curve, costs
        Accuracy and borne costs of these agents.
    weight, value, capacity : (k,)
    names : sequence of str
        For messages.
    alike : (k,) or None
        How many agents each entry stands for; None: one each.
    """

    curve: Curve
    costs: Costs
    weight: Floats
    value: Floats
    capacity: Floats
    names: Sequence[str]
    alike: Floats | None = None

    @cached_property
    def mass(self) -> Floats:
        """What a sample of each entry adds to the data that everybody sees, shape (k,)."""
        return self.weight if self.alike is None else self.weight * self.alike

    @cached_property
    def runs(self) -> npt.NDArray[np.intp]:
        """Where runs of neighbours alike begin, shape (runs,)."""
        size = len(self.weight)
        changes = np.ones(size, dtype=bool)
        if self.curve.take(np.arange(1)) is self.curve and not self.costs.shapes:
            columns = (self.weight, self.value, self.capacity, *self.costs.columns)
            changes[1:] = False
            for column in columns:
                changes[1:] |= column[1:] != column[:-1]
        return np.flatnonzero(changes)

    def ends(self, y: float) -> tuple[Floats, Floats]:
        """Return the least and the largest best contributions at an amount of data."""
        price = self.value * self.weight * self._slope(y)
        if self.curve.kinks:
            below = self.value * self.weight * self._slope(float(np.nextafter(y, 0.0)))
            return self._supply(price, "low"), self._supply(below, "high")
        low = self._supply(price, "low")
        return low, low if not self._flat else self._supply(price, "high")

    @cached_property
    def _flat(self) -> bool:
        """Whether a price can leave a best contribution open: some marginal cost is constant."""
        curved = (self.costs.curvature > 0) | (
            (self.costs.power_rate > 0) & (self.costs.power_exponent > 1)
        )
        return bool(self.costs.shapes) or not bool(curved.all())

    def _slope(self, y: float) -> Floats:
        return self.curve.slope(self._at(y))

    def _at(self, y: float) -> Floats:
        return np.full(len(self.weight), y) if isinstance(self.curve, MixedCurve) else np.asarray(y)

    def _supply(self, price: Floats, side: Literal["low", "high"]) -> Floats:
        return np.minimum(self.costs.supply(price, side), self.capacity)

    @cached_property
    def queue(self) -> Queue | None:
        """Who begins to contribute when, where costs are linear and the curve smooth and shared."""
        curve = self.curve
        if isinstance(curve, MixedCurve) or not curve.shared or curve.kinks:
            return None
        if not self.costs.is_linear:
            return None
        gain = self.value * self.weight
        prices = np.full(len(gain), np.inf)
        np.divide(self.costs.rate, gain, out=prices, where=gain > 0)
        order = np.argsort(prices, kind="stable")
        if not prices[order[0]] > 0:
            return None
        most = np.multiply(self.mass, self.capacity, out=np.zeros_like(gain), where=self.mass > 0)
        filled = np.concatenate([[0.0], np.cumsum(most[order])])
        return Queue(curve, prices[order], filled)

    def span(self, y: float) -> Floats:
        """Return the samples of each entry that rounding in an amount of data is relative to."""
        at = self._at(y)
        slope, bend = self.curve.slope(at), np.abs(self.curve.second(at))
        known = (bend > 0) & np.isfinite(bend)
        own = np.divide(slope, bend, out=np.zeros_like(bend), where=known)
        data = np.broadcast_to(y + own, self.weight.shape)
        return np.divide(data, self.weight, out=np.zeros_like(data), where=self.weight > 0)

    def restricted(self, keep: npt.NDArray[np.intp]) -> Supply:
        """Return the same for some of the agents, without their names."""
        return Supply(
            self.curve.take(keep),
            self.costs.take(keep),
            self.weight[keep],
            self.value[keep],
            self.capacity[keep],
            (),
            None if self.alike is None else self.alike[keep],
        )

    def merged(self, starts: npt.NDArray[np.intp]) -> Supply:
        """Return the same with one entry per run of agents alike."""
        counts = np.diff(np.append(starts, len(self.weight))).astype(np.float64)
        names = [self.names[int(k)] for k in starts] if self.names else ()
        return replace(self.restricted(starts), names=names, alike=counts)


def total_equilibrium(game: SharingGame, costs: Costs) -> Equilibrium:
    """Return the equilibrium in which agents bear the given costs.

    With a strictly concave curve there is no other total.

    Raises
    ------
    UnsupportedError
        If some agent's best contribution is unbounded.
    """
    accuracy = game.accuracy
    assert isinstance(accuracy, WeightedAccuracy)
    assert isinstance(accuracy.weights, CommonWeights)
    weight = accuracy.weights.vector
    supply = Supply(accuracy.curve, costs, weight, game.value, game.capacity, game.agents)
    found = supply_equilibrium(supply, accuracy.platform_data)
    strict = not (accuracy.curve.kinks or accuracy.curve.family == "linear")
    known: Uniqueness = "unique" if strict else "unknown"
    return Equilibrium(
        found.contributions,
        "monotone equation for the total",
        "continuum" if len(found.tied) else known,
    )


def supply_equilibrium(supply: Supply, platform: float, begin: float | None = None) -> Split:
    """Return best contributions to each other of agents who all see w.s + platform data.

    Neighbours alike are one entry of the computation, however many they are.

    Parameters
    ----------
    begin : float or None
        Amount of data from which on to look, where more than that is asked for; None is the
        platform's.
    """
    starts, size = supply.runs, len(supply.weight)
    if 2 * len(starts) > size:
        return _equilibrium(supply, platform, begin)
    found = _equilibrium(supply.merged(starts), platform, begin)
    entry = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, size)))
    least, most = found.least[entry], found.most[entry]
    tied = _tied(supply, least, most, found.total)
    return Split(found.contributions[entry], found.total, tied, least, most)


def _tied(supply: Supply, least: Floats, most: Floats, total: float) -> npt.NDArray[np.intp]:
    """Return the agents who may give more or less, if there are several."""
    tied = np.flatnonzero(most - least > ROUND_OFF * supply.span(total))
    return tied if len(tied) > 1 else tied[:0]


def _equilibrium(supply: Supply, platform: float, begin: float | None) -> Split:
    side = supply
    size = len(side.weight)
    agents = np.arange(size)
    contributions = np.zeros(size)
    weight = side.mass
    bottom = platform if begin is None else begin
    if side.queue is not None:
        found = platform + side.queue.data(platform)
        bottom, top = max(platform, found * (1 - TIE_WIDTH)), found * (1 + TIE_WIDTH)
    else:
        top = _upper_end(side, platform, bottom)
    settled, nothing = platform, TIE_WIDTH**2 * top
    at_bottom, at_top = side.ends(bottom)[1], side.ends(top)[0]
    for _ in range(BISECTIONS):
        open_agents = at_bottom > at_top
        if not open_agents.all():
            closed = ~open_agents
            contributions[agents[closed]] = at_top[closed]
            settled += float(weight[agents[closed]] @ at_top[closed])
            keep = np.flatnonzero(open_agents)
            agents = agents[keep]
            side = side.restricted(keep)
            at_bottom, at_top = at_bottom[keep], at_top[keep]
        if agents.size == 0:
            break
        if top - bottom <= max(2 * TIE_WIDTH * top, nothing):
            break
        middle = _middle(bottom, top)
        low, high = side.ends(middle)
        if settled + float(side.mass @ low) > middle:
            bottom, at_bottom = middle, high
        elif settled + float(side.mass @ high) < middle:
            top, at_top = middle, low
        else:
            bottom = top = middle
            at_bottom, at_top = high, low
            break
    least, most = contributions.copy(), contributions.copy()
    if agents.size:
        least[agents], most[agents] = at_top, at_bottom
        left = max(0.0, top - settled)
        contributions[agents] = even_split(at_top, at_bottom, side.mass, left)
    total = platform + float(weight @ contributions)
    tied = _tied(supply, least, most, total)
    return Split(contributions, total, tied, least, most)


def _middle(bottom: float, top: float) -> float:
    """Return a point between: of 1 + y geometrically while the ends differ in magnitude."""
    if 1 + top > WIDE_RATIO * (1 + bottom):
        return math.sqrt((1 + bottom) * (1 + top)) - 1
    return 0.5 * (bottom + top)


def _upper_end(side: Supply, platform: float, begin: float) -> float:
    """Return an amount of data above `begin` which is more than the agents want to make it."""
    if np.all(np.isfinite(side.capacity)):
        return (platform + float(side.mass @ side.capacity)) * (1 + ROUND_OFF)
    top = 1.0 + 2 * begin  # where to begin is a guess: it is doubled, then halved to the last digit
    for _ in range(BRACKET_DOUBLINGS):
        if platform + float(side.mass @ side.ends(top)[0]) < top:
            return top
        top *= 2
        if not np.isfinite(top):
            break
    endless = np.flatnonzero(~np.isfinite(side.ends(np.finfo(float).max / 4)[0]))
    name = side.names[int(endless[0]) if endless.size else 0]
    raise unbounded(name)


def even_split(low: Floats, high: Floats, weight: Floats, left: float) -> Floats:
    """Return contributions in [low, high] with w.s = left, as even as the bounds allow.

    The level t in s = clip(t, low, high) is found exactly by sorting the points where it bends;
    work O(k log k).
    """
    bends = np.concatenate([low, high])
    order = np.argsort(bends, kind="stable")
    bends = bends[order]
    slopes = np.cumsum(np.concatenate([weight, -weight])[order])
    finite = int(np.searchsorted(bends, np.inf))
    rises = slopes[: finite - 1] * np.diff(bends[:finite])
    amounts = float(weight @ low) + np.concatenate([[0.0], np.cumsum(rises)])
    place = int(np.searchsorted(amounts, left))
    if place == 0:
        return low
    slope = float(slopes[place - 1])
    missing = left - float(amounts[place - 1])
    level = bends[place - 1] + (missing / slope if slope > 0 else 0.0)
    return np.asarray(np.clip(level, low, high))
