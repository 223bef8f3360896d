"""No deviation gains more than eps: bounds on a utility over intervals, by branch and bound.

The utility of an agent at own contribution x is value (t / (a - b))^p v(total) - cost, with t, a,
b and v concave and non-decreasing between kinks and a convex cost. Values and slopes at the two
ends of an interval enclose all of them inside it, hence the utility's slope, hence the utility:

    u(x) <= min over z in {left, middle, right} of u(z) + sup u' (x - z)^+ + sup(-u') (z - x)^+,

with an error of second order in the width. Intervals whose bound stays below the best value known
plus eps are done, the others are halved. Bounds are evaluated in doubles, not rounded outwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.proportional.rule import Parts, Position
from mdsolve.game.costs import Costs
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]

FIRST = 8
"""Intervals that every piece between kinks starts with."""

MOST_INTERVALS = 200_000
HALVINGS = 80
DOUBLINGS = 1000


@dataclass(frozen=True)
class OwnUtility:
    """The utility of one agent as a function of his own contribution.

    Parameters
    ----------
    position : Position
    power : float
        The exponent p in [0, 1].
    costs : Costs
        Of this agent alone (n = 1).
    value, capacity : float
        Money per unit of accuracy; samples, what he can pay for.
    """

    position: Position
    power: float
    costs: Costs
    value: float
    capacity: float

    def behind(self, own: Floats) -> npt.NDArray[np.bool_]:
        """Tell where the model is worth less than the full one."""
        if self.power == 0 or self.position.equal:
            return np.zeros(len(own), dtype=bool)
        return np.asarray(own < self.position.lead)

    def factor(self, own: Floats) -> Floats:
        """Return (t / (a - b))^p, 1 for the leader and where 0 stands beside 0."""
        result = np.ones_like(own)
        below = self.behind(own)
        if below.any():
            parts = self.position.parts(own[below])
            leader = parts.up - parts.down
            ratio = np.ones_like(leader)
            np.divide(parts.own, leader, out=ratio, where=leader > 0)
            result[below] = np.clip(ratio, 0.0, 1.0) ** self.power
        return result

    def utility(self, own: Floats) -> Floats:
        """Return the utility in money, shape (k,)."""
        full = self.position.curve.value(self.position.rest + own)
        return np.asarray(self.value * self.factor(own) * full - self.costs.along(0, own))

    def slope_range(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """Return bounds of the marginal utility on intervals without kinks inside.

        Intervals lie on one side of the leading contribution; the upper bound is infinite where
        the ratio may start from 0.
        """
        curve, rest = self.position.curve, self.position.rest
        worth = curve.value(rest + low), curve.value(rest + high)
        gain = _sorted(curve.slope(rest + low), curve.slope(rest + high))
        spent = self.costs.slope_along(0, low), self.costs.slope_along(0, high)
        factor = np.ones_like(low), np.ones_like(low)
        rise = np.zeros_like(low), np.zeros_like(low)
        below = self.behind(low)
        if below.any():
            ends = (self.position.parts(low[below]), self.position.parts(high[below]))
            for target, entry in zip((*factor, *rise), self._ranges(*ends), strict=True):
                target[below] = entry
        with np.errstate(invalid="ignore"):
            least = np.where(rise[0] < 0, rise[0] * worth[1], rise[0] * worth[0])
            most = np.where(rise[1] > 0, rise[1] * worth[1], rise[1] * worth[0])
        least = np.where(np.isnan(least), -np.inf, least) + factor[0] * gain[0]
        most = np.where(np.isnan(most), np.inf, most) + factor[1] * gain[1]
        return self.value * least - spent[1], self.value * most - spent[0]

    def _ranges(self, left: Parts, right: Parts) -> tuple[Floats, Floats, Floats, Floats]:
        """Return bounds of ratio^p and of its derivative between two ends."""
        weakest, strongest = left.up - right.down, right.up - left.down
        level = (left.up - left.down == 0) & (right.up - right.down == 0)
        known = weakest > 0
        safe = np.where(known, weakest, 1.0)
        low = np.where(strongest > 0, left.own / np.where(strongest > 0, strongest, 1.0), 0.0)
        high = np.where(known, np.minimum(right.own / safe, 1.0), 1.0)
        low = np.where(level, 1.0, np.clip(low, 0.0, high))
        own = _sorted(left.own_slope, right.own_slope)
        up = _sorted(left.up_slope, right.up_slope)
        down = _sorted(left.down_slope, right.down_slope)
        leader = up[0] - down[1], up[1] - down[0]
        drag = (
            np.minimum(low * leader[0], high * leader[0]),
            np.maximum(low * leader[1], high * leader[1]),
        )
        rise = [own[0] - drag[1], own[1] - drag[0]]
        # p ratio^(p-1) falls with the ratio; dividing by the leader's measure keeps signs.
        with np.errstate(divide="ignore", invalid="ignore"):
            steep = self.power * low ** (self.power - 1) / safe
            flat = self.power * high ** (self.power - 1) / np.maximum(strongest, safe)
            least = np.where(rise[0] < 0, rise[0] * steep, rise[0] * flat)
            most = np.where(rise[1] > 0, rise[1] * steep, rise[1] * flat)
        least = np.where(level, 0.0, np.where(known, least, -np.inf))
        most = np.where(level, 0.0, np.where(known, most, np.inf))
        return low**self.power, high**self.power, least, most

    def far_end(self, start: float) -> float:
        """Return where the search may end: beyond, a leader only loses; infinite if nowhere."""
        position = self.position
        kinks = [float(kink) - position.rest for kink in position.curve.kinks]
        far = min(max([1.0, start, position.lead, *kinks]), self.capacity)
        for _ in range(DOUBLINGS):
            at = np.array([far])
            gain = self.value * position.curve.slope(position.rest + at)[0]
            if far >= self.capacity or gain <= self.costs.slope_along(0, at)[0]:
                return far
            far = min(2 * far, self.capacity)
        return np.inf


@dataclass(frozen=True)
class Search:
    """Outcome of a search over all own contributions.

    Parameters
    ----------
    best, utility : float
        The best contribution seen and what it is worth.
    bound : float
        Nothing is worth more than this.
    intervals : int
        Intervals that were bounded.
    """

    best: float
    utility: float
    bound: float
    intervals: int


def search(own: OwnUtility, start: float, margin: float) -> Search:
    """Return the best utility up to a margin, with the bound that proves it.

    Parameters
    ----------
    start : float
        A contribution to compare with.
    margin : float
        The search ends when nothing can be worth more than the best seen plus this, in money.
    """
    far = own.far_end(start)
    best, known = start, float(own.utility(np.array([start]))[0])
    if not np.isfinite(far):
        return Search(far, np.inf, np.inf, 0)
    low, high = _pieces(own, far)
    done, bound = 0, -np.inf
    for _ in range(HALVINGS):
        done += len(low)
        middle = 0.5 * (low + high)
        points = np.stack([low, middle, high])
        utilities = own.utility(points.reshape(-1)).reshape(3, -1)
        top = int(np.argmax(utilities))
        if utilities.flat[top] > known:
            best, known = float(points.flat[top]), float(utilities.flat[top])
        above = _bounds(own, points, utilities)
        left = above > known + margin
        if not left.all():
            bound = max(bound, float(above[~left].max()))
        low, high, middle = low[left], high[left], middle[left]
        if not len(low) or 2 * len(low) > MOST_INTERVALS:
            break
        low, high = np.concatenate([low, middle]), np.concatenate([middle, high])
    if len(low):
        bound = max(bound, float(above[left].max()))
    return Search(best, known, max(bound, known), done)


def _pieces(own: OwnUtility, far: float) -> tuple[Floats, Floats]:
    """Return intervals without kinks inside, each side of a kink a rounding error away from it."""
    position = own.position
    kinks = np.concatenate([position.kinks(), own.costs.kinks(0)])
    around = ROUND_OFF * np.maximum(1.0, kinks + position.rest)
    marks = np.concatenate([[0.0, far, position.lead], kinks - around, kinks, kinks + around])
    ends = np.unique(marks[(marks >= 0) & (marks <= far)])
    if len(ends) == 1:
        return ends, ends
    share = np.arange(FIRST) / FIRST
    width = np.diff(ends)
    low = (ends[:-1, None] + share * width[:, None]).reshape(-1)
    return low, np.append(low[1:], far)


def _bounds(own: OwnUtility, points: Floats, utilities: Floats) -> Floats:
    """Return upper bounds of the utility on intervals given by low, middle and high."""
    low, middle, high = points
    least, most = own.slope_range(low, high)
    up, down = np.maximum(most, 0.0), np.maximum(-least, 0.0)
    width = high - low
    with np.errstate(invalid="ignore"):
        central = utilities[1] + np.maximum(up * (high - middle), down * (middle - low))
        mean = np.fmin(central, np.fmin(utilities[0] + up * width, utilities[2] + down * width))
    full = own.position.curve.value(own.position.rest + high)
    most_ratio = _ratio_at_most(own, low, high)
    plain = own.value * most_ratio * full - own.costs.along(0, low)
    return np.asarray(np.fmin(plain, mean))


def _ratio_at_most(own: OwnUtility, low: Floats, high: Floats) -> Floats:
    """Return an upper bound of ratio^p on intervals."""
    result = np.ones_like(low)
    below = own.behind(low)
    if below.any():
        left, right = own.position.parts(low[below]), own.position.parts(high[below])
        weakest = left.up - right.down
        ratio = np.ones_like(weakest)
        np.divide(right.own, weakest, out=ratio, where=weakest > 0)
        result[below] = np.clip(ratio, 0.0, 1.0) ** own.power
    return result


def _sorted(left: Floats, right: Floats) -> tuple[Floats, Floats]:
    return np.minimum(left, right), np.maximum(left, right)
