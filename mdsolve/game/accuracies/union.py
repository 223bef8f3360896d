"""`union`: a_i = 1 - prod over neighbours j of (1 - e(s_j)), e piecewise linear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.game.accuracy import Accuracy, ProductRows
from mdsolve.instance.accuracies.union import UnionAccuracySpec

Floats = npt.NDArray[np.float64]


def accuracy(spec: UnionAccuracySpec) -> UnionAccuracy:
    """Return the accuracies of a specification."""
    points = np.array([[float(x), float(y)] for x, y in spec.curve.points])
    return UnionAccuracy(points[:, 0], points[:, 1], spec.neighbours)


@dataclass(frozen=True)
class UnionAccuracy(Accuracy):
    """a_i = 1 - prod_{j in N_i} (1 - e(s_j)), e piecewise linear ([M23] Theorem A.2).

    Parameters
    ----------
    samples, heights : (K,)
        Break points of e, samples rising from 0; flat beyond the last.
    neighbours : tuple of tuples of int
        N_i, agent numbers whose data counts for agent i.
    """

    samples: Floats
    heights: Floats
    neighbours: tuple[tuple[int, ...], ...]
    family: str = "union"

    @property
    def agents(self) -> int:  # type: ignore[override]
        """Number of agents."""
        return len(self.neighbours)

    @property
    def concave(self) -> bool:
        """Do not hold in general: products are not concave."""
        return False

    @property
    def own_concave(self) -> bool:
        """Hold iff e is concave: a_i is affine in e(s_i)."""
        slopes = np.diff(self.heights) / np.diff(self.samples)
        return bool(np.all(np.diff(np.append(slopes, 0.0)) <= 0))

    @property
    def smooth(self) -> bool:
        """Do not hold: e is made of straight pieces."""
        return False

    @property
    def product_count(self) -> int:
        """Return one product per agent."""
        return self.agents

    def products(self, value: Floats, s: Floats) -> ProductRows:
        """Return a row per agent: the chances that each neighbour's effort misses."""
        near = np.zeros((self.agents, self.agents))
        for agent, row in enumerate(self.neighbours):
            near[agent, list(row)] = 1.0
        met = near * self.effort(s)
        return ProductRows(1 - met, met, near * self.effort_slope(s), np.zeros_like(met), value)

    def effort(self, s: Floats) -> Floats:
        """Return e(s)."""
        return np.asarray(np.interp(s, self.samples, self.heights))

    def effort_slope(self, s: Floats) -> Floats:
        """Return the right derivative of e."""
        slopes = np.append(np.diff(self.heights) / np.diff(self.samples), 0.0)
        piece = np.clip(np.searchsorted(self.samples, s, side="right") - 1, 0, len(slopes) - 1)
        return np.asarray(slopes[piece])

    def _left_out(self, agent: int, effort: Floats, without: int) -> float:
        others = [j for j in self.neighbours[agent] if j != without]
        return float(np.prod(1 - effort[others])) if others else 1.0

    def values(self, s: Floats) -> Floats:
        """Return the accuracies."""
        effort = self.effort(s)
        return np.array([1 - self._left_out(i, effort, -1) for i in range(self.agents)])

    def own_slopes(self, s: Floats) -> Floats:
        """Return e'(s_i) prod of the neighbours' misses, 0 where i is not their own neighbour."""
        return np.asarray(np.diagonal(self.jacobian(s)))

    def own_second(self, s: Floats) -> Floats:
        """Return zeros: a_i is piecewise linear in s_i."""
        return np.zeros_like(s)

    def jacobian(self, s: Floats) -> Floats:
        """Return e'(s_j) prod_{k in N_i, k != j} (1 - e(s_k)) for j in N_i."""
        effort, slope = self.effort(s), self.effort_slope(s)
        table = np.zeros((self.agents, self.agents))
        for i, row in enumerate(self.neighbours):
            for j in row:
                table[i, j] = slope[j] * self._left_out(i, effort, j)
        return table

    def cross(self, s: Floats) -> Floats:
        """Return d^2 a_i / ds_i ds_j."""
        effort, slope = self.effort(s), self.effort_slope(s)
        table = np.zeros((self.agents, self.agents))
        for i, row in enumerate(self.neighbours):
            if i not in row:
                continue
            for j in row:
                if j != i:
                    rest = [k for k in row if k not in (i, j)]
                    table[i, j] = -slope[i] * slope[j] * float(np.prod(1 - effort[rest]))
        return table

    def along(self, agent: int, s: Floats, own: Floats) -> Floats:
        """Return a_agent with another own contribution."""
        effort = self.effort(s)
        if agent not in self.neighbours[agent]:
            return np.full(np.shape(own), 1 - self._left_out(agent, effort, -1))
        return np.asarray(1 - (1 - self.effort(own)) * self._left_out(agent, effort, agent))

    def slope_along(self, agent: int, s: Floats, own: Floats) -> Floats:
        """Return the slope with another own contribution."""
        if agent not in self.neighbours[agent]:
            return np.zeros(np.shape(own))
        missed = self._left_out(agent, self.effort(s), agent)
        return np.asarray(self.effort_slope(own) * missed)

    def own_kinks(self, agent: int, s: Floats) -> Floats:  # noqa: ARG002
        """Return the break points of e."""
        return self.samples[self.samples > 0]
