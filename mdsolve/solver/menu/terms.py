"""What a menu is designed for: agents alike whose cost rates are drawn from one distribution.

Everything is in money and samples: v(y) = value a(y) is what a model of y samples is worth.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.cost_laws import CostLaw
from mdsolve.game.curves import Curve
from mdsolve.game.sharing import SharingGame
from mdsolve.solver.bisection import last_true
from mdsolve.solver.shaping.private_population import pooled_accuracy
from mdsolve.solver.shaping.standalone_value import individual_optimum, viability_threshold

Floats = npt.NDArray[np.float64]

FAR = 1e100
"""Samples at which a curve that has a height has reached it."""

NO_END = 1e300
"""Samples beyond which a contribution is taken to have no end."""


@dataclass(frozen=True)
class MenuTerms:
    """Agents alike who are offered one menu.

    Parameters
    ----------
    curve : Curve
        Accuracy of all data: concave, or 0 up to a threshold and concave from there on.
    value : float
        Money per unit of accuracy.
    law : CostLaw
    agents : int
    platform : float
        Samples that the platform brings for those who take part.
    capacity : float
        Most samples of an agent; infinite where there is no limit.
    """

    curve: Curve
    value: float
    law: CostLaw
    agents: int
    platform: float
    capacity: float

    @cached_property
    def threshold(self) -> float:
        """Amount of data from which on more data raise the value, in samples."""
        return viability_threshold(self.curve)

    def worth(self, y: Floats) -> Floats:
        """Return v, in money."""
        return self.value * self.curve.value(y)

    def slope(self, y: Floats) -> Floats:
        """Return v', in money per sample."""
        return self.value * self.curve.slope(y)

    def second(self, y: Floats) -> Floats:
        """Return v'', in money per sample squared."""
        return self.value * self.curve.second(y)

    def worth_at(self, y: float) -> float:
        """Return v at one amount."""
        return float(self.worth(np.array([y]))[0])

    def slope_at(self, y: float) -> float:
        """Return v' at one amount."""
        return float(self.slope(np.array([y]))[0])

    def alone(self, costs: Floats) -> tuple[Floats, Floats]:
        """Return the best amounts and utilities of own data alone, in samples and money."""
        rates = np.asarray(costs, dtype=np.float64)
        if self.value == 0:
            return np.zeros(rates.shape), np.zeros(rates.shape)
        capacity = np.full(rates.shape, self.capacity)
        amounts, utilities = individual_optimum(self.curve, rates / self.value, 0.0, capacity)
        return amounts, self.value * utilities

    def alone_at(self, cost: float) -> float:
        """Return the best utility of own data alone at one cost, in money."""
        return float(self.alone(np.array([cost]))[1][0])

    def most(self, cost: float) -> float:
        """Return an amount beyond which data cost more than any model is worth, or the capacity."""
        with np.errstate(all="ignore"):
            height = self.worth_at(FAR)
        return min(height / cost, self.capacity) if np.isfinite(height) else self.capacity

    def largest(self, cost: float, utility: float, agents: int) -> float:
        """Return the largest m <= capacity with v(agents m + platform) - cost m >= utility.

        0 where there is none above it.
        """

        def good(m: float) -> bool:
            return self.worth_at(agents * m + self.platform) - cost * m >= utility

        inside = self._good_amount(cost, utility, agents)
        if inside is None:
            return 0.0
        outside = 2 * inside if inside > 0 else float(np.finfo(np.float64).eps)
        if inside == 0 and not good(outside):
            return 0.0
        while good(outside):
            inside, outside = outside, 2 * outside
            if outside > NO_END:
                if np.isfinite(self.capacity):
                    return self.capacity
                raise UnsupportedError.single(
                    "agents", "data that are always worth more than they cost", "a capacity"
                )
        return min(last_true(good, inside, outside), self.capacity)

    def _good_amount(self, cost: float, utility: float, agents: int) -> float | None:
        """Return an amount at which v(agents m + platform) - cost m reaches a utility."""
        rate = np.array([cost / (agents * self.value)]) if self.value else np.array([np.inf])
        room = np.array([self.capacity * agents])
        amount, best = individual_optimum(self.curve, rate, self.platform, room)
        m = float(amount[0]) / agents
        if self.value * float(best[0]) >= utility:
            return m
        # Rounding of a best amount that is only just good enough.
        return m if self.worth_at(agents * m + self.platform) - cost * m >= utility else None


def menu_terms(game: SharingGame) -> MenuTerms:
    """Return what a menu for a game is designed for.

    Raises
    ------
    UnsupportedError
        If costs are known, agents differ, models weigh their data differently, or there are
        budgets.
    """
    accuracy = pooled_accuracy(game)
    curves = {accuracy.curve.of(agent) for agent in range(game.size)}
    alike = [("prior", len(game.laws)), ("accuracy", len(curves))]
    alike += [("value", len(set(game.value.tolist()))), ("capacity", len(set(game.capacity)))]
    different = [name for name, count in alike if count > 1]
    if different:
        raise UnsupportedError.single(
            "agents",
            f"agents who differ in {', '.join(different)}",
            "agents alike, who are offered one menu",
            "with two costs each: value-shaping-private",
        )
    if float(game.value[0]) == 0:
        raise UnsupportedError.single(
            "agents", "a value of 0", "agents to whom the model is worth something"
        )
    (curve,) = curves
    return MenuTerms(
        curve,
        float(game.value[0]),
        game.laws[0],
        game.size,
        game.platform_data,
        float(game.capacity[0]),
    )
