"""Accuracies a_i(s) of all agents as functions of all contributions s.

The interface every solver works with: values, own slopes and own second derivatives, the Jacobian,
one agent's accuracy along his own contribution, and what is known about concavity. Contributions
are in samples, accuracies without unit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mdsolve.game.curves import Curve
from mdsolve.game.weights import CommonWeights, Weights

Floats = npt.NDArray[np.float64]


class Accuracy(ABC):
    """Accuracies of n agents."""

    agents: int
    family: str

    @property
    @abstractmethod
    def concave(self) -> bool:
        """Tell whether every a_i is known to be concave in s jointly."""

    @property
    @abstractmethod
    def own_concave(self) -> bool:
        """Tell whether every a_i is known to be concave in the agent's own s_i."""

    @property
    def smooth(self) -> bool:
        """Tell whether no slope jumps anywhere."""
        return True

    @abstractmethod
    def values(self, s: Floats) -> Floats:
        """Return a_i(s), shape (n,)."""

    @abstractmethod
    def own_slopes(self, s: Floats) -> Floats:
        """Return the right derivatives of a_i in s_i, shape (n,)."""

    @abstractmethod
    def own_second(self, s: Floats) -> Floats:
        """Return the second derivatives of a_i in s_i, shape (n,)."""

    @abstractmethod
    def jacobian(self, s: Floats) -> Floats:
        """Return da_i / ds_j, shape (n, n)."""

    @abstractmethod
    def cross(self, s: Floats) -> Floats:
        """Return d^2 a_i / ds_i ds_j, shape (n, n): how own slopes react to everybody."""

    @abstractmethod
    def along(self, agent: int, s: Floats, own: Floats) -> Floats:
        """Return a_agent with his own contribution replaced by each entry of `own`."""

    @abstractmethod
    def slope_along(self, agent: int, s: Floats, own: Floats) -> Floats:
        """Return da_agent / ds_agent (from the right) at each own contribution in `own`."""

    def own_span(self, s: Floats) -> Floats:
        """Return over how many own samples the own slopes change by themselves, shape (n,).

        Slope over curvature, 0 where an accuracy is straight: the length that rounding in slopes is
        relative to.
        """
        slope, bend = self.own_slopes(s), np.abs(self.own_second(s))
        known = (bend > 0) & np.isfinite(bend)
        return np.divide(slope, bend, out=np.zeros_like(slope), where=known)

    def unilateral_values(self, s: Floats, own: Floats) -> Floats:
        """Return a_i with agent i alone moved to own_i, for every i, shape (n,)."""
        return np.array(
            [self.along(agent, s, own[agent : agent + 1])[0] for agent in range(len(s))]
        )

    def unilateral_slopes(self, s: Floats, own: Floats) -> Floats:
        """Return da_i / ds_i with agent i alone moved to own_i, for every i, shape (n,)."""
        return np.array(
            [self.slope_along(agent, s, own[agent : agent + 1])[0] for agent in range(len(s))]
        )

    def own_kinks(self, agent: int, s: Floats) -> Floats:  # noqa: ARG002
        """Return own contributions where a_agent's slope may jump, others as in s."""
        return np.empty(0)

    def without_platform(self) -> Accuracy:
        """Return the accuracies from the agents' data alone, nothing brought by the platform."""
        return self


@dataclass(frozen=True)
class WeightedAccuracy(Accuracy):
    """a_i = f_i((W s)_i + platform data), for every family that looks at an amount of data.

    Parameters
    ----------
    weights : Weights
    curve : Curve
        Parameters common to all agents or one entry each.
    platform_data : float
        Samples the platform brings itself.
    """

    weights: Weights
    curve: Curve
    platform_data: float = 0.0

    @property
    def agents(self) -> int:  # type: ignore[override]
        """Number of agents."""
        return self.weights.agents

    @property
    def family(self) -> str:  # type: ignore[override]
        """Family of the curve."""
        return self.curve.family

    @property
    def concave(self) -> bool:
        """Hold where the curve is concave: an affine index keeps concavity."""
        return self.curve.concave

    @property
    def own_concave(self) -> bool:
        """Hold where the curve is concave."""
        return self.curve.concave

    @property
    def smooth(self) -> bool:
        """Hold where the curve has no kinks."""
        return not self.curve.kinks

    @property
    def of_all_data(self) -> bool:
        """Hold where everybody's model sees the plain sum of all data."""
        return isinstance(self.weights, CommonWeights) and bool(np.all(self.weights.vector == 1))

    def index(self, s: Floats) -> Floats:
        """Return the amount of data each agent's model has seen, shape (n,)."""
        return self.weights.apply(s) + self.platform_data

    def values(self, s: Floats) -> Floats:
        """Return f_i(y_i)."""
        return self.curve.value(self.index(s))

    def own_slopes(self, s: Floats) -> Floats:
        """Return w_ii f_i'(y_i)."""
        return self.weights.own * self.curve.slope(self.index(s))

    def own_second(self, s: Floats) -> Floats:
        """Return w_ii^2 f_i''(y_i)."""
        return self.weights.own**2 * self.curve.second(self.index(s))

    def jacobian(self, s: Floats) -> Floats:
        """Return f_i'(y_i) w_ij."""
        return self.curve.slope(self.index(s))[:, None] * self.weights.dense()

    def cross(self, s: Floats) -> Floats:
        """Return w_ii f_i''(y_i) w_ij."""
        bend = self.weights.own * self.curve.second(self.index(s))
        return np.asarray(bend[:, None] * self.weights.dense())

    def along(self, agent: int, s: Floats, own: Floats) -> Floats:
        """Return f_i at the index with another own contribution."""
        return self.curve.of(agent).value(self._others(agent, s) + self._own(agent) * own)

    def slope_along(self, agent: int, s: Floats, own: Floats) -> Floats:
        """Return w_ii f_i' at the index with another own contribution."""
        weight = self._own(agent)
        return weight * self.curve.of(agent).slope(self._others(agent, s) + weight * own)

    def own_kinks(self, agent: int, s: Floats) -> Floats:
        """Return the own contributions at which the index reaches a kink of the curve."""
        weight = self._own(agent)
        if weight == 0:
            return np.empty(0)
        kinks = np.array([float(kink) for kink in self.curve.of(agent).kinks])
        own = (kinks - self._others(agent, s)) / weight
        return np.asarray(own[own > 0])

    def unilateral_values(self, s: Floats, own: Floats) -> Floats:
        """Return f_i(y_i + w_ii (own_i - s_i))."""
        return self.curve.value(self._moved(s, own))

    def unilateral_slopes(self, s: Floats, own: Floats) -> Floats:
        """Return w_ii f_i'(y_i + w_ii (own_i - s_i))."""
        return self.weights.own * self.curve.slope(self._moved(s, own))

    def without_platform(self) -> WeightedAccuracy:
        """Return f_i((W s)_i)."""
        return replace(self, platform_data=0.0)

    def _moved(self, s: Floats, own: Floats) -> Floats:
        return np.maximum(self.index(s) + self.weights.own * (own - s), self.platform_data)

    def _own(self, agent: int) -> float:
        return float(self.weights.own[agent])

    def _others(self, agent: int, s: Floats) -> float:
        index = float(self.weights.row(agent) @ s) - self._own(agent) * float(s[agent])
        return max(0.0, index) + self.platform_data


@dataclass(frozen=True)
class CoverageAccuracy(Accuracy):
    """a_i = 1 - 1/2 sum_x q_ix prod_j (1 - q_jx)^s_j ([M25] (13)): random coverage of items.

    Parameters
    ----------
    distributions : (n, items)
        q_ix, the probability that one sample of agent i is item x.
    """

    distributions: Floats
    family: str = "coverage"

    @property
    def agents(self) -> int:  # type: ignore[override]
        """Number of agents."""
        return len(self.distributions)

    @property
    def concave(self) -> bool:
        """Hold: every missing item is an exponential of a linear function."""
        return True

    @property
    def own_concave(self) -> bool:
        """Hold."""
        return True

    @property
    def _rates(self) -> Floats:
        # log(1 - q) is -inf where one sample surely is the item; kept finite for s = 0.
        with np.errstate(divide="ignore"):
            rates = np.log1p(-self.distributions)
        return np.maximum(rates, -np.finfo(float).max)

    def missing(self, s: Floats) -> Floats:
        """Return prod_j (1 - q_jx)^s_j per item: the chance that nobody has it."""
        with np.errstate(over="ignore"):
            return np.asarray(np.exp(s @ self._rates))

    def values(self, s: Floats) -> Floats:
        """Return the accuracies."""
        return np.asarray(1 - 0.5 * self.distributions @ self.missing(s))

    def own_slopes(self, s: Floats) -> Floats:
        """Return -1/2 sum_x q_ix log(1 - q_ix) missing_x."""
        return np.asarray(-0.5 * (self.distributions * self._rates) @ self.missing(s))

    def own_second(self, s: Floats) -> Floats:
        """Return -1/2 sum_x q_ix log(1 - q_ix)^2 missing_x."""
        return np.asarray(-0.5 * (self.distributions * self._rates**2) @ self.missing(s))

    def jacobian(self, s: Floats) -> Floats:
        """Return -1/2 sum_x q_ix log(1 - q_jx) missing_x."""
        return np.asarray(-0.5 * (self.distributions * self.missing(s)) @ self._rates.T)

    def cross(self, s: Floats) -> Floats:
        """Return -1/2 sum_x q_ix log(1 - q_ix) log(1 - q_jx) missing_x."""
        own = self.distributions * self._rates * self.missing(s)
        return np.asarray(-0.5 * own @ self._rates.T)

    def along(self, agent: int, s: Floats, own: Floats) -> Floats:
        """Return a_agent with another own contribution."""
        return np.asarray(1 - 0.5 * self.distributions[agent] @ self._still(agent, s, own))

    def slope_along(self, agent: int, s: Floats, own: Floats) -> Floats:
        """Return the slope with another own contribution."""
        rates = self.distributions[agent] * self._rates[agent]
        return np.asarray(-0.5 * rates @ self._still(agent, s, own))

    def _still(self, agent: int, s: Floats, own: Floats) -> Floats:
        """Return what is missing per item, for each own contribution, shape (items, k)."""
        others = s.copy()
        others[agent] = 0.0
        with np.errstate(over="ignore"):
            own_missing = np.exp(np.outer(self._rates[agent], own))
        return np.asarray(self.missing(others)[:, None] * own_missing)


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
        """Return e'(s_i) prod of the neighbours' misses, 0 where i is not his own neighbour."""
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
