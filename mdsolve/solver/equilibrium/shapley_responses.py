"""Equilibria of the Shapley mechanism where payoffs are clipped, kinked or given by an object.

The mechanism is an exact potential game whatever the payoff, so best responses one after the other
raise P(s) - sum_i c_i(s_i) and come to rest at an equilibrium. An agent's share along his own
contribution x is

    phi_i(x) = sum over coalitions X of the others of w_|X| (A(X with x) - A(X)),

which is concave between the points where some coalition's data reach a kink of an accuracy; every
piece is searched. All 2^(n-1) coalitions are held, so that this is for few agents.

Payoffs that are not concave may have several equilibria. Best responses start from nothing and from
the best equal contributions; the one with the larger potential is returned, the totals of both are
reported.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from mdsolve.errors import UnsupportedError
from mdsolve.game.accuracies.python_object import FunctionAccuracy
from mdsolve.game.accuracies.union import UnionAccuracy
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.sharing import SharingGame
from mdsolve.progress import Monitor
from mdsolve.shapley.coalitions import AdditiveRow, additive_rows
from mdsolve.shapley.enumeration import subset_sums
from mdsolve.shapley.potential import potential
from mdsolve.shapley.routes import shapley
from mdsolve.tolerance import DEFAULT

Slope = Callable[[float], float]
Floats = npt.NDArray[np.float64]

AGENT_LIMIT = 12
"""Most agents with weighted data: 2,048 coalitions, each with its own kink."""

OBJECT_LIMIT = 8
"""Most agents with a Python object, which values one coalition at a time."""

WORK_LIMIT = 200_000_000
"""Most values of accuracies in one agent's search."""

SWEEP_LIMIT = 2000
DOUBLINGS = 1000
RELATIVE = 4 * float(np.finfo(float).eps)
GRID = 30
"""Equal contributions tried as a start: up to so many doublings and halvings of a threshold."""


@dataclass(frozen=True)
class Responses:
    """Where best responses come to rest.

    Parameters
    ----------
    contributions, shares : (n,)
    totals : tuple of float
        Total contributions of the equilibria found, rising.
    sweeps : int
    converged : bool
    """

    contributions: Floats
    shares: Floats
    totals: tuple[float, ...]
    sweeps: int
    converged: bool


class OwnShare(ABC):
    """One agent's Shapley share as a function of his own contribution, others fixed."""

    @property
    @abstractmethod
    def kinks(self) -> Floats:
        """Own contributions where the slope may jump."""

    @abstractmethod
    def value(self, own: float) -> float:
        """Return phi_i, in money."""

    @abstractmethod
    def slope(self, own: float) -> float:
        """Return the right derivative, in money per sample."""


@dataclass(frozen=True)
class WeightedShare(OwnShare):
    """Shares of payoffs of totals: a row of the payoff and the others' coalitions."""

    rows: tuple[AdditiveRow, ...]
    agent: int

    @cached_property
    def _coalitions(self) -> list[tuple[AdditiveRow, Floats]]:
        return [(row, subset_sums(np.delete(row.amounts, self.agent))) for row in self.rows]

    @cached_property
    def _chances(self) -> Floats:
        others = len(self.rows[0].amounts) - 1
        sizes = subset_sums(np.ones(others)).astype(np.intp)
        by_size = [1 / ((others + 1) * math.comb(others, k)) for k in range(others + 1)]
        return np.array(by_size)[sizes]

    @property
    def kinks(self) -> Floats:
        """Return where the data of some coalition with the agent reach a kink."""
        found = [
            ((kink - totals) / row.rates[self.agent])
            for row, totals in self._coalitions
            for kink in row.kinks
        ]
        points = np.unique(np.concatenate(found)) if found else np.empty(0)
        return points[points > 0]

    def value(self, own: float) -> float:
        """Return the mean gain over coalitions."""
        gains = (
            row.value(totals + row.rates[self.agent] * own) - row.value(totals)
            for row, totals in self._coalitions
        )
        return float(sum(self._chances @ gain for gain in gains))

    def slope(self, own: float) -> float:
        """Return the mean slope over coalitions."""
        return float(
            sum(
                row.rates[self.agent]
                * (self._chances @ row.slope(totals + row.rates[self.agent] * own))
                for row, totals in self._coalitions
            )
        )


@dataclass(frozen=True)
class UnionShare(OwnShare):
    """Shares of union payoffs: proportional to the agent's own effort."""

    accuracy: UnionAccuracy
    rate: float

    @property
    def kinks(self) -> Floats:
        """Return the break points of the effort."""
        return self.accuracy.samples[self.accuracy.samples > 0]

    def value(self, own: float) -> float:
        """Return rate e(own)."""
        return self.rate * float(self.accuracy.effort(np.array([own]))[0])

    def slope(self, own: float) -> float:
        """Return rate e'(own)."""
        return self.rate * float(self.accuracy.effort_slope(np.array([own]))[0])


@dataclass(frozen=True)
class ObjectShare(OwnShare):
    """Shares of payoffs that a Python object values."""

    game: SharingGame
    s: Floats
    agent: int

    @property
    def kinks(self) -> Floats:
        """Return nothing: such payoffs are smooth."""
        return np.empty(0)

    def _at(self, own: float, derivatives: bool) -> tuple[Floats, Floats | None]:
        moved = self.s.copy()
        moved[self.agent] = own
        values = shapley(self.game, moved, route="enumeration", derivatives=derivatives)
        return values.shares, values.slopes

    def value(self, own: float) -> float:
        """Return the share by enumeration."""
        return float(self._at(own, False)[0][self.agent])

    def slope(self, own: float) -> float:
        """Return its derivative by enumeration."""
        slopes = self._at(own, True)[1]
        assert slopes is not None
        return float(slopes[self.agent])


def shapley_responses(game: SharingGame, monitor: Monitor) -> Responses:
    """Return an equilibrium under Shapley payments by best responses.

    Raises
    ------
    UnsupportedError
        For too many agents, or a best contribution without end.
    """
    _refuse_many(game)
    starts = [game.nothing()]
    if not game.accuracy.concave:
        starts.append(_best_equal_contributions(game))
    found = [_sweep(game, start, monitor) for start in starts]
    rested = [one for one in found if one.converged] or found
    best = max(rested, key=lambda one: _potential(game, one.contributions))
    totals = sorted({one.totals[0] for one in rested})
    return replace(best, totals=tuple(_distinct(totals)))


def _sweep(game: SharingGame, start: Floats, monitor: Monitor) -> Responses:
    """Let agents answer each other until nobody moves."""
    s = start.copy()
    reach, rest = float(s.max()), False
    for sweep in range(1, SWEEP_LIMIT + 1):
        moved = 0.0
        for agent in range(game.size):
            answer = _best_response(game, s, agent)
            moved = max(moved, abs(answer - float(s[agent])))
            s[agent] = answer
        monitor.advance("best responses", sweep, SWEEP_LIMIT)
        reach = max(reach, float(s.max()))
        rest = moved <= DEFAULT.solve * max(reach, float(game.accuracy.own_span(s).max()))
        if rest:
            break
    return Responses(s, shapley(game, s).shares, (float(s.sum()),), sweep, rest)


def _best_response(game: SharingGame, s: Floats, agent: int) -> float:
    """Return the agent's best contribution; of equals, the one nearest to what he does now."""
    share, costs = _own_share(game, s, agent), game.costs
    capacity = float(game.capacity[agent])
    ends = np.unique(np.concatenate([share.kinks, costs.kinks(agent), [0.0, capacity]]))
    ends = ends[ends <= capacity]

    def slope(own: float) -> float:
        return share.slope(own) - float(costs.slope_along(agent, np.array([own]))[0])

    points = {0.0}
    for low, high in pairwise(ends.tolist()):
        points.add(_piece_maximum(game, agent, slope, low, high))
    ordered = np.array(sorted(points))
    shares = np.array([share.value(point) for point in ordered.tolist()])
    borne = costs.along(agent, ordered)
    utilities = shares - borne
    best = int(np.argmax(utilities))
    blur = DEFAULT.solve * float(abs(shares[best]) + abs(borne[best]))
    close = ordered[utilities >= utilities[best] - blur]
    return float(close[np.argmin(np.abs(close - s[agent]))])


def _piece_maximum(game: SharingGame, agent: int, slope: Slope, low: float, high: float) -> float:
    """Return the maximiser on an interval on which the utility is concave."""
    if slope(low) <= 0:
        return low
    if not np.isfinite(high):
        high = max(1.0, 2 * low)  # a guess: doubled here, narrowed to the last digit below
        for _ in range(DOUBLINGS):
            if slope(high) <= 0:
                break
            high *= 2
        else:
            raise UnsupportedError.single(
                f"agent {game.agents[agent]}",
                "no capacity, and every further sample is worth more than it costs",
                "a bounded best contribution",
                "give the agent a capacity or a positive marginal cost",
            )
    last = float(np.nextafter(high, low))
    if slope(last) >= 0:
        return high
    return float(brentq(slope, low, last, xtol=np.finfo(float).tiny, rtol=RELATIVE))


def _own_share(game: SharingGame, s: Floats, agent: int) -> OwnShare:
    accuracy = game.accuracy
    if isinstance(accuracy, WeightedAccuracy):
        rows = tuple(row for row in additive_rows(game, s) if row.rates[agent] > 0)
        share = WeightedShare(rows, agent)
        work = len(rows) * (len(share.kinks) + 1) * 2 ** (game.size - 1) if rows else 0
        if work > WORK_LIMIT:
            raise _too_large(game, f"{work:,} values in one search", f"{WORK_LIMIT:,}")
        return share if rows else UnhelpfulShare()
    if isinstance(accuracy, UnionAccuracy):
        moved = s.copy()
        moved[agent] = accuracy.samples[int(np.argmax(accuracy.heights))]
        effort = float(accuracy.heights.max())
        shares = shapley(game, moved).shares
        return UnionShare(accuracy, float(shares[agent]) / effort if effort > 0 else 0.0)
    return ObjectShare(game, s, agent)


class UnhelpfulShare(OwnShare):
    """Nobody's accuracy looks at the agent's data."""

    @property
    def kinks(self) -> Floats:
        """Return nothing."""
        return np.empty(0)

    def value(self, own: float) -> float:
        """Return 0."""
        return 0.0 * own

    def slope(self, own: float) -> float:
        """Return 0."""
        return 0.0 * own


def _best_equal_contributions(game: SharingGame) -> Floats:
    """Return the equal contributions (within capacities) with the largest potential.

    They are measured by what an agent needs alone to reach the last kink of the own accuracy.
    """
    nothing = game.nothing()
    kinks = [game.accuracy.own_kinks(agent, nothing) for agent in range(game.size)]
    unit = float(np.concatenate([*kinks, [0.0]]).max())
    if unit == 0:
        return nothing
    tries = [np.minimum(unit * 2.0**k, game.capacity) for k in range(-GRID, GRID)]
    return max(tries, key=lambda s: _potential(game, s))


def _potential(game: SharingGame, s: Floats) -> float:
    """Return P(s) - sum_i c_i(s_i), in money."""
    return potential(game, s) - float(game.costs.value(s).sum())


def _distinct(totals: list[float]) -> list[float]:
    """Return rising totals without those that only rounding tells apart."""
    kept = totals[:1]
    for total in totals[1:]:
        if total - kept[-1] > DEFAULT.verify * totals[-1]:
            kept.append(total)
    return kept


def _refuse_many(game: SharingGame) -> None:
    accuracy = game.accuracy
    if isinstance(accuracy, UnionAccuracy):
        return
    limit = OBJECT_LIMIT if isinstance(accuracy, FunctionAccuracy) else AGENT_LIMIT
    if game.size > limit:
        raise _too_large(game, f"{game.size} agents with the family {accuracy.family}", str(limit))


def _too_large(game: SharingGame, got: str, limit: str) -> UnsupportedError:
    return UnsupportedError.single(
        "mechanism shapley",
        got,
        f"at most {limit} for payoffs that are not smooth and concave",
        f"merge the {game.size} agents into groups, or fit a power curve to the accuracies",
    )
