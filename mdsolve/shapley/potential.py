"""The potential of the Shapley mechanism, its gradient and its Hessian.

P(s) = int_0^1 (E_x[A] - A(0)) / x dx, every agent being in the coalition with chance x (Hart and
Mas-Colell). dP / ds_i = d phi_i / d s_i, so equilibria of the Shapley mechanism are the maximisers
of P(s) - sum_i c_i(s_i); P is concave wherever A is. Banzhaf values have a potential as well, the
integrand at x = 1/2 alone: 2 (E_1/2[A] - A(0)). With weights a_i (`agent_weights`) agent i is in
the coalition with chance y^a_i, and dP / ds_i = (1/a_i) d phi_i / d s_i: equilibria maximise
P(s) - sum_i c_i(s_i) / a_i.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.errors import MemoryLimitError, UnsupportedError
from mdsolve.game.sharing import SharingGame
from mdsolve.progress import Monitor, silent
from mdsolve.shapley.agent_weights import Ratios
from mdsolve.shapley.hessian import HessianFactors, linear_hessian, power_hessian, product_hessian
from mdsolve.shapley.power_rows import PowerRows, power_rows
from mdsolve.shapley.power_shares import Sums, power_shares
from mdsolve.shapley.product_shares import product_rows
from mdsolve.shapley.routes import Index, Route, checked_contributions, exact_sums, fitting_route
from mdsolve.shapley.rules import CoalitionRule, banzhaf_rule, shapley_rule
from mdsolve.shapley.weighted import (
    weighted_power_hessian,
    weighted_power_sums,
    weighted_product_hessian,
)
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]

HESSIAN_LIMIT = 8000
"""Most agents with a full Hessian: its square of entries takes half a gigabyte."""


@dataclass(frozen=True)
class ShapleyPotential:
    """The potential of a game, prepared once and evaluated at many contributions.

    Examples
    --------
    >>> from mdsolve.game.build_sharing import sharing_game
    >>> from mdsolve.instance import parse
    >>> agents = [{"name": "A", "cost": 0.1}, {"name": "B", "cost": 0.25}]
    >>> spec = {"kind": "sharing", "agents": agents, "accuracy": {"family": "power"}}
    >>> potential = ShapleyPotential(sharing_game(parse(spec)))
    >>> point = potential.at(np.array([2.9983929801, 1.1690481371]))
    >>> point.gradient.round(9).tolist()
    [0.1, 0.25]
    """

    game: SharingGame
    tolerance: float = ROUND_OFF
    index: Index = "shapley"
    ratios: Ratios | None = None

    @property
    def rule(self) -> CoalitionRule:
        """The chances at which agents join."""
        return banzhaf_rule() if self.index == "banzhaf" else shapley_rule()

    @cached_property
    def _rows(self) -> PowerRows | None:
        return power_rows(self.game)

    def route(self, s: Floats) -> Route:
        """Return the exact route taken at s.

        Raises
        ------
        UnsupportedError
            If no exact route fits: a sampled potential would have no exact derivatives.
        """
        chosen = (
            "quadrature" if self._rows is not None else fitting_route(self.game, s, self.ratios)
        )
        if chosen == "sampling":
            raise UnsupportedError.single(
                "accuracy: family",
                f"{self.game.accuracy.family} with {self.game.size} agents",
                "a payoff whose Shapley values have an exact route here",
                "use whole contributions with a payoff of their sum, or at most 20 agents",
            )
        return chosen

    def at(self, s: Floats, monitor: Monitor | None = None) -> PotentialPoint:
        """Return the potential and its derivatives at contributions s, shape (n,)."""
        s = checked_contributions(self.game, s)
        route = self.route(s)
        watch = monitor or silent()
        if self._rows is not None and self.ratios is not None:
            sums = weighted_power_sums(self._rows, s, self.ratios, self.tolerance, watch, True)
        elif self._rows is not None:
            sums = power_shares(self._rows, s, self.tolerance, self.rule, True, watch)
        else:
            banzhaf = self.index == "banzhaf"
            sums = exact_sums(
                self.game, s, route, banzhaf, self.tolerance, watch, bend=True, ratios=self.ratios
            )
        return PotentialPoint(self, s, route, sums)


@dataclass(frozen=True)
class PotentialPoint:
    """The potential at one point: value, gradient, shares; Hessian factors when asked for."""

    potential: ShapleyPotential
    contributions: Floats
    method: str
    sums: Sums

    @property
    def value(self) -> float:
        """P(s), in money."""
        return self.sums.potential

    @property
    def gradient(self) -> Floats:
        """Slopes dP / ds_i, in money per sample, shape (n,): own slopes over the weights."""
        ratios = self.potential.ratios
        return self.sums.slopes if ratios is None else self.sums.slopes / np.array(ratios)

    @property
    def slopes(self) -> Floats:
        """Own slopes d phi_i / d s_i, in money per sample, shape (n,)."""
        return self.sums.slopes

    @property
    def shares(self) -> Floats:
        """Shapley shares phi_i(s), in money, shape (n,)."""
        return self.sums.shares

    @cached_property
    def hessian_factors(self) -> HessianFactors:
        """The Hessian as F diag(w) F' + diag(d), to about eight digits.

        Raises
        ------
        UnsupportedError
            For payoffs without a closed second derivative here.
        """
        game, s = self.potential.game, self.contributions
        rows = self.potential._rows  # noqa: SLF001 - the point belongs to its potential
        ratios = self.potential.ratios
        if rows is not None:
            if ratios is not None:
                return weighted_power_hessian(rows, s, ratios, self.sums.diagonal)
            return power_hessian(rows, s, self.sums.diagonal, self.potential.rule)
        if self.method == "linear":
            return linear_hessian(game.size)
        products = product_rows(game, s)
        if products is None:
            raise UnsupportedError.single(
                "hessian",
                f"the family {game.accuracy.family}",
                "power, linear, coverage or union payoffs",
                "use differences of gradients",
            )
        if ratios is not None:
            return weighted_product_hessian(products, ratios, self.sums.diagonal)
        return product_hessian(products, self.sums.diagonal, self.potential.rule)

    @property
    def hessian(self) -> Floats:
        """d^2 P / ds_i ds_j, shape (n, n).

        Raises
        ------
        MemoryLimitError
            For more than a few thousand agents.
        """
        n = self.potential.game.size
        if n > HESSIAN_LIMIT:
            raise MemoryLimitError.single(
                "hessian",
                f"{n:,} x {n:,} entries",
                f"at most {HESSIAN_LIMIT:,} agents",
                "use hessian_factors",
            )
        return self.hessian_factors.dense()


def potential(game: SharingGame, s: Floats) -> float:
    """Return the potential P(s) of the Shapley mechanism, in money."""
    return ShapleyPotential(game).at(s).value


def slopes(game: SharingGame, s: Floats) -> Floats:
    """Return d phi_i / d s_i = dP / ds_i, in money per sample, shape (n,)."""
    return ShapleyPotential(game).at(s).gradient


def hessian(game: SharingGame, s: Floats) -> Floats:
    """Return d^2 P / ds_i ds_j, in money per sample squared, shape (n, n)."""
    return ShapleyPotential(game).at(s).hessian
