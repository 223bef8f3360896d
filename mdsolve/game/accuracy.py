"""Accuracies a_i(s) of all agents as functions of all contributions s.

The interface every solver works with: values, own slopes and own second derivatives, the Jacobian,
one agent's accuracy along their own contribution, and what is known about concavity. Contributions
are in samples, accuracies without unit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from mdsolve.game.curves import Curve
from mdsolve.game.weights import Weights

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ProductRows:
    """A total payoff sum_k weight_k (1 - prod_j missed_kj), at given contributions.

    Parameters
    ----------
    missed : (rows, n)
        e_kj, the chance that agent j misses row k.
    met : (rows, n)
        1 - e_kj, without cancellation.
    pace, bending : (rows, n)
        First and second derivatives of `met` in s_j.
    weights : (rows,)
        Money.
    """

    missed: Floats
    met: Floats
    pace: Floats
    bending: Floats
    weights: Floats


class Accuracy(ABC):
    """Accuracies of n agents."""

    agents: int
    family: str
    opaque: ClassVar[bool] = False
    """Whether nothing is known but values and gradients at one profile after the other."""

    @property
    def of_amounts(self) -> WeightedAccuracy | None:
        """The accuracies as curves of amounts of data, or None where they are something else."""
        return None

    @property
    def product_count(self) -> int:
        """Number of products that the total payoff is made of, 0 where it is not."""
        return 0

    def products(self, value: Floats, s: Floats) -> ProductRows | None:
        """Return the products that sum_i value_i a_i(s) is made of, or None."""
        del value, s
        return None

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
        """Return a_agent with their own contribution replaced by each entry of `own`."""

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
    def of_amounts(self) -> WeightedAccuracy:
        """Return the accuracies themselves."""
        return self

    @property
    def of_all_data(self) -> bool:
        """Hold where everybody's model sees the plain sum of all data."""
        return self.weights.common and bool(np.all(self.weights.row(0) == 1))

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
