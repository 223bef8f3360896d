"""Equilibria of the Shapley mechanism where payoffs are clipped, kinked or given by an object.

The mechanism is an exact potential game whatever the payoff, so best responses one after the other
raise P(s) - sum_i c_i(s_i) and come to rest at an equilibrium. An agent's share along their own
contribution x is

    phi_i(x) = sum over coalitions X of the others of w_|X| (A(X with x) - A(X)),

which is concave between the points where some coalition's data reach a kink of an accuracy; every
piece is searched. All 2^(n-1) coalitions are held, so that this is for few agents. With weights a_i
coalitions weigh differently and P(s) - sum_i c_i(s_i) / a_i rises. Where a part of the benefit is
the own accuracy there is no potential, and best responses may run in a cycle.

Payoffs that are not concave may have several equilibria. Best responses start from nothing and from
the best equal contributions; the one with the larger potential is returned, the totals of both are
reported. Without a potential it is the one with more data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.accuracies.python_object import FunctionAccuracy
from mdsolve.game.accuracies.union import UnionAccuracy
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.sharing import SharingGame
from mdsolve.progress import Monitor
from mdsolve.shapley.agent_weights import Ratios
from mdsolve.shapley.coalitions import AdditiveRow, additive_rows
from mdsolve.shapley.enumeration import subset_sums
from mdsolve.shapley.routes import Route, ShapleyValues, shapley
from mdsolve.shapley.weighted import arrival_rule
from mdsolve.solver.equilibrium.stakes import OwnAccuracy, ShapleyStakes
from mdsolve.solver.iterate import iterate
from mdsolve.solver.own_payoff import Benefit, OwnPayoff
from mdsolve.solver.record import Equilibrium
from mdsolve.solver.sweeps import Sweeps
from mdsolve.tolerance import DEFAULT

Floats = npt.NDArray[np.float64]

AGENT_LIMIT = 12
"""Most agents with weighted data: 2,048 coalitions, each with its own kink."""

OBJECT_LIMIT = 8
"""Most agents with a Python object, which values one coalition at a time."""

WORK_LIMIT = 200_000_000
"""Most values of accuracies in one agent's search."""

SWEEP_LIMIT = 2000
GRID = 30
"""Equal contributions tried as a start: up to so many doublings and halvings of a threshold."""


@dataclass(frozen=True)
class WeightedShare(Benefit):
    """Shares of payoffs of totals: a row of the payoff and the others' coalitions."""

    rows: tuple[AdditiveRow, ...]
    agent: int
    ratios: Ratios | None = None

    @cached_property
    def _coalitions(self) -> list[tuple[AdditiveRow, Floats]]:
        return [(row, subset_sums(np.delete(row.amounts, self.agent))) for row in self.rows]

    @cached_property
    def _chances(self) -> Floats:
        if self.ratios is not None:
            return _chances_by_weight(self.ratios, self.agent)
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

    def value(self, own: Floats) -> Floats:
        """Return the mean gain over coalitions."""
        return np.array([self._mean_gain(one) for one in own.tolist()])

    def slope(self, own: Floats) -> Floats:
        """Return the mean slope over coalitions."""
        return np.array([self._mean_slope(one) for one in own.tolist()])

    def _mean_gain(self, own: float) -> float:
        gains = (
            row.value(totals + row.rates[self.agent] * own) - row.value(totals)
            for row, totals in self._coalitions
        )
        return float(sum(self._chances @ gain for gain in gains))

    def _mean_slope(self, own: float) -> float:
        return float(
            sum(
                row.rates[self.agent]
                * (self._chances @ row.slope(totals + row.rates[self.agent] * own))
                for row, totals in self._coalitions
            )
        )


@dataclass(frozen=True)
class UnionShare(Benefit):
    """Shares of union payoffs: proportional to the agent's own effort."""

    accuracy: UnionAccuracy
    rate: float

    @property
    def kinks(self) -> Floats:
        """Return the break points of the effort."""
        return self.accuracy.samples[self.accuracy.samples > 0]

    def value(self, own: Floats) -> Floats:
        """Return rate e(own)."""
        return np.asarray(self.rate * self.accuracy.effort(own))

    def slope(self, own: Floats) -> Floats:
        """Return rate e'(own)."""
        return np.asarray(self.rate * self.accuracy.effort_slope(own))


@dataclass(frozen=True)
class ShareAlong(Benefit):
    """Shares that are smooth in the own contribution, computed anew at every one."""

    stakes: ShapleyStakes
    s: Floats
    agent: int

    @property
    def kinks(self) -> Floats:
        """Return nothing: such payoffs are smooth."""
        return np.empty(0)

    def _at(self, own: float, *, derivatives: bool) -> ShapleyValues:
        moved = self.s.copy()
        moved[self.agent] = own
        game, ratios = self.stakes.game, self.stakes.ratios
        route: Route = "enumeration" if game.accuracy.opaque else "auto"
        return shapley(
            game,
            moved,
            route=route,
            index=self.stakes.index,
            ratios=ratios,
            derivatives=derivatives,
        )

    def value(self, own: Floats) -> Floats:
        """Return the share."""
        found = [self._at(one, derivatives=False).shares for one in own.tolist()]
        return np.array([shares[self.agent] for shares in found])

    def slope(self, own: Floats) -> Floats:
        """Return its derivative."""
        found = [self._at(one, derivatives=True).slopes for one in own.tolist()]
        return np.array([slopes[self.agent] for slopes in found if slopes is not None])


@dataclass(frozen=True)
class PartialShare(Benefit):
    """A part of the share, and the rest of the own accuracy."""

    share: Benefit
    accuracy: Benefit
    part: float

    @property
    def kinks(self) -> Floats:
        """Return the kinks of both."""
        return np.unique(np.concatenate([self.share.kinks, self.accuracy.kinks]))

    def value(self, own: Floats) -> Floats:
        """Return the weighted sum."""
        rest = (1 - self.part) * self.accuracy.value(own)
        return np.asarray(self.part * self.share.value(own) + rest)

    def slope(self, own: Floats) -> Floats:
        """Return its derivative."""
        rest = (1 - self.part) * self.accuracy.slope(own)
        return np.asarray(self.part * self.share.slope(own) + rest)


class UnhelpfulShare(Benefit):
    """Nobody's accuracy looks at the agent's data."""

    @property
    def kinks(self) -> Floats:
        """Return nothing."""
        return np.empty(0)

    def value(self, own: Floats) -> Floats:
        """Return zeros."""
        return np.zeros_like(own)

    def slope(self, own: Floats) -> Floats:
        """Return zeros."""
        return np.zeros_like(own)


def shapley_responses(stakes: ShapleyStakes, monitor: Monitor) -> Equilibrium:
    """Return an equilibrium under Shapley payments by best responses.

    Raises
    ------
    UnsupportedError
        For too many agents, or a best contribution without end.
    """
    game = stakes.game
    _refuse_many(game)
    starts = [game.nothing()]
    if not game.accuracy.concave:
        starts.append(_best_equal_contributions(stakes))
    found = [iterate(_sweeps(stakes, start), monitor) for start in starts]
    rested = [one for one in found if one.rested] or found
    best = max(rested, key=lambda one: _rank(stakes, one.contributions))
    totals = _distinct(sorted({float(one.contributions.sum()) for one in rested}))
    shares = shapley(game, best.contributions, ratios=stakes.ratios).shares
    return replace(best, totals=tuple(totals), shares=shares)


def _sweeps(stakes: ShapleyStakes, start: Floats) -> Sweeps:
    game = stakes.game

    def span(s: Floats) -> float:
        return float(game.accuracy.own_span(s).max())

    name = "global best responses on Shapley shares"
    own = partial(own_payoff, stakes)
    return Sweeps(own, start, span, name, SWEEP_LIMIT, stays=True, cycles=stakes.part < 1)


def own_payoff(stakes: ShapleyStakes, s: Floats, agent: int) -> OwnPayoff:
    """Return the agent's payoff along the own contribution, the others' as in s.

    Raises
    ------
    UnsupportedError
        Where that would take too many coalitions.
    """
    game = stakes.game
    share, capacity = _own_share(stakes, s, agent), float(game.capacity[agent])
    if stakes.part < 1:
        share = PartialShare(share, OwnAccuracy(game, s.copy(), agent), stakes.part)
    return OwnPayoff(share, game.costs, agent, capacity, game.agents[agent])


def _own_share(stakes: ShapleyStakes, s: Floats, agent: int) -> Benefit:
    game, accuracy = stakes.game, stakes.game.accuracy
    if isinstance(accuracy, WeightedAccuracy) and not accuracy.smooth:
        rows = tuple(row for row in additive_rows(game, s) if row.rates[agent] > 0)
        share = WeightedShare(rows, agent, stakes.ratios)
        work = len(rows) * (len(share.kinks) + 1) * 2 ** (game.size - 1) if rows else 0
        if work > WORK_LIMIT:
            raise _too_large(game, f"{work:,} values in one search", f"{WORK_LIMIT:,}")
        return share if rows else UnhelpfulShare()
    if isinstance(accuracy, UnionAccuracy):
        moved = s.copy()
        moved[agent] = accuracy.samples[int(np.argmax(accuracy.heights))]
        effort = float(accuracy.heights.max())
        shares = shapley(game, moved, ratios=stakes.ratios).shares
        return UnionShare(accuracy, float(shares[agent]) / effort if effort > 0 else 0.0)
    return ShareAlong(stakes, s.copy(), agent)


@lru_cache(maxsize=AGENT_LIMIT)
def _chances_by_weight(ratios: Ratios, agent: int) -> Floats:
    """Return the chance of every coalition of the others when an agent arrives, by subset."""
    rule = arrival_rule(ratios)
    found = (ratios[agent] * rule.weights * rule.joined[:, agent])[:, None]
    for other in range(len(ratios)):
        if other != agent:
            outside, inside = rule.apart[:, other, None], rule.joined[:, other, None]
            found = np.concatenate([found * outside, found * inside], axis=1)
    return np.asarray(found.sum(axis=0))


def _best_equal_contributions(stakes: ShapleyStakes) -> Floats:
    """Return the equal contributions (within capacities) with the largest potential.

    They are measured by what an agent needs alone to reach the last kink of the own accuracy.
    """
    game = stakes.game
    nothing = game.nothing()
    kinks = [game.accuracy.own_kinks(agent, nothing) for agent in range(game.size)]
    unit = float(np.concatenate([*kinks, [0.0]]).max())
    if unit == 0:
        return nothing
    tries = [np.minimum(unit * 2.0**k, game.capacity) for k in range(-GRID, GRID)]
    return max(tries, key=lambda s: _potential(stakes, s))


def _rank(stakes: ShapleyStakes, s: Floats) -> float:
    """Return what tells equilibria apart: the potential, or the data where there is none."""
    return _potential(stakes, s) if stakes.part == 1 else float(s.sum())


def _potential(stakes: ShapleyStakes, s: Floats) -> float:
    """Return P(s) - sum_i c_i(s_i) / a_i, in money."""
    costs = stakes.game.costs.value(s)
    if stakes.ratios is not None:
        costs = costs / np.array(stakes.ratios)
    return stakes.potential.at(s).value - float(costs.sum())


def _distinct(totals: list[float]) -> list[float]:
    """Return rising totals without those that only rounding tells apart."""
    kept = totals[:1]
    for total in totals[1:]:
        if total - kept[-1] > DEFAULT.verify * totals[-1]:
            kept.append(total)
    return kept


def _refuse_many(game: SharingGame) -> None:
    accuracy = game.accuracy
    known = accuracy.concave and accuracy.smooth and not isinstance(accuracy, FunctionAccuracy)
    if known or isinstance(accuracy, UnionAccuracy):
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
