"""What an agent gains and bears by their own contribution, once a mechanism is in place.

Under every mechanism of a sharing game u_i(s) = benefit_i(s) - borne_i(s_i) + (something that does
not depend on s_i). The benefit is value_i a_i(s), or the Shapley share; what is borne is a
transformed cost. Equilibrium solvers see nothing else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.game.costs import Costs
from mdsolve.game.sharing import SharingGame
from mdsolve.shapley.agent_weights import Ratios
from mdsolve.shapley.potential import PotentialPoint, ShapleyPotential
from mdsolve.shapley.routes import Index
from mdsolve.solver.own_payoff import Benefit, OwnPayoff

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Stakes(ABC):
    """Own marginal utilities of all agents.

    Parameters
    ----------
    game : SharingGame
    borne : Costs
        What the agents bear of their costs.
    """

    game: SharingGame
    borne: Costs

    @abstractmethod
    def benefit_slopes(self, s: Floats) -> Floats:
        """Return d benefit_i / d s_i, shape (n,)."""

    @abstractmethod
    def benefit_jacobian(self, s: Floats) -> Floats:
        """Return d^2 benefit_i / d s_i d s_j, shape (n, n)."""

    def marginal(self, s: Floats) -> Floats:
        """Return d u_i / d s_i, shape (n,), from the right."""
        return self.benefit_slopes(s) - self.borne.slope(s)

    def magnitude(self, s: Floats) -> Floats:
        """Return the size of what the marginal utilities are differences of, shape (n,)."""
        return np.abs(self.benefit_slopes(s)) + np.abs(self.borne.slope(s))

    def jacobian(self, s: Floats) -> Floats:
        """Return d^2 u_i / d s_i d s_j, shape (n, n)."""
        table = self.benefit_jacobian(s).copy()
        table[np.diag_indices_from(table)] -= self.borne.second(s, self.benefit_slopes(s))
        return table


@dataclass(frozen=True)
class AccuracyStakes(Stakes):
    """The benefit is the agent's own accuracy, in money."""

    def benefit_slopes(self, s: Floats) -> Floats:
        """Return value_i da_i / ds_i."""
        return self.game.value * self.game.accuracy.own_slopes(s)

    def benefit_jacobian(self, s: Floats) -> Floats:
        """Return value_i d^2 a_i / ds_i ds_j."""
        return np.asarray(self.game.value[:, None] * self.game.accuracy.cross(s))

    def own(self, s: Floats, agent: int) -> OwnPayoff:
        """Return the agent's payoff along the own contribution, the others' as in s."""
        game = self.game
        benefit = OwnAccuracy(game, s.copy(), agent)
        return OwnPayoff(
            benefit, self.borne, agent, float(game.capacity[agent]), game.agents[agent]
        )

    def span(self, s: Floats) -> float:
        """Return the samples by which the own slopes may not tell contributions apart."""
        return float(self.game.accuracy.own_span(s).max(initial=0.0))


@dataclass(frozen=True)
class OwnAccuracy(Benefit):
    """value_i a_i along the own contribution, the others' as in s (n,).

    Whatever the family, it is concave between kinks: 0 below the threshold of a clipped curve.
    """

    game: SharingGame
    s: Floats
    agent: int

    @property
    def kinks(self) -> Floats:
        """Own contributions at which a curve has a kink."""
        return self.game.accuracy.own_kinks(self.agent, self.s)

    def value(self, own: Floats) -> Floats:
        """Return value_i a_i."""
        accuracy = self.game.accuracy.along(self.agent, self.s, own)
        return np.asarray(self.game.value[self.agent] * accuracy)

    def slope(self, own: Floats) -> Floats:
        """Return value_i da_i / ds_i."""
        slope = self.game.accuracy.slope_along(self.agent, self.s, own)
        return np.asarray(self.game.value[self.agent] * slope)


@dataclass(frozen=True)
class ShapleyStakes(Stakes):
    """The benefit is the agent's Shapley (or Banzhaf) share, or a part of it beside the accuracy.

    Parameters
    ----------
    ratios : tuple of int or None
        Whole weights of the agents.
    part : float
        theta in (0, 1]: the benefit is theta phi_i + (1 - theta) value_i a_i. Below 1, and with
        weights, own slopes are no potential's.
    """

    index: Index = "shapley"
    ratios: Ratios | None = None
    part: float = 1.0

    @cached_property
    def potential(self) -> ShapleyPotential:
        """The potential that the shares derive from."""
        return ShapleyPotential(self.game, index=self.index, ratios=self.ratios)

    @cached_property
    def _latest(self) -> dict[bytes, PotentialPoint]:
        return {}

    def _at(self, s: Floats) -> PotentialPoint:
        """Return the potential at s, kept for the next question about the same profile."""
        key = s.tobytes()
        if key not in self._latest:
            self._latest.clear()
            self._latest[key] = self.potential.at(s)
        return self._latest[key]

    @property
    def plain(self) -> bool:
        """Whether shares are Shapley's, without weights, and all of the benefit."""
        return self.index == "shapley" and self.ratios is None and self.part == 1

    def benefit_slopes(self, s: Floats) -> Floats:
        """Return theta d phi_i / d s_i + (1 - theta) value_i da_i / ds_i."""
        slopes = self.part * self._at(s).slopes
        if self.part < 1:
            slopes = slopes + (1 - self.part) * self.game.value * self.game.accuracy.own_slopes(s)
        return np.asarray(slopes)

    def benefit_jacobian(self, s: Floats) -> Floats:
        """Return its derivatives; d^2 phi_i / d s_i d s_j is a_i d^2 P / d s_i d s_j."""
        table = self.part * self._at(s).hessian
        if self.ratios is not None:
            table = table * np.array(self.ratios)[:, None]
        if self.part < 1:
            own = self.game.value[:, None] * self.game.accuracy.cross(s)
            table = table + (1 - self.part) * own
        return np.asarray(table)
