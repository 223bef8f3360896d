"""Contributions under payment limits or reciprocity: a local search, since the set is not convex.

Unknowns are contributions s and what everybody has before costs, y; the inequality becomes

    y_i >= c_i(s_i) + D_i(s_-i) - L_i,   y_i >= c_i(s_i) + out_i,
    y_i >= r phi_i(s) + value_i a_i(0),  sum_i y_i <= A(s),

and sequential quadratic programs run from several starts. By the envelope theorem dD_i/ds_j is the
slope of the benefit at the deviation. Whatever they end at is judged by the inequality itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.errors import MdsolveError
from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.sharing import SharingGame
from mdsolve.progress import Monitor, StopRequested
from mdsolve.shapley.share_slopes import share_slopes
from mdsolve.solver.target.inequality import Inequality, free_deviations
from mdsolve.solver.target.planner import total_slopes
from mdsolve.solver.target.requirements import Requirements
from mdsolve.solver.target.rule import filled, lump_sums
from mdsolve.tolerance import LOCAL_SEARCH, ROUND_OFF

Floats = npt.NDArray[np.float64]

STEPS = 60
"""Most quadratic programs from one start."""

PULLS = 60
"""Halvings of the way back to contributions that can be agreed on."""


@dataclass(frozen=True)
class LocalSearch:
    """The search for contributions that can be agreed on.

    Parameters
    ----------
    game : SharingGame
    requirements : Requirements
    alone : (n,)
        out_i, in money.
    unit : (n,)
        Samples that contributions are measured in.
    money : float
        Money that everything else is measured in.
    """

    game: SharingGame
    requirements: Requirements
    alone: Floats
    unit: Floats
    money: float
    monitor: Monitor

    def at(self, s: Floats) -> Inequality:
        """Return the inequality at contributions."""
        return Inequality(self.game, self.requirements, self.alone, s)

    def value(self, s: Floats) -> float:
        """Return the goal at contributions, payments chosen as well as they can be."""
        goal = self.requirements.goal
        if not goal.of_utilities:
            return goal.weighing.value(self.game, s)
        found = self.at(s)
        utilities = found.benefits - found.costs + lump_sums(found, goal)
        if goal.aim == "p-mean" and utilities.min() < 0:
            return -np.inf
        return goal.value(self.game, s, utilities)

    def best(self, starts: list[Floats]) -> Floats | None:
        """Return the best contributions that can be agreed on, None where none were found."""
        best: Floats | None = None
        most = -np.inf
        anchor = next((s for s in starts if self.at(s).holds), None)
        for number, start in enumerate(starts):
            self.monitor.advance("searching", number, len(starts))
            for s in self._improved(start, anchor):
                value = self.value(s)
                if value > most:
                    best, most = s, value
                    anchor = s if anchor is None else anchor
        return best

    def _improved(self, start: Floats, anchor: Floats | None) -> Iterator[Floats]:
        """Yield contributions that can be agreed on: the start, and what the search made of it."""
        if self.at(start).holds:
            yield start
        s = start
        for _ in range(2):  # the second run begins with a fresh model of the curvature
            try:
                s = self._run(s)
            except (MdsolveError, FloatingPointError, ValueError) as error:
                if isinstance(error, StopRequested):
                    raise
                return
            if self.at(s).holds:
                yield s
        if anchor is not None and not self.at(s).holds:
            yield self._pulled(s, anchor)

    def _pulled(self, s: Floats, anchor: Floats) -> Floats:
        """Return the point nearest to s, on the way to an anchor, that can be agreed on."""
        low, high = 0.0, 1.0
        for _ in range(PULLS):
            middle = 0.5 * (low + high)
            if self.at(s + middle * (anchor - s)).holds:
                high = middle
            else:
                low = middle
        return np.asarray(s + high * (anchor - s))

    def _run(self, start: Floats) -> Floats:
        from scipy.optimize import minimize

        program = _Program(self)
        x = program.start(start)
        with np.errstate(all="ignore"):
            found = minimize(
                lambda z: -program.goal(z)[0],
                x,
                jac=lambda z: -program.goal(z)[1],
                bounds=program.bounds,
                constraints=[
                    {
                        "type": "ineq",
                        "fun": lambda z: program.rows(z)[0],
                        "jac": lambda z: program.rows(z)[1],
                    }
                ],
                method="SLSQP",
                options={"maxiter": STEPS, "ftol": LOCAL_SEARCH},
            )
        s = np.clip(program.contributions(found.x), self.requirements.least, self.game.capacity)
        return self._snapped(np.asarray(s))

    def _snapped(self, s: Floats) -> Floats:
        """Return contributions that are at a bound where rounding alone keeps them off it."""
        width = ROUND_OFF * self.unit
        least, most = self.requirements.least, self.game.capacity
        s = np.where(s - least <= width, least, s)
        return np.where(most - s <= width, most, s)


class _Program:
    """Goal and constraints in scaled unknowns z = (s / unit, y / money).

    Where the least utility is the goal, it is a further unknown, in money, below all utilities.
    """

    def __init__(self, search: LocalSearch) -> None:
        self.search = search
        self.game = search.game
        self.n = search.game.size
        self.levelled = search.requirements.goal.aim == "least-utility"
        self._known: tuple[bytes, tuple[Floats, Floats]] | None = None

    @cached_property
    def bounds(self) -> list[tuple[float | None, float | None]]:
        least, most = self.search.requirements.least, self.game.capacity
        unit = self.search.unit
        ends: list[tuple[float | None, float | None]] = [
            (low / u, high / u if np.isfinite(high) else None)
            for low, high, u in zip(least, most, unit, strict=True)
        ]
        return ends + [(None, None)] * (self.n + self.levelled)

    def contributions(self, z: Floats) -> Floats:
        s = np.asarray(z[: self.n] * self.search.unit)
        return np.clip(s, 0.0, self.game.capacity)

    def start(self, s: Floats) -> Floats:
        found = self.search.at(s)
        least = found.needs + found.benefits
        y = filled(least, float(found.benefits.sum()))
        z = np.concatenate([s / self.search.unit, y / self.search.money])
        lowest = float(np.min(y - found.costs)) / self.search.money
        return np.append(z, lowest) if self.levelled else z

    def goal(self, z: Floats) -> tuple[float, Floats]:
        """Return the goal and its gradient, scaled."""
        gradient = np.zeros(len(z))
        if self.levelled:
            gradient[-1] = 1.0
            return float(z[-1]), gradient
        s, y = self.contributions(z), z[self.n :] * self.search.money
        goal, unit, money = self.search.requirements.goal, self.search.unit, self.search.money
        if goal.of_utilities:
            utilities = y - self.game.costs.value(s)
            value, by_utility = _mean(utilities / money, goal.exponent)
            gradient[: self.n] = -by_utility * self.game.costs.slope(s) * unit / money
            gradient[self.n :] = by_utility
            return value, gradient
        weighing = goal.weighing
        size = float(unit.sum()) if weighing.data else money
        slopes = np.full(self.n, weighing.data)
        if weighing.benefit:
            slopes = slopes + weighing.benefit * total_slopes(self.game, s)
        if weighing.cost:
            slopes = slopes - weighing.cost * self.game.costs.slope(s)
        gradient[: self.n] = slopes * unit / size
        return weighing.value(self.game, s) / size, gradient

    def rows(self, z: Floats) -> tuple[Floats, Floats]:
        """Return the constraints, at least 0, and their table of derivatives, scaled."""
        key = z.tobytes()
        if self._known is None or self._known[0] != key:
            self._known = key, self._rows(z)
        return self._known[1]

    def _rows(self, z: Floats) -> tuple[Floats, Floats]:
        search, game, n = self.search, self.game, self.n
        asked, unit, money = search.requirements, search.unit, search.money
        s, y = self.contributions(z), z[n : 2 * n] * money
        slopes = game.costs.slope(s)
        own, eye = np.diag(slopes), np.eye(n)
        costs = game.costs.value(s)
        values: list[Floats] = []
        tables: list[Floats] = []

        def add(value: Floats, by_s: Floats, by_y: Floats, size: float) -> None:
            values.append(np.atleast_1d(value) / size)
            table = np.hstack([np.atleast_2d(by_s) * unit, np.atleast_2d(by_y) * money])
            tables.append(np.pad(table / size, ((0, 0), (0, len(z) - 2 * n))))

        add(np.array(game.total_benefit(s) - y.sum()), total_slopes(game, s), -np.ones(n), money)
        if asked.limited:
            limited = np.isfinite(asked.limits)
            free = free_deviations(game, s)
            by_others = _deviation_slopes(game, s, free.own)
            value = y - costs - free.utilities + np.where(limited, asked.limits, 0.0)
            add(value[limited], (-own - by_others)[limited], eye[limited], money)
        if asked.margin is not None:
            add(y - costs - search.alone - asked.margin, -own, eye, money)
        if asked.reciprocity > 0:
            earned = asked.reciprocity * search.at(s).shares + game.benefits(game.nothing())
            add(y - earned, -asked.reciprocity * share_slopes(game, s), eye, money)
        if asked.least_total > 0:
            size = float(unit.sum())
            add(np.array(s.sum() - asked.least_total), np.ones(n), np.zeros(n), size)
        if asked.goal.aim == "p-mean":
            add(y - costs, -own, eye, money)
        if self.levelled:
            add(y - costs - z[-1] * money, -own, eye, money)
            tables[-1][:, -1] = -1.0
        return np.concatenate(values), np.concatenate(tables)


def _mean(u: Floats, p: float) -> tuple[float, Floats]:
    """Return the mean of utilities with an exponent, and its gradient."""
    n = len(u)
    u = np.maximum(u, ROUND_OFF)
    if p == 0:
        value = float(np.exp(np.log(u).mean()))
        return value, np.asarray(value / (n * u))
    value = float((u**p).mean() ** (1 / p))
    return value, np.asarray(value ** (1 - p) * u ** (p - 1) / n)


def _deviation_slopes(game: SharingGame, s: Floats, own: Floats) -> Floats:
    """Return dD_i / ds_j, the others' data at the free deviations, shape (n, n)."""
    accuracy = game.accuracy
    if isinstance(accuracy, WeightedAccuracy):
        moved = accuracy.index(s) + accuracy.weights.own * (own - s)
        slopes = game.value * accuracy.curve.slope(np.maximum(moved, accuracy.platform_data))
        table = slopes[:, None] * accuracy.weights.dense()
    else:
        table = np.empty((game.size, game.size))
        for agent in range(game.size):
            at = s.copy()
            at[agent] = own[agent]
            table[agent] = game.value[agent] * accuracy.jacobian(at)[agent]
    np.fill_diagonal(table, 0.0)
    return table


def starts_between(first: Floats, second: Floats, game: SharingGame, least: Floats) -> list[Floats]:
    """Return where searches begin: two profiles, points between, and even shares of capacity."""
    points = [first + t * (second - first) for t in (0.0, 0.35, 0.7, 0.95, 1.0)]
    size = np.where(np.isfinite(game.capacity), game.capacity, 2 * np.maximum(first, second))
    points += [t * size for t in (0.05, 0.5)]
    distinct: list[Floats] = []
    for point in points:
        found = np.clip(point, least, game.capacity)
        near = [np.allclose(found, known, rtol=ROUND_OFF, atol=0) for known in distinct]
        if not any(near):
            distinct.append(np.asarray(found))
    return distinct
