"""The convex program of a menu, with multipliers that bound every other menu.

    maximise   sum_k f_k m_k - rho t
    subject to V_k <= E v(m_k + X) + t             X: the others' and the platform's data
               V_k - c_k m_k >= V_l - c_k m_l      for neighbours l = k - 1, k + 1
               V_r - c m_r >= u(c)                 participation, at one cost or more per contract
               0 <= m_k <= capacity, t >= 0

Single crossing makes neighbours suffice. t makes every program feasible, with room inside; rho is
large enough for t to vanish where it can. The others hold the same menu: X depends on m.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from mdsolve.game.cost_laws import CostTypes
from mdsolve.solver.menu.interior import Constraints, Interior, maximise
from mdsolve.solver.menu.others import Others, others_of
from mdsolve.solver.menu.terms import MenuTerms
from mdsolve.solver.shaping.standalone_value import cutoff_cost, inverse_slope
from mdsolve.tolerance import DEFAULT, ROUND_OFF

Floats = npt.NDArray[np.float64]
Shape = Literal["below", "above"]

TRIED = 12
"""Points on the way whose bounds are compared."""

PENALTIES = (1.0, 1e1, 1e2, 1e3, 1e4)
"""Prices of leaving a cap, in scaled units, tried one after the other."""


@dataclass(frozen=True)
class Participation:
    """V_k - cost m_k >= level for the contract of type k.

    Parameters
    ----------
    types : (R,) of int
    costs, levels : (R,)
    """

    types: npt.NDArray[np.intp]
    costs: Floats
    levels: Floats


@dataclass(frozen=True)
class Multipliers:
    """Prices of the constraints, in samples per money.

    Parameters
    ----------
    participation : (R,)
    cheaper : (J - 1,)
        That type k does not prefer the contract of the dearer type k + 1.
    dearer : (J - 1,)
        That type k + 1 does not prefer the contract of the cheaper type k.
    at : (J,)
        Contributions where worths are replaced by tangents.
    kink : float or None
        Amount of data below which the tangent there counts.
    """

    participation: Floats
    cheaper: Floats
    dearer: Floats
    at: Floats
    kink: float | None


@dataclass(frozen=True)
class ProgramAnswer:
    """A menu and what bounds all others.

    Parameters
    ----------
    contributions, values : (J,)
    excess : float
        By how much caps are exceeded, in money.
    bound : float
        Most that any menu collects from one agent in expectation, in samples.
    """

    contributions: Floats
    values: Floats
    excess: float
    bound: float
    multipliers: Multipliers


class MenuProgram:
    """The program for J included types.

    Parameters
    ----------
    terms : MenuTerms
    law : CostTypes
        All types; the first J are included.
    included : int
    participation : Participation
    shape : {"below", "above"}
        A worth that is 0 up to a threshold is replaced by its tangent there, which is below and
        concave, or by its least concave majorant.
    """

    def __init__(
        self,
        terms: MenuTerms,
        law: CostTypes,
        included: int,
        participation: Participation,
        shape: Shape = "below",
    ) -> None:
        self.terms, self.participation = terms, participation
        self.costs = np.array(law.costs[:included])
        self.chances = np.array(law.probabilities[:included])
        everybody = others_of(terms.agents - 1, law.probabilities)
        self.others = Others(everybody.counts[:, :included], everybody.chances)
        self.kink = _kink(terms, shape)
        self.size = included
        level = float(participation.levels.min(initial=0.0))
        top = terms.largest(self.costs[0], level, terms.agents)
        self.samples = top if top > 0 else max(terms.threshold, 1.0)
        self.money = max(
            terms.worth_at(terms.agents * self.samples + terms.platform),
            float(np.abs(participation.levels).max(initial=0.0)),
            self.costs[0] * self.samples,
        )

    def seen(self, m: Floats) -> Floats:
        """Return the amounts of data that models may see, shape (atoms, J)."""
        return (self.others.counts @ m)[:, None] + m + self.terms.platform

    def worth(self, y: Floats) -> Floats:
        """Return the worth of models, made concave."""
        kink = self.kink
        if kink is None:
            return self.terms.worth(y)
        from_there = self.terms.worth_at(kink) + self.terms.slope_at(kink) * (y - kink)
        return np.where(y >= kink, self.terms.worth(np.maximum(y, kink)), from_there)

    def slope(self, y: Floats) -> Floats:
        """Return its slope."""
        return self.terms.slope(y if self.kink is None else np.maximum(y, self.kink))

    def second(self, y: Floats) -> Floats:
        """Return its second derivative."""
        if self.kink is None:
            return self.terms.second(y)
        return np.where(y > self.kink, self.terms.second(np.maximum(y, self.kink)), 0.0)

    def solve(self, enough: float = 0.0) -> ProgramAnswer:
        """Return the best menu and its multipliers.

        Parameters
        ----------
        enough : float
            What is collected anyway: where caps cannot be kept, a bound below that will do.
        """
        tried = []
        for penalty in PENALTIES:
            found = self._solved(penalty)
            kept = found.excess <= 0.01 * DEFAULT.verify * self.money
            if kept or found.bound < enough:
                return found
            tried.append(found)
        return min(tried, key=lambda one: one.bound)

    def _solved(self, penalty: float) -> ProgramAnswer:
        objective = np.concatenate([self.chances, np.zeros(self.size), [-penalty]])
        passed = maximise(objective, self._constraints, self._start())[:TRIED]
        best, size = passed[0].x, self.size
        bounds = [(self.bound(prices), k) for k, prices in enumerate(map(self._prices, passed))]
        bound, chosen = min(bounds)
        return ProgramAnswer(
            self.samples * best[:size],
            self.money * best[size:-1],
            self.money * float(best[-1]),
            bound,
            self._prices(passed[chosen]),
        )

    def _prices(self, point: Interior) -> Multipliers:
        """Return the multipliers of a point in samples and money."""
        size, rows = self.size, len(self.participation.levels)
        prices = point.multipliers * self.samples / self.money
        cut = np.split(prices, np.cumsum([size, rows, size - 1, size - 1]))
        at = np.maximum(self.samples * point.x[:size], 0.0)
        return Multipliers(cut[1], cut[2], cut[3], at, self.kink)

    def _start(self) -> Floats:
        """Return a strictly feasible point in scaled units."""
        size, c = self.size, self.costs * self.samples / self.money
        most = min(0.5, 0.5 * self.terms.capacity / self.samples)
        m = most * (1 - np.arange(1, size + 1) / (size + 1.0))
        steps = np.diff(c) * 0.5 * (m[1:] + m[:-1])
        rent = np.concatenate([np.cumsum(steps[::-1])[::-1], [0.0]])
        values = rent + c * m
        rows = self.participation
        short = rows.levels / self.money + rows.costs * (self.samples / self.money) * m[rows.types]
        values = values + max(float((short - values[rows.types]).max()), 0.0) + 0.1
        full = self.others.chances @ self.worth(self.seen(self.samples * m)) / self.money
        return np.concatenate([m, values, [max(float((values - full).max()), 0.0) + 0.1]])

    def _constraints(self, x: Floats) -> Constraints:
        size, rows = self.size, self.participation
        m, values, excess = x[:size], x[size:-1], x[-1]
        c = self.costs * self.samples / self.money
        asked = rows.costs * self.samples / self.money
        y, chances = self.seen(self.samples * m), self.others.chances
        steep = self.slope(y) * (self.samples / self.money) * chances[:, None]
        parts = [chances @ self.worth(y) / self.money + excess - values]
        parts.append(values[rows.types] - asked * m[rows.types] - rows.levels / self.money)
        parts.append((values - c * m)[:-1] - (values[1:] - c[:-1] * m[1:]))
        parts.append((values - c * m)[1:] - (values[:-1] - c[1:] * m[:-1]))
        parts.append(np.array([m[-1], excess]))
        if np.isfinite(self.terms.capacity):
            parts.append(np.array([self.terms.capacity / self.samples - m[0]]))
        jacobian = self._jacobian(c, asked, steep, len(x))

        def curvature(dual: Floats) -> Floats:
            return self._curvature(dual[:size], y, len(x))

        return Constraints(np.concatenate(parts), jacobian, curvature)

    def _jacobian(self, c: Floats, asked: Floats, steep: Floats, width: int) -> Floats:
        size, rows = self.size, self.participation
        here, value = np.arange(size), np.arange(size) + size
        caps = np.zeros((size, width))
        caps[:, :size] = steep.T @ self.others.counts
        caps[here, here] += steep.sum(axis=0)
        caps[here, value] = -1.0
        caps[:, -1] = 1.0
        joined = np.zeros((len(asked), width))
        number = np.arange(len(asked))
        joined[number, rows.types] = -asked
        joined[number, size + rows.types] = 1.0
        cheaper, dearer = np.zeros((size - 1, width)), np.zeros((size - 1, width))
        k = np.arange(size - 1)
        cheaper[k, k], cheaper[k, k + 1] = -c[:-1], c[:-1]
        cheaper[k, size + k], cheaper[k, size + k + 1] = 1.0, -1.0
        dearer[k, k], dearer[k, k + 1] = c[1:], -c[1:]
        dearer[k, size + k], dearer[k, size + k + 1] = -1.0, 1.0
        ends = np.zeros((2 + np.isfinite(self.terms.capacity), width))
        ends[0, size - 1], ends[1, -1] = 1.0, 1.0
        if len(ends) > 2:
            ends[2, 0] = -1.0
        return np.concatenate([caps, joined, cheaper, dearer, ends])

    def _curvature(self, dual: Floats, y: Floats, width: int) -> Floats:
        """Return sum_k dual_k times second derivatives of the caps."""
        size, counts = self.size, self.others.counts
        bent = self.second(y) * (self.samples**2 / self.money) * self.others.chances[:, None]
        weighted = bent * dual
        found = np.zeros((width, width))
        mixed = counts.T @ weighted
        block = (counts.T * weighted.sum(axis=1)) @ counts + mixed + mixed.T
        block[np.arange(size), np.arange(size)] += weighted.sum(axis=0)
        found[:size, :size] = block
        return found

    def caps(self, prices: Multipliers) -> Floats:
        """Return the multipliers of the caps that make values V cancel, shape (J,)."""
        found = np.bincount(
            self.participation.types, prices.participation, minlength=self.size
        ).astype(np.float64)
        found[:-1] += prices.cheaper - prices.dearer
        found[1:] += prices.dearer - prices.cheaper
        return np.maximum(found, 0.0)

    def bound(self, prices: Multipliers) -> float:
        """Return the most that any menu collects from one agent, by weak duality, in samples."""
        rows, c, at = self.participation, self.costs, prices.at
        caps = self.caps(prices)
        y, chances = self.seen(at), self.others.chances
        steep = chances[:, None] * self.slope(y) * caps
        slopes = self.chances + steep.sum(axis=0) + self.others.counts.T @ steep.sum(axis=1)
        slopes -= np.bincount(rows.types, prices.participation * rows.costs, minlength=self.size)
        slopes[:-1] += c[1:] * prices.dearer - c[:-1] * prices.cheaper
        slopes[1:] += c[:-1] * prices.cheaper - c[1:] * prices.dearer
        tangents = chances @ (self.worth(y) * caps).sum(axis=1)
        tangents -= float((steep * (y - self.terms.platform)).sum())
        fixed = float(tangents) - float(prices.participation @ rows.levels)
        # Contributions fall in cost: what is left is at most the largest sum from the front on.
        return fixed + max(float(np.cumsum(slopes).max()), 0.0) * self.terms.most(float(c[0]))


def _kink(terms: MenuTerms, shape: Shape) -> float | None:
    """Return the amount from which on the worth is taken as it is; None for all of it."""
    if terms.platform >= terms.threshold:
        return None
    if shape == "below":
        return terms.threshold * (1 + ROUND_OFF)
    rate = np.array([cutoff_cost(terms.curve, terms.platform)])
    return float(inverse_slope(terms.curve, rate)[0])
