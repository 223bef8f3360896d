"""What no pair of contracts can exceed: rigorous outer bounds from tangents of concave pieces.

Let w(m) be the expected worth of all data when the agent brings m. Between its kinks w is concave,
so tangents bound w(m) - rate m from above. Newton's method started outside a level set stays
outside; the crossing of two tangents bounds a maximum. Both hold at every step, whatever the
rounding of the point at which a tangent is taken, so nothing here needs to converge to be valid.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from mdsolve.game.curves import Curve
from mdsolve.tolerance import ROUND_OFF

LAST_DIGITS = 8 * float(np.finfo(np.float64).eps)
"""Relative rounding of one evaluation of w."""

Floats = npt.NDArray[np.float64]
Interval = tuple[float, float]
Function = Callable[[float], float]

STEPS = 300
DOUBLINGS = 1000


@dataclass(frozen=True)
class Prospect:
    """An agent facing a distribution of the others' data.

    Parameters
    ----------
    curve : Curve
    value : float
        Money per unit of accuracy.
    low, high, probability_low, capacity : float
        Cost rates in money per sample, chance of the low one, samples.
    platform_data : float
    amounts, probabilities : (k,)
        What the others may bring, in samples.
    """

    curve: Curve
    value: float
    low: float
    high: float
    probability_low: float
    capacity: float
    platform_data: float
    amounts: Floats
    probabilities: Floats

    def alone(self) -> Prospect:
        """Return the same agent with nobody else's data."""
        return Prospect(
            self.curve,
            self.value,
            self.low,
            self.high,
            self.probability_low,
            self.capacity,
            0.0,
            np.zeros(1),
            np.ones(1),
        )

    def accuracy(self, m: float) -> float:
        """Return the expected accuracy of the model of all data."""
        totals = self.amounts + self.platform_data + m
        return math.fsum(self.probabilities * self.curve.value(totals))

    def worth(self, m: float) -> float:
        """Return w(m), in money."""
        return self.value * self.accuracy(m)

    def slope(self, m: float) -> float:
        """Return w'(m), in money per sample."""
        totals = self.amounts + self.platform_data + m
        return self.value * math.fsum(self.probabilities * self.curve.slope(totals))

    def pieces(self, start: float) -> list[Interval]:
        """Return the intervals from `start` to the capacity on which w is concave."""
        kinks: set[float] = set()
        if not self.curve.concave:
            for kink in self.curve.kinks:
                moved = float(kink) - self.platform_data - self.amounts
                kinks.update(moved[(moved > start) & (moved < self.capacity)].tolist())
        return list(pairwise([start, *sorted(kinks), self.capacity])) or [(start, start)]

    def margin(self, m: float) -> float:
        """Return how far inside a piece its slopes are taken: rounding decides at its ends."""
        return ROUND_OFF * max(1.0, m + self.platform_data + float(self.amounts.max()))


def largest_utility(prospect: Prospect, rate: float) -> Interval:
    """Return a lower and an upper bound of max w(m) - rate m over the capacity, in money."""
    low, high = -math.inf, -math.inf
    for piece in prospect.pieces(0.0):
        reached, bound = concave_maximum(
            lambda m: prospect.worth(m) - rate * m,
            lambda m: prospect.slope(m) - rate,
            *inside(prospect, piece),
        )
        low, high = max(low, reached), max(high, bound)
    return low, high


def largest_maximiser(prospect: Prospect, rate: float) -> float:
    """Return an upper bound of every m at which w(m) - rate m is largest, by halving slopes."""
    best = largest_utility(prospect, rate)[0]
    found = 0.0
    for piece in prospect.pieces(0.0):
        start, end = inside(prospect, piece)
        bound = concave_maximum(
            lambda m: prospect.worth(m) - rate * m, lambda m: prospect.slope(m) - rate, start, end
        )[1]
        if bound < best - LAST_DIGITS * max(1.0, abs(best)):
            continue
        if prospect.slope(start) < rate:
            found = max(found, piece[0])
            continue
        if math.isfinite(end) and prospect.slope(end) >= rate:
            found = max(found, piece[1])
            continue
        if math.isinf(end):
            end = _falling(lambda m: prospect.slope(m) - rate, start)
        for _ in range(STEPS):
            middle = 0.5 * (start + end)
            if middle in (start, end):
                break
            start, end = (middle, end) if prospect.slope(middle) >= rate else (start, middle)
        found = max(found, end)
    return found


def _falling(slope: Function, start: float) -> float:
    """Return a point beyond `start` at which the slope is negative, or one very far out."""
    end = max(1.0, 2 * start)
    for _ in range(DOUBLINGS):
        if slope(end) < 0:
            break
        end *= 2
    return end


def inside(prospect: Prospect, piece: Interval) -> Interval:
    """Return a concave piece less a rounding margin where it ends at a kink."""
    start, end = piece
    margin = prospect.margin(start)
    if end - start <= 2 * margin:
        return start, start
    return (
        start if start == 0 else start + margin,
        end if end == prospect.capacity else end - margin,
    )


def concave_maximum(value: Function, slope: Function, start: float, end: float) -> Interval:
    """Return the largest value met and a bound on all values of a concave function.

    The maximum lies between a point that rises and one that falls; the tangents there cross above
    it, and the next point is below the crossing.
    """
    first, rising = value(start), slope(start)
    if rising <= 0 or start >= end:
        return first, first
    endless = math.isinf(end)
    if endless:
        end = _falling(slope, start)
    last, falling = value(end), slope(end)
    if falling >= 0:
        return last, math.inf if endless else last
    reached, bound = max(first, last), math.inf
    allowed = LAST_DIGITS * max(1.0, abs(reached))
    for step in range(STEPS):
        cross = (last - first + rising * start - falling * end) / (rising - falling)
        bound = min(bound, first + rising * (cross - start))
        if bound - reached <= allowed or not start < cross < end:
            break
        at = cross if step % 2 == 0 else 0.5 * (start + end)
        now, tilt = value(at), slope(at)
        reached = max(reached, now)
        if tilt > 0:
            start, first, rising = at, now, tilt
        else:
            end, last, falling = at, now, tilt
        if tilt == 0:
            return reached, max(reached, now)
    return reached, max(bound, reached)


def outer_interval(
    prospect: Prospect, rate: float, piece: Interval, level: float
) -> Interval | None:
    """Return an interval that contains all m of a concave piece with w(m) - rate m >= level."""
    first, last = inside(prospect, piece)
    start, end = first, last
    slack = LAST_DIGITS * max(1.0, abs(level))

    def lacking(m: float) -> float:
        return level - slack - prospect.worth(m) + rate * m

    if math.isinf(end):
        end = _falling(lambda m: prospect.slope(m) - rate, start)
        while lacking(end) <= 0:
            end *= 2
    right = _newton(lacking, lambda m: prospect.slope(m) - rate, end, -1, start)
    left = _newton(lacking, lambda m: prospect.slope(m) - rate, start, 1, end)
    if right is None or left is None:
        return None
    return piece[0] if left == first else left, piece[1] if right == last else right


def _newton(
    lacking: Function, slope: Function, at: float, towards: int, limit: float
) -> float | None:
    """Return a point from which everything behind misses the level; None if all of it does."""
    for _ in range(STEPS):
        short, tilt = lacking(at), slope(at)
        if short <= 0:
            return at
        if tilt * towards <= 0:
            return None
        moved = at + short / tilt
        if (limit - moved) * towards < 0:
            return None
        if moved == at:
            return at
        at = moved
    return at


def most_expected(prospect: Prospect) -> float:
    """Return an upper bound of p m_l + (1 - p) m_h over all menus that are kept and accepted.

    With u_t at most what type t earns alone, a menu that both types accept and choose as intended
    has F_h(m_h) >= u_h, F_l(m_l) >= u_l and (c_h - c_l) m_h <= F_l(m_l) - u_h, or one with
    at least as much data has.
    """
    low, high, p = prospect.low, prospect.high, prospect.probability_low
    alone = prospect.alone()
    if not prospect.amounts.any():
        # Nothing to reward him with: only his own best amounts leave him as well off as alone.
        return p * largest_maximiser(alone, low) + (1 - p) * largest_maximiser(alone, high)
    utility_low, utility_high = largest_utility(alone, low)[0], largest_utility(alone, high)[0]
    spread = high - low
    accepted = [
        found
        for piece in prospect.pieces(0.0)
        if (found := outer_interval(prospect, high, piece, utility_high)) is not None
    ]
    accepted = accepted or [(0.0, 0.0)]
    needed = (utility_low - utility_high) / spread
    best = 0.0

    def allowed(m: float) -> float:
        return (prospect.worth(m) - low * m - utility_high) / spread

    for piece in prospect.pieces(0.0):
        for start, end in accepted:
            level = utility_high + spread * max(start, needed)
            usable = outer_interval(prospect, low, piece, level)
            if usable is None:
                continue

            def expected(m: float, end: float = end) -> float:
                return p * m + (1 - p) * min(end, allowed(m))

            def gain(m: float, end: float = end) -> float:
                steep = (prospect.slope(m) - low) / spread if allowed(m) < end else 0.0
                return p + (1 - p) * steep

            # Slopes are taken inside the piece; the margin moves the bound by rounding only.
            first, last = inside(prospect, piece)
            ends = max(usable[0], first), min(usable[1], last)
            best = max(best, concave_maximum(expected, gain, *ends)[1])
    return best
