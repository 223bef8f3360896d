"""One accuracy curve of the sum of all data, and agents with linear costs who weigh it.

A curve is the largest of concave, non-decreasing pieces, each of which counts from its start on and
is no better than the others there. So whatever is shown for every piece is shown for the curve, and
nobody has to know where two pieces cross.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.intervals import Intervals
from mdsolve.certificate.numbers import FLOAT, Arithmetic, Quantity
from mdsolve.certificate.reading.curves import Curve, Piece, Side
from mdsolve.certificate.reading.sharing import SharingReading

Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pool:
    """A curve v of all data added up, in accuracy.

    Parameters
    ----------
    platform : quantity of shape ()
        Samples that the platform brings itself, for those who take part.
    """

    arithmetic: Arithmetic
    curve: Curve
    platform: Quantity

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The concave pieces."""
        return self.curve.pieces

    def value(self, y: Quantity) -> Quantity:
        """Return v(y), for y >= 0 samples of any shape."""
        return self.curve.value(y)

    def slope(self, y: Quantity, side: Side) -> Quantity:
        """Return the one-sided derivative; everything between two where it is open which counts."""
        arithmetic = self.arithmetic
        first, *others = self.pieces
        found, best = first.slope(y, side), first.value(y)
        compare = arithmetic.at_most if side == "right" else arithmetic.less
        for piece in others:
            at = arithmetic.maximum(y, piece.start)
            value, slope = piece.value(at), piece.slope(at, side)
            started, above = compare(piece.start, y), compare(best, value)
            yes, no = started.holds & above.holds, started.fails | above.fails
            if not np.all(yes | no):
                either = arithmetic.between(
                    arithmetic.minimum(slope, found), arithmetic.maximum(slope, found)
                )
                found = arithmetic.where(no, found, either)
            found = arithmetic.where(yes, slope, found)
            best = arithmetic.maximum(best, value)
        return found

    def range(self, low: Quantity, high: Quantity) -> Intervals:
        """Return enclosures of v between amounts low <= high: it does not fall."""
        return hull(self.arithmetic, self.value(low), self.value(high))

    def slope_range(self, low: Quantity, high: Quantity) -> Intervals:
        """Return enclosures of all one-sided derivatives of v between amounts low <= high.

        Those of a piece fall. A second piece that starts on a constant one counts where it is
        higher at `low`, and does not where it is lower at `high`; otherwise both may.
        """
        arithmetic = self.arithmetic
        first, *others = self.pieces
        found = hull(arithmetic, first.slope(high, "left"), first.slope(low, "right"))
        flat = not np.any(found.high > 0)
        for piece in others:
            one, two = (arithmetic.maximum(y, piece.start) for y in (low, high))
            here = hull(arithmetic, piece.slope(two, "left"), piece.slope(one, "right"))
            never = arithmetic.less(high, piece.start).holds
            always = np.zeros(never.shape, dtype=np.bool_)
            if flat and len(others) == 1:
                never = never | arithmetic.less(piece.value(two), first.value(high)).holds
                reached = arithmetic.at_most(piece.start, low).holds
                always = reached & arithmetic.at_most(first.value(low), piece.value(one)).holds
            least = np.where(always, here.low, np.minimum(found.low, here.low))
            most = np.where(always, here.high, np.maximum(found.high, here.high))
            found = Intervals(np.where(never, found.low, least), np.where(never, found.high, most))
        return found


def hull(arithmetic: Arithmetic, low: Quantity, high: Quantity) -> Intervals:
    """Return intervals from lower to upper ends of numbers of any system."""
    return Intervals(arithmetic.lower(low), arithmetic.upper(high))


@dataclass(frozen=True)
class LinearAgents:
    """Agents whose costs are a rate times their samples; fixed costs are left out.

    Parameters
    ----------
    value, rate : (n,)
        Money per accuracy, money per sample.
    capacity : (n,)
        Samples; 0 where there is no limit, which `bounded` tells.
    bounded : (n,) of bool
    """

    arithmetic: Arithmetic
    value: Quantity
    rate: Quantity
    capacity: Quantity
    bounded: Booleans

    @property
    def size(self) -> int:
        """Number of agents."""
        return len(self.bounded)

    @cached_property
    def rounded(self) -> LinearAgents:
        """The same agents in floats, for hints."""
        near: Any = self.arithmetic.nearest
        columns = (near(self.value), near(self.rate), near(self.capacity))
        return LinearAgents(FLOAT, *columns, self.bounded)

    def take(self, rows: npt.NDArray[Any]) -> LinearAgents:
        """Return some of the agents, who may repeat."""
        columns = (self.value[rows], self.rate[rows], self.capacity[rows])
        return LinearAgents(self.arithmetic, *columns, self.bounded[rows])


def pool_of(reading: SharingReading) -> Pool:
    """Return the curve that everybody's model follows.

    Raises
    ------
    NoRouteError
        If agents differ in it, or if it is no function of the sum of all data.
    """
    pooled = reading.accuracy.pooled
    if pooled is None:
        message = "the accuracy is no function of the sum of all data"
        raise NoRouteError(message)
    if len(pooled.curves) > 1:
        message = "the accuracy is not one curve for everybody"
        raise NoRouteError(message)
    return Pool(reading.arithmetic, pooled.curves[0], pooled.platform)


def linear_agents(reading: SharingReading) -> LinearAgents:
    """Return the agents of a game with linear costs.

    Raises
    ------
    NoRouteError
        If costs bend, or somebody's data cost nothing and have no end.
    """
    if not reading.costs.linear.all():
        message = "costs are not linear"
        raise NoRouteError(message)
    rate = reading.costs.slope(reading.nothing, "right")
    free = reading.arithmetic.at_most(rate, reading.nothing)
    if np.any(~free.fails & ~reading.bounded):
        message = "an agent has no capacity, and their data cost nothing"
        raise NoRouteError(message)
    return LinearAgents(reading.arithmetic, reading.value, rate, reading.capacity, reading.bounded)
