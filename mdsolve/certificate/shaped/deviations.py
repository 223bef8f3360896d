"""What an agent behind the leader can gain: branch and bound on intervals of own contributions.

With enclosures [a, b] of all marginal utilities on an interval,

    u(x) <= min over z of u(z) + max(b, 0) (x - z)^+ + max(-a, 0) (z - x)^+,

z the left end, the middle and the right end: off by an amount of second order in the width. And u
is at most the largest benefit less the least cost. Intervals whose bound stays below a goal are
done, the others are halved. Everything is rounded outwards, so what is done is proved.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.intervals import Intervals, down, up
from mdsolve.certificate.shaped.pool import hull
from mdsolve.certificate.shaped.ranked import Ranked

Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

FIRST = 8
"""Intervals that every kind starts with."""

HALVINGS = 60
MOST_INTERVALS = 100_000
"""Most intervals at one time, unless there are many kinds of agents."""


@dataclass(frozen=True)
class Search:
    """Outcome for every kind, (kinds,) each.

    Parameters
    ----------
    bound : (kinds,)
        No utility behind the leader is above this, where `done`.
    best, utility : (kinds,)
        The best contribution seen, and what it is certainly worth.
    done : (kinds,) of bool
        Whether the search came to an end below the goal.
    intervals : int
        How many were bounded.
    """

    bound: Floats
    best: Floats
    utility: Floats
    done: Booleans
    intervals: int


@dataclass(frozen=True)
class _Boxes:
    """Intervals with utilities at their ends, (k,) each."""

    kind: Indices
    low: Floats
    high: Floats
    at_low: Intervals
    at_high: Intervals

    def take(self, rows: npt.NDArray[np.intp]) -> _Boxes:
        """Return some of them."""
        return _Boxes(
            self.kind[rows],
            self.low[rows],
            self.high[rows],
            self.at_low[rows],
            self.at_high[rows],
        )


def utilities(game: Ranked, kind: Indices, x: Floats) -> Intervals:
    """Return enclosures of utilities at own contributions, (k,)."""
    found = game.utility(kind, x, game.arithmetic.stored(x))
    return hull(game.arithmetic, found, found)


def search(game: Ranked, end: Floats, goal: Floats, hopeless: Floats) -> Search:
    """Bound utilities on [0, min(end, leader's contribution)] for every kind.

    Parameters
    ----------
    end : (kinds,)
        As far as agents can go, in samples.
    goal : (kinds,)
        What is to be shown not to be exceeded, in money.
    hopeless : (kinds,)
        Above this at one contribution a kind is given up: somebody gains.
    """
    size = game.size
    best, utility = np.zeros(size), np.full(size, -np.inf)
    bound = np.full(size, -np.inf)
    done = np.ones(size, dtype=np.bool_)
    far = np.minimum(game.lead, end)
    if not np.any(far > 0):
        return Search(bound, best, utility, done, 0)
    boxes = _first(game, far)
    for ends in ((boxes.low, boxes.at_low), (boxes.high, boxes.at_high)):
        _noted(boxes.kind, *ends, best, utility)
    count = 0
    for _ in range(HALVINGS):
        boxes = boxes.take(np.flatnonzero(utility[boxes.kind] <= hopeless[boxes.kind]))
        if not len(boxes.kind):
            break
        count += len(boxes.kind)
        game.context.monitor.check_time()
        middle = boxes.low + 0.5 * (boxes.high - boxes.low)
        at_middle = utilities(game, boxes.kind, middle)
        _noted(boxes.kind, middle, at_middle, best, utility)
        above = _bounds(game, boxes, middle, at_middle)
        left = above > goal[boxes.kind]
        np.maximum.at(bound, boxes.kind[~left], above[~left])
        rows = np.flatnonzero(left)
        stuck = (middle[rows] <= boxes.low[rows]) | (middle[rows] >= boxes.high[rows])
        done[boxes.kind[rows[stuck]]] = False
        rows = rows[~stuck]
        if 2 * len(rows) > max(MOST_INTERVALS, 4 * FIRST * size):
            done[boxes.kind[rows]] = False
            break
        boxes = _halved(boxes.take(rows), middle[rows], at_middle[rows])
    else:
        done[boxes.kind] = False
    return Search(bound, best, utility, done & (utility <= hopeless), count)


def _first(game: Ranked, far: Floats) -> _Boxes:
    """Return the intervals that the search starts with."""
    kinds = np.flatnonzero(far > 0)
    kind = np.repeat(kinds, FIRST)
    share = np.tile(np.arange(FIRST) / FIRST, len(kinds))
    low = share * far[kind]
    high = np.where(share == share.max(initial=0.0), far[kind], (share + 1 / FIRST) * far[kind])
    # Neighbours share their ends, whatever the rounding.
    high[:-1] = np.where(kind[:-1] == kind[1:], low[1:], high[:-1])
    return _Boxes(kind, low, high, utilities(game, kind, low), utilities(game, kind, high))


def _halved(boxes: _Boxes, middle: Floats, at_middle: Intervals) -> _Boxes:
    from mdsolve.certificate.intervals import joined

    return _Boxes(
        np.concatenate([boxes.kind, boxes.kind]),
        np.concatenate([boxes.low, middle]),
        np.concatenate([middle, boxes.high]),
        joined([boxes.at_low, at_middle]),
        joined([at_middle, boxes.at_high]),
    )


def _noted(kind: Indices, x: Floats, worth: Intervals, best: Floats, utility: Floats) -> None:
    """Remember the best contribution of every kind."""
    order = np.lexsort((worth.low, kind))
    last = np.append(kind[order][1:] != kind[order][:-1], True)[: len(order)]
    rows = order[last]
    better = rows[worth.low[rows] > utility[kind[rows]]]
    best[kind[better]], utility[kind[better]] = x[better], worth.low[better]


def _bounds(game: Ranked, boxes: _Boxes, middle: Floats, at_middle: Intervals) -> Floats:
    """Return upper bounds of utilities on intervals."""
    slope, most, spent = game.slopes(boxes.kind, boxes.low, boxes.high)
    rise, fall = np.maximum(slope.high, 0.0), np.maximum(-slope.low, 0.0)
    width = up(boxes.high - boxes.low)
    half = np.maximum(up(boxes.high - middle), up(middle - boxes.low))
    with np.errstate(invalid="ignore", over="ignore"):
        forms = [
            up(at_middle.high + up(np.maximum(rise, fall) * half)),
            up(boxes.at_low.high + up(rise * width)),
            up(boxes.at_high.high + up(fall * width)),
            up(most.high - spent.low),
        ]
    found = np.asarray(forms[-1])
    for form in forms[:-1]:
        found = np.fmin(found, form)
    return found


def goals(game: Ranked) -> tuple[Floats, Floats]:
    """Return what nobody may exceed to pass, and what proves a gain, (kinds,), in money."""
    context = game.context
    allowed = context.tolerance * context.scales.money[game.first]
    own = hull(game.arithmetic, game.utilities, game.utilities)
    return down(own.low + down(allowed)), up(own.high + up(allowed))
