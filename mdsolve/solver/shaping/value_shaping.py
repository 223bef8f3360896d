"""Equilibria under shaped models: each agent is asked for all that keeps them as well off as alone.

With u_i the best utility alone, on the own data only, agent i is handed v(S + P) for m_i samples
where

    value_i v(S + P) = u_i + rate_i m_i,  so  m_i = min(capacity_i, (value_i v - u_i) / rate_i).

The totals S at equilibrium solve S = sum_i m_i(S). The right-hand side is concave in v and v is
concave above the threshold, so phi(S) = sum_i m_i(S) - S has at most two roots there: Newton's
method from above falls monotonically onto the largest, from below it rises onto the smaller one.

Work: O(n) once for two sums (and a sort of the agents with capacities), then O(1) or O(log n) per
Newton step, however close the two roots are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.curves import Curve, MixedCurve
from mdsolve.game.sharing import SharingGame
from mdsolve.solver.shaping.standalone_value import cutoff_cost, optimum_alone, viability_threshold
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]
Excess = Callable[[float], tuple[float, float]]

NEWTON_STEPS = 500
"""Enough halvings for a double root; simple roots take fewer than ten steps."""

JUST_BELOW = 1 - 8 * float(np.finfo(np.float64).eps)
"""Factor on contributions, so that rounding does not leave agents worse off than alone."""

FAR = np.finfo(np.float64).max / 4
"""An amount of data at which every curve has its limit."""


@dataclass(frozen=True)
class ShapedEquilibria:
    """What shaped models ask for.

    Parameters
    ----------
    totals : tuple of float
        All equilibrium totals of contributed data, rising, in samples; only the largest where
        somebody would contribute to the platform's data alone.
    alone : (n,)
        Optimum of each agent on their own, in samples.
    worth : (n,)
        Its utility in money, fixed costs left out.
    steps : int
        Newton steps taken.
    """

    totals: tuple[float, ...]
    alone: Floats
    worth: Floats
    steps: int


@dataclass(frozen=True)
class Asked:
    """sum_i m_i as a function of the value v that everybody is handed.

    Parameters
    ----------
    rise, shift : float
        Agents without capacity: sum value/rate, and sum u/rate.
    fixed : float
        Samples of agents whose data cost nothing: always all they have.
    levels : (k,)
        Values, rising, at which agents with capacities reach them.
    rises, shifts, full : (k + 1,)
        Over the agents that are not yet (rises, shifts) or already (full) at capacity there.
    """

    rise: float
    shift: float
    fixed: float
    levels: Floats
    rises: Floats
    shifts: Floats
    full: Floats

    def at(self, value: float) -> tuple[float, float]:
        """Return the samples asked for in all, and their derivative in the value."""
        if not len(self.levels):
            return self.rise * value - self.shift + self.fixed, self.rise
        k = int(np.searchsorted(self.levels, value, side="right"))
        rise = self.rise + float(self.rises[k])
        shift = self.shift + float(self.shifts[k])
        return rise * value - shift + self.fixed + float(self.full[k]), rise


def asked_for(game: SharingGame, alone: Floats, worth: Floats) -> Asked:
    """Return the sums; O(n), and O(k log k) for k agents with capacities."""
    rate, value, capacity = game.costs.rate, game.value, game.capacity
    costly = rate > 0
    free = costly & ~np.isfinite(capacity)
    bound = np.flatnonzero(costly & np.isfinite(capacity) & (value > 0))
    level = (worth[bound] + rate[bound] * capacity[bound]) / value[bound]
    order = np.argsort(level)
    bound, level = bound[order], level[order]

    def left(column: Floats) -> Floats:
        return np.append(np.cumsum(column[::-1])[::-1], 0.0)

    which = slice(None) if free.all() else free  # a view of everybody costs no copies
    return Asked(
        float(np.sum(value[which] / rate[which])),
        float(np.sum(worth[which] / rate[which])),
        float(alone[~costly].sum()),
        level,
        left(value[bound] / rate[bound]),
        left(worth[bound] / rate[bound]),
        np.append(0.0, np.cumsum(capacity[bound])),
    )


def shaped_equilibria(game: SharingGame) -> ShapedEquilibria:
    """Return all equilibrium totals of the mechanism.

    Raises
    ------
    UnsupportedError
        Unless costs are linear and everybody has the same curve of the plain sum of data.
    """
    curve, platform = common_curve(game), game.platform_data
    if not game.costs.is_linear:
        raise UnsupportedError.single(
            "agents: cost", "costs that are not linear", "linear costs", "give each agent a rate"
        )
    alone, worth = optimum_alone(curve, game.value, game.costs, game.capacity)
    asked = asked_for(game, alone, worth)
    rising = float(alone.max(initial=0.0))
    floor = rising if rising > 0 else max(0.0, viability_threshold(curve) - platform)

    def excess(total: float) -> tuple[float, float]:
        y = np.float64(total + platform)
        amount, rise = asked.at(float(curve.value(y)))  # type: ignore[arg-type]
        return amount - total, rise * float(curve.slope(y)) - 1  # type: ignore[arg-type]

    top = min(asked.at(float(curve.value(np.float64(FAR))))[0], float(game.capacity.sum()))  # type: ignore[arg-type]
    if not top < FAR:
        raise UnsupportedError.single(
            "accuracy", "a value without limit and agents without capacity", "a bounded total"
        )
    offered, slope = excess(0.0)  # positive where the platform's data are worth contributing for
    if rising == 0 and floor == 0 and offered <= 0 and slope <= 0:
        return ShapedEquilibria((0.0,), alone, worth, 0)
    highest, steps = _from_above(excess, floor, max(top, floor))
    if rising > 0:
        found: tuple[float, ...] = (rising if highest is None else highest,)
    elif highest is None:
        found = (0.0,)
    elif offered > 0 or _begins(game, curve):
        found = (highest,)
    elif floor == 0:
        found = (0.0, highest)
    else:
        lowest, more = _from_below(excess, floor, highest)
        steps += more
        apart = highest - lowest > ROUND_OFF * highest
        found = (0.0, lowest, highest) if apart else (0.0, highest)
    return ShapedEquilibria(found, alone, worth, steps)


def _begins(game: SharingGame, curve: Curve) -> bool:
    """Tell whether somebody gains by contributing to the platform's data while nobody else does."""
    if game.platform_data == 0:
        return False
    first, _ = optimum_alone(curve, game.value, game.costs, game.capacity, game.platform_data)
    return bool(first.any())


def _from_above(excess: Excess, floor: float, top: float) -> tuple[float | None, int]:
    """Return the largest root of the concave excess in [floor, top], or None, and the steps."""
    total = top
    for step in range(NEWTON_STEPS):
        value, slope = excess(total)
        if value >= 0:
            return total, step
        if slope >= 0:
            return None, step
        following = total - value / slope
        if following < floor:
            return None, step
        if following >= total:
            return total, step
        total = following
    return total, NEWTON_STEPS


def _from_below(excess: Excess, floor: float, highest: float) -> tuple[float, int]:
    """Return the smallest root in [floor, highest]; the excess is negative at the floor."""
    total = floor
    for step in range(NEWTON_STEPS):
        value, slope = excess(total)
        if value >= 0 or slope <= 0:
            return total, step
        following = total - value / slope
        if following >= highest or following <= total:
            return min(following, highest), step
        total = following
    return total, NEWTON_STEPS


def contributions_at(game: SharingGame, found: ShapedEquilibria, total: float) -> Floats:
    """Return m_i at an equilibrium total, shape (n,), in samples."""
    if total == 0:
        return np.zeros(game.size)
    y = np.float64(total + game.platform_data)
    value, rate = float(common_curve(game).value(y)), game.costs.rate  # type: ignore[arg-type]
    paid = game.value * (value * JUST_BELOW)
    paid -= found.worth * JUST_BELOW
    with np.errstate(divide="ignore", invalid="ignore"):
        asked = np.divide(paid, rate, out=paid)
    free = np.flatnonzero(rate <= 0)
    asked[free] = found.alone[free]
    np.maximum(asked, found.alone, out=asked)
    return np.minimum(asked, game.capacity, out=asked)


def models_at(game: SharingGame, s: Floats) -> Floats:
    """Return the value of each agent's model at contributions s, equilibrium or not, shape (n,).

    min(v(m*) + (rate / value) (s_i - m*), v(total + P)) from the optimum alone m* on, and v(s_i)
    below. An agent who lacks the capacity to pay for the full model gets a steeper line at an
    equilibrium, which depends on its total; here it is the full model at full capacity.
    """
    curve = common_curve(game)
    alone, _ = optimum_alone(curve, game.value, game.costs, game.capacity)
    full = float(curve.value(np.float64(s.sum() + game.platform_data)))  # type: ignore[arg-type]
    with np.errstate(divide="ignore", invalid="ignore"):
        line = np.where(s > alone, game.costs.rate / game.value * (s - alone), 0.0)
    earned = np.where(s >= game.capacity, full, curve.value(alone) + line)
    own = curve.value(s)
    return np.where(s < alone, own, np.maximum(own, np.minimum(earned, full)))


def shaped_curves(game: SharingGame, found: ShapedEquilibria, s: Floats) -> Floats:
    """Return break points (own contribution, value of the model) of each agent's curve.

    Up to the first an agent is handed v(own), up to the second v(own + others + P), between the
    second and the third the straight line, beyond that v(own + others + P). The second differs from
    the first only where the others alone stay below the threshold: the straight line would exceed
    what all data together can give, so the curve follows that until they meet.

    Returns
    -------
    (n, 3, 2)
        Samples, accuracy.
    """
    curve, platform = common_curve(game), game.platform_data
    points = np.empty((game.size, 3, 2))
    points[:, 0, 0] = found.alone
    points[:, 0, 1] = curve.value(found.alone)
    points[:, 2, 0] = s
    points[:, 2, 1] = float(curve.value(np.float64(s.sum() + platform)))  # type: ignore[arg-type]
    points[:, 1] = points[:, 0]
    others = s.sum() - s + platform
    missing = viability_threshold(curve) - others
    late = np.flatnonzero((missing > 0) & (found.alone == 0) & (s > 0))
    if late.size:
        slope = points[late, 2, 1] / s[late]
        own = np.minimum(missing[late], s[late])
        for _ in range(NEWTON_STEPS):
            y = own + others[late]
            gap = slope * own - curve.value(y)
            rise = curve.slope(y) - slope
            moving = (gap > 0) & (rise > 0) & (own < s[late])
            following = np.where(moving, own + gap / np.where(moving, rise, 1.0), own)
            following = np.minimum(following, s[late])
            if np.all(following <= own):
                break
            own = following
        points[late, 1, 0] = own
        points[late, 1, 1] = np.minimum(slope * own, curve.value(own + others[late]))
    return points


def smallest_viable(game: SharingGame) -> int | None:
    """Return the least number of agents, cheapest first, with a positive equilibrium total.

    The total is positive iff sum value/rate reaches 1 / cut-off cost ([K22] Remark 3), and always
    where the platform's data alone have a value. With more needed than there are: the number of
    further agents alike where all are alike, else None. None too where agents have capacities.
    """
    if np.isfinite(game.capacity).any() or not (game.costs.rate > 0).all():
        return None
    curve, platform = common_curve(game), game.platform_data
    nothing, given = curve.value(np.array([0.0, platform]))
    if given > nothing:
        return 1
    needed = (1 - ROUND_OFF) / cutoff_cost(curve, platform)
    worth = np.sort(game.value / game.costs.rate)[::-1]
    count = int(np.searchsorted(np.cumsum(worth), needed)) + 1
    if count <= game.size:
        return count
    return int(np.ceil(needed / worth[0])) if worth[0] == worth[-1] > 0 else None


def common_curve(game: SharingGame) -> Curve:
    """Return the curve that everybody's model follows.

    Raises
    ------
    UnsupportedError
        If agents differ in it, or if it is no function of the sum of all data.
    """
    accuracy = game.accuracy
    fits = (
        isinstance(accuracy, WeightedAccuracy)
        and accuracy.of_all_data
        and not isinstance(accuracy.curve, MixedCurve)
    )
    if not fits:
        differ = isinstance(accuracy, WeightedAccuracy) and isinstance(accuracy.curve, MixedCurve)
        raise UnsupportedError.single(
            "accuracy",
            "different functions for different agents"
            if differ
            else f"the family {accuracy.family} with weights",
            "one function of the sum of all data",
            "use pac, threshold-power, power or curve without weights",
        )
    assert isinstance(accuracy, WeightedAccuracy)
    return accuracy.curve
