"""One structured Newton system of the welfare program: diagonal plus rank four, O(m) work.

With C = sum c_j(s_j), y = w.s and (for the minimum) the level tau, the step ds minimises

    1/2 sum_j E_j ds_j^2 + 1/2 sum_i budget_i (X_i + shared dC)^2
      + 1/2 sum_i bend_i (X_i + shared dC - g_i dy + dtau)^2 + 1/2 curve dy^2 - rhs.ds,
    X_i = own sum_{j of i} c_j' ds_j,   dC = c'.ds,   dy = w.ds,

E, budget, bend >= 0. Each agent's block diag(E) + D d d' (d = own c', D = budget + bend) is
eliminated with their source of the largest d_j^2 / E_j last, so that every quantity below is a sum
of terms of one sign even when complementarity sends E or D to 0 or infinity; Woodbury's formula
would subtract nearly equal numbers there. What remains is a 5 x 5 system in (dC, dy, dtau) and
the multipliers of the two linking equations.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Step:
    """Solution of one system.

    Parameters
    ----------
    sources : (m,)
        ds.
    cost, amount, level : float
        dC, dy and dtau.
    price : float
        Multiplier of dy = w.ds: the change of the marginal value of data.
    budget, bend : (n,)
        budget_i (X_i + shared dC) and bend_i (X_i + shared dC - g_i dy + dtau), which multiplying
        the step out would blur where the curvatures are large.
    """

    sources: Floats
    cost: float
    amount: float
    level: float
    price: float
    budget: Floats
    bend: Floats


@dataclass(frozen=True)
class Reduced:
    """A right-hand side after the elimination of all but one source per agent.

    Parameters
    ----------
    raw : (m,)
    last : (k,)
        Entries of the sources eliminated last.
    first : (n,)
        d' E^-1 raw over the other sources, per agent.
    response : (n,)
        D d' (diag(E) + D d d')^-1 raw, per agent.
    """

    raw: Floats
    last: Floats
    first: Floats
    response: Floats


@dataclass(frozen=True)
class NewtonSystem:
    """The matrix; `solve` takes right-hand sides.

    Parameters
    ----------
    owner : (m,) of int
        Agent of each source, non-decreasing.
    diagonal : (m,)
        E, positive.
    marginal, weight : (m,)
        c' and w.
    own, shared : float
    budget, bend, gain : (n,)
        Curvatures in b and in u, and g.
    curve : float
        Curvature in y.
    maximin : bool
        Whether there is a level tau.
    """

    owner: Indices
    diagonal: Floats
    marginal: Floats
    weight: Floats
    own: float
    shared: float
    budget: Floats
    bend: Floats
    gain: Floats
    curve: float
    maximin: bool

    @cached_property
    def _slope(self) -> Floats:
        return self.own * self.marginal

    @cached_property
    def _stiffness(self) -> Floats:
        return self.budget + self.bend

    @cached_property
    def _order(self) -> tuple[Indices, Indices]:
        """Return the sources eliminated last, one per agent who has any, and the others."""
        starts = np.flatnonzero(np.diff(self.owner, prepend=-1))
        if len(starts) == len(self.owner):
            return starts, starts[:0]
        sorted_sources = np.lexsort((-(self._slope**2) / self.diagonal, self.owner))
        rest = np.ones(len(self.owner), dtype=bool)
        rest[starts] = False
        return sorted_sources[starts], sorted_sources[rest]

    def _per_agent(self, sources: Indices, entries: Floats) -> Floats:
        return np.asarray(np.bincount(self.owner[sources], entries, len(self.budget)))

    @cached_property
    def _softened(self) -> tuple[Floats, Floats]:
        """Return D' = D / (1 + H' D), H' = d' E^-1 d over the first sources, and 1 / (1 + H' D)."""
        _, rest = self._order
        if rest.size == 0:
            return self._stiffness, np.ones_like(self._stiffness)
        give = self._per_agent(rest, self._slope[rest] ** 2 / self.diagonal[rest])
        factor = 1 / (1 + give * self._stiffness)
        return self._stiffness * factor, factor

    @cached_property
    def _last_diagonal(self) -> Floats:
        last, _ = self._order
        return self.diagonal[last] + self._slope[last] ** 2 * self._softened[0][self.owner[last]]

    @cached_property
    def _left(self) -> Floats:
        """Return 1 - D d' (diag(E) + D d d')^-1 d per agent, which lies in (0, 1]."""
        last, _ = self._order
        left = np.ones_like(self._stiffness)
        agents = self.owner[last]
        left[agents] = self._softened[1][agents] * self.diagonal[last] / self._last_diagonal
        return left

    def _reduce(self, raw: Floats) -> Reduced:
        last, rest = self._order
        agents, soft = self.owner[last], self._softened[0]
        first = np.zeros_like(self._stiffness)
        final = raw[last]
        if rest.size:
            first = self._per_agent(rest, self._slope[rest] * raw[rest] / self.diagonal[rest])
            final = final - soft[agents] * self._slope[last] * first[agents]
        response = soft * first
        response[agents] += soft[agents] * self._slope[last] * final / self._last_diagonal
        return Reduced(raw, final, first, response)

    def _product(self, left: Reduced, right: Reduced) -> float:
        """Return left' (diag(E) + D d d')^-1 right over all agents."""
        _, rest = self._order
        total = float(left.last @ (right.last / self._last_diagonal))
        if rest.size:
            total += float(left.raw[rest] @ (right.raw[rest] / self.diagonal[rest]))
            total -= float((self._softened[0] * left.first) @ right.first)
        return total

    @cached_property
    def _freest(self) -> int:
        """Return the source that data costs least to change."""
        last, _ = self._order
        return int(last[np.argmax(self.weight[last] ** 2 / self._last_diagonal)])

    @cached_property
    def _ratio(self) -> float:
        """Return c' / w of the freest source.

        Near the optimum a single source may move almost freely, and then dC and dy are nearly
        proportional; dC - ratio dy keeps the digits that tell them apart.
        """
        return float(self.marginal[self._freest] / self.weight[self._freest])

    @cached_property
    def _columns(self) -> tuple[Reduced, Reduced]:
        costs = self.marginal - self._ratio * self.weight
        return self._reduce(costs), self._reduce(self.weight)

    @cached_property
    def _share(self) -> Floats:
        """Return bend / (budget + bend), 0 where both vanish."""
        total = self._stiffness
        return np.divide(self.bend, total, out=np.zeros_like(total), where=total > 0)

    @cached_property
    def _matrix(self) -> Floats:
        """Return the 5 x 5 matrix in (dC - ratio dy, dy, dtau, cost multiplier, price)."""
        costs, data = self._columns
        k, g, share, left, ratio = self.shared, self.gain, self._share, self._left, self._ratio
        level = self.bend * left
        bent = share * (self.budget + level)
        cross = self._product(costs, data)
        by_share = [float(share @ column.response) for column in (costs, data)]
        by_gain = [float((share * g) @ column.response) for column in (costs, data)]
        taken = [k * float(column.response.sum()) for column in (costs, data)]
        cost = k * k * float(left @ self._stiffness)
        mixed = -k * float(g @ level)
        amount = self.curve + float((g * g) @ bent) + 2 * ratio * mixed + ratio**2 * cost
        mixed += ratio * cost
        raised = k * float(level.sum())
        fallen = ratio * raised - float(g @ bent)
        gains = [ratio * taken[0] - by_gain[0], ratio * taken[1] - by_gain[1]]
        matrix = np.array(
            [
                [cost, mixed, raised, taken[0] + 1, taken[1]],
                [mixed, amount, fallen, gains[0], gains[1] + 1],
                [raised, fallen, float(bent.sum()), by_share[0], by_share[1]],
                [-taken[0] - 1, -gains[0], -by_share[0], self._product(costs, costs), cross],
                [-taken[1], -gains[1] - 1, -by_share[1], cross, self._product(data, data)],
            ]
        )
        if not self.maximin:
            matrix[2] = matrix[:, 2] = 0.0
            matrix[2, 2] = 1.0
        return matrix

    def solve(self, rhs: Floats, level: float = 0.0, fixed_amount: float | None = None) -> Step:
        """Return the step.

        Parameters
        ----------
        rhs : (m,)
        level : float
            Right-hand side of the stationarity in tau.
        fixed_amount : float or None
            dy where it is prescribed, instead of its stationarity.
        """
        given = self._reduce(rhs)
        costs, data = self._columns
        share = self._share
        matrix = self._matrix
        taken = self.shared * float(given.response.sum())
        right = np.array(
            [
                -taken,
                float((share * self.gain) @ given.response) - self._ratio * taken,
                level - float(share @ given.response) if self.maximin else 0.0,
                -self._product(costs, given),
                -self._product(data, given),
            ]
        )
        if fixed_amount is not None:
            matrix = matrix.copy()
            matrix[1] = [0.0, 1.0, 0.0, 0.0, 0.0]
            right[1] = fixed_amount
        beside, dy, dtau, eta_cost, eta_data = _solve_scaled(matrix, right)
        dc = beside + self._ratio * dy
        total = self._reduce(rhs + eta_cost * costs.raw + eta_data * self.weight)
        eta_data -= self._ratio * eta_cost
        moved = self.gain * dy - dtau
        pull = self.shared * dc - share * moved
        # (budget + bend)(X + pull): what resists in both terms together.
        force = total.response + self._stiffness * self._left * pull
        step = self._sources(total, pull, force)
        self._link(step, costs.raw, beside, dy)
        return Step(
            step,
            dc,
            dy,
            dtau,
            eta_data,
            (1 - share) * force + self.budget * share * moved,
            share * (force - self.budget * moved),
        )

    def _link(self, step: Floats, costs: Floats, beside: float, dy: float) -> None:
        """Let the two freest sources meet the linking equations.

        Their own equations divide a difference of nearly equal numbers by next to nothing.
        """
        last, _ = self._order
        ease = costs[last] ** 2 / self._last_diagonal
        ease[last == self._freest] = 0.0
        second = last[np.argmax(ease)]
        if ease.max() > 0:
            step[second] += (beside - float(costs @ step)) / costs[second]
        step[self._freest] += (dy - float(self.weight @ step)) / self.weight[self._freest]

    def _sources(self, total: Reduced, pull: Floats, force: Floats) -> Floats:
        last, rest = self._order
        agents = self.owner[last]
        step = np.empty_like(self.diagonal)
        soft = self._softened[0]
        step[last] = (total.last - self._slope[last] * (soft * pull)[agents]) / self._last_diagonal
        held = self._slope[rest] * force[self.owner[rest]]
        step[rest] = (total.raw[rest] - held) / self.diagonal[rest]
        return step


def _solve_scaled(matrix: Floats, right: Floats) -> tuple[float, float, float, float, float]:
    """Return the solution of a small system whose rows and columns differ in magnitude."""
    rows = 1 / np.abs(matrix).max(axis=1)
    scaled = matrix * rows[:, None]
    columns = 1 / np.abs(scaled).max(axis=0)
    found = columns * np.linalg.solve(scaled * columns, right * rows)
    first, second, third, fourth, fifth = (float(entry) for entry in found)
    return first, second, third, fourth, fifth
