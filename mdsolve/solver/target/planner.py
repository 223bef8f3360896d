"""Contributions that make a weighed sum of data, benefits and costs largest, within bounds.

    maximise  data sum_i s_i + benefit A(s) - cost sum_i c_i(s_i)   over  least <= s <= capacity

for concave A. Where everybody sees one amount of data y = w.s + platform data, the price of data
benefit A'(y) falls with y and what agents offer at it rises: bisection finds y, kinks and ties
included, O(n) per step. Otherwise a projected Newton method solves the conditions of the maximum.

Any prices that are supergradients of A bound the sum from above: A(z) <= A(s) + prices.(z - s), and
what is left is one concave function per agent.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.sharing import SharingGame
from mdsolve.game.weights import CommonWeights
from mdsolve.progress import Monitor
from mdsolve.solver.equilibrium.box_newton import BoxNewton
from mdsolve.solver.equilibrium.stakes import Stakes
from mdsolve.solver.equilibrium.total import even_split
from mdsolve.solver.iterate import iterate
from mdsolve.solver.own_payoff import unbounded
from mdsolve.solver.target.requirements import Weighing
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]

BISECTIONS = 200
DOUBLINGS = 1100

DENSE_LIMIT = 3000
"""Most agents for whom a table of second derivatives is formed."""


@dataclass(frozen=True)
class Plan:
    """Contributions, and prices of data that prove how good they are.

    Parameters
    ----------
    contributions : (n,)
    prices : (n,)
        A supergradient of A(s) = sum_i value_i a_i there, in money per sample.
    """

    contributions: Floats
    prices: Floats


@dataclass(frozen=True)
class Planner:
    """The planner of a game whose total benefit A is concave.

    Parameters
    ----------
    game : SharingGame
    least : (n,)
        Least contributions.
    """

    game: SharingGame
    least: Floats
    monitor: Monitor

    def plan(self, weighing: Weighing, near: Floats | None = None) -> Plan:
        """Return the best contributions.

        Raises
        ------
        UnsupportedError
            If they are unbounded, or for families without a method.
        """
        self.monitor.check_time()
        accuracy = self.game.accuracy
        if isinstance(accuracy, WeightedAccuracy) and isinstance(accuracy.weights, CommonWeights):
            return _of_total(self.game, accuracy, self.least, weighing)
        return _by_newton(self, weighing, near)

    def bound(self, weighing: Weighing, plan: Plan) -> float:
        """Return an upper bound on the weighed sum over all contributions within the bounds."""
        game, s, prices = self.game, plan.contributions, plan.prices
        worth = weighing.data + weighing.benefit * prices
        # Where every sample is worth just what it costs, rounding must not make it endless.
        best = offered(game, worth * (1 - ROUND_OFF), weighing.cost, self.least)[0]
        if not np.isfinite(best).all():
            return math.inf
        gains = worth * best
        if weighing.cost:
            gains = gains - weighing.cost * game.costs.value(best)
        base = game.total_benefit(s) - float(prices @ s) if weighing.benefit else 0.0
        return weighing.benefit * base + float(gains.sum())


def offered(game: SharingGame, worth: Floats, cost: float, least: Floats) -> tuple[Floats, Floats]:
    """Return the ends of best contributions where a sample is worth so much, twice (n,).

    Parameters
    ----------
    worth : (n,)
        Per sample, in units of the weighed sum.
    cost : float
        Weight of costs.
    """
    if cost == 0:
        ends = (worth > 0, worth >= 0)
        low, high = (np.where(end, game.capacity, least) for end in ends)
        return low, high
    price = worth / cost
    low, high = (game.costs.supply(price, side) for side in ("low", "high"))
    return np.clip(low, least, game.capacity), np.clip(high, least, game.capacity)


def _of_total(
    game: SharingGame, accuracy: WeightedAccuracy, least: Floats, weighing: Weighing
) -> Plan:
    """Return the plan where everybody's model sees w.s + platform data."""
    assert isinstance(accuracy.weights, CommonWeights)
    weight, platform = accuracy.weights.vector, accuracy.platform_data
    used = weight > 0

    def price(y: float) -> float:
        return float(game.value @ accuracy.curve.slope(np.full(game.size, y)))

    def ends(y: float) -> tuple[Floats, Floats]:
        right = price(y)
        left = price(float(np.nextafter(y, 0.0))) if accuracy.curve.kinks else right
        low = at_price(right)
        return low if left == right else (low[0], at_price(left)[1])

    def at_price(each: float) -> tuple[Floats, Floats]:
        worth = weighing.data + weighing.benefit * weight * each
        return offered(game, worth, weighing.cost, least)

    def brought(s: Floats) -> float:
        return platform + float(weight[used] @ s[used])

    endless = ~np.isfinite(game.capacity) & (weighing.data + weighing.benefit * weight > 0)
    if weighing.cost == 0 and endless.any() and accuracy.smooth:
        raise unbounded(game.agents[int(np.argmax(endless))])
    top = _upper_end(game, used, brought, ends)
    bottom, top = _crossing(ends, lambda y: y, brought, platform, top)
    # At a kink the price lies between two slopes, and who offers what there depends on it.
    dear = max(price(bottom), price(float(np.nextafter(bottom, 0.0))))
    cheap, dear = _crossing(at_price, lambda _: top, brought, price(top), dear, rising=True)
    at_top, at_bottom = at_price(cheap)[0], at_price(dear)[1]
    at_bottom = np.maximum(at_bottom, at_top)
    left = max(0.0, top - platform)
    s = even_split(at_top, at_bottom, weight, left) if used.any() else at_bottom
    s = np.where(used, s, at_top)
    return Plan(s, weight * _settled(game, weight, weighing, least, s, price, brought(s)))


def _crossing(
    ends: Callable[[float], tuple[Floats, Floats]],
    wanted: Callable[[float], float],
    brought: Callable[[Floats], float],
    low: float,
    high: float,
    *,
    rising: bool = False,
) -> tuple[float, float]:
    """Return neighbours between which what is brought crosses what is wanted.

    Parameters
    ----------
    ends : callable
        Least and most that everybody offers at a place.
    rising : bool
        Whether more is offered at higher places.
    """
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        least, most = ends(middle)
        if brought(least) > wanted(middle):
            low, high = (low, middle) if rising else (middle, high)
        elif brought(most) < wanted(middle):
            low, high = (middle, high) if rising else (low, middle)
        else:
            return middle, middle
    return low, high


def _upper_end(
    game: SharingGame,
    used: npt.NDArray[np.bool_],
    brought: Callable[[Floats], float],
    ends: Callable[[float], tuple[Floats, Floats]],
) -> float:
    """Return an amount of data that is more than what is offered there.

    Raises
    ------
    UnsupportedError
        If there is none.
    """
    top = 1.0 + 2 * brought(game.nothing())
    if np.isfinite(game.capacity[used]).all():
        top = brought(game.capacity) * (1 + ROUND_OFF)
    else:
        for _ in range(DOUBLINGS):
            if brought(ends(top)[0]) < top or not np.isfinite(top):
                break
            top *= 2
    if not np.isfinite(top) or not np.isfinite(ends(top)[0]).all():
        raise unbounded(game.agents[int(np.argmax(~np.isfinite(game.capacity)))])
    return top


def _settled(
    game: SharingGame,
    weight: Floats,
    weighing: Weighing,
    least: Floats,
    s: Floats,
    price: Callable[[float], float],
    y: float,
) -> float:
    """Return the price between the slopes at y at which those who contribute would not stop."""
    right, left = price(y), price(float(np.nextafter(y, 0.0)))
    giving = (s > least) & (weight > 0)
    if weighing.benefit == 0 or not giving.any():
        return float(right)
    asked = weighing.cost * game.costs.slope(s, "left") - weighing.data
    needed = float((asked[giving] / (weighing.benefit * weight[giving])).max())
    return float(np.clip(needed, right, max(left, right)))


@dataclass(frozen=True)
class _PlannerStakes(Stakes):
    """Marginal values of everybody's data to the planner."""

    weighing: Weighing

    def benefit_slopes(self, s: Floats) -> Floats:
        return self.weighing.data + self.weighing.benefit * total_slopes(self.game, s)

    def benefit_jacobian(self, s: Floats) -> Floats:
        return self.weighing.benefit * total_bends(self.game, s)


def total_slopes(game: SharingGame, s: Floats) -> Floats:
    """Return dA / ds_j, A = sum_i value_i a_i, from the right, in money per sample, shape (n,)."""
    accuracy = game.accuracy
    if isinstance(accuracy, WeightedAccuracy):
        slopes = game.value * accuracy.curve.slope(accuracy.index(s))
        return accuracy.weights.transposed(slopes)
    return np.asarray(game.value @ accuracy.jacobian(s))


def total_bends(game: SharingGame, s: Floats) -> Floats:
    """Return d^2 A / ds_i ds_j, shape (n, n)."""
    accuracy = game.accuracy
    if isinstance(accuracy, WeightedAccuracy):
        table = accuracy.weights.dense()
        bends = game.value * accuracy.curve.second(accuracy.index(s))
        return np.asarray((table.T * bends) @ table)
    found = np.empty((game.size, game.size))
    steps = 1e-5 * np.maximum(s, np.where(np.isfinite(game.capacity), 1e-3 * game.capacity, 1.0))
    for j in range(game.size):
        above, below = s.copy(), s.copy()
        above[j] += steps[j]
        below[j] = max(0.0, s[j] - steps[j])
        rise = total_slopes(game, above) - total_slopes(game, below)
        found[j] = rise / (above[j] - below[j])
    return np.asarray(0.5 * (found + found.T))


def _straight(planner: Planner, weighing: Weighing) -> Plan:
    """Return the plan of accuracies that are amounts of data: everybody's sample has one worth."""
    game = planner.game
    slopes = total_slopes(game, planner.least)
    worth = weighing.data + weighing.benefit * slopes
    low, high = offered(game, worth, weighing.cost, planner.least)
    s = np.where(np.isfinite(high), high, low)
    if not np.isfinite(s).all():
        raise unbounded(game.agents[int(np.argmax(~np.isfinite(s)))])
    return Plan(s, slopes)


def _by_newton(planner: Planner, weighing: Weighing, near: Floats | None) -> Plan:
    """Return the plan of smooth accuracies that see different amounts of data."""
    game, least = planner.game, planner.least
    if isinstance(game.accuracy, WeightedAccuracy) and game.accuracy.curve.straight:
        return _straight(planner, weighing)
    if weighing.benefit == 0 or weighing.cost == 0:
        # Without a price against them, more data are always better here.
        if not np.isfinite(game.capacity).all():
            raise unbounded(game.agents[int(np.argmax(~np.isfinite(game.capacity)))])
        if weighing.cost == 0:
            return Plan(game.capacity.copy(), total_slopes(game, game.capacity))
        s = offered(game, np.full(game.size, weighing.data), weighing.cost, least)[1]
        return Plan(s, total_slopes(game, s))
    if not game.accuracy.smooth:
        raise UnsupportedError.single(
            "accuracy",
            "curves with kinks of differently weighed data",
            "smooth curves, or one amount of data for everybody",
            "fit a power family to the measurements: mdsolve fit --family power",
        )
    if game.size > DENSE_LIMIT:
        raise UnsupportedError.single(
            "agents", f"{game.size:,} with weights", f"at most {DENSE_LIMIT:,} with weights"
        )
    stakes = _PlannerStakes(
        game=game,
        borne=game.costs.transformed(weighing.cost),
        weighing=weighing,
    )
    finite = np.where(np.isfinite(game.capacity), game.capacity, 1.0)
    start = np.clip(finite / 2 if near is None else near, least, game.capacity)
    found = iterate(BoxNewton(stakes, start, least=least), planner.monitor)
    s = found.contributions
    return Plan(s, total_slopes(game, s))
