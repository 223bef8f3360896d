"""A data-sharing game: agents choose contributions, learn together, and may pay each other.

Agent i picks s_i in [0, capacity_i]; their utility is

    u_i(s) = value_i a_i(s) - c_i(s_i) + p_i(s)        (+ budget_i where one is given)

with accuracy a_i in [0, 1] typically, value in money per unit of accuracy, cost and payment in
money. The game knows values, accuracies and costs; payments belong to the mechanisms. An agent
without a budget has no limit: budgets of others change nothing for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.accuracies.quadratic_fit import QuadraticFit
from mdsolve.game.accuracy import Accuracy
from mdsolve.game.cost_laws import CostLaw
from mdsolve.game.costs import Costs

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Prior:
    """Two possible linear cost rates per agent, for games with private costs.

    Parameters
    ----------
    low, high : (n,)
        Cost rates, money per sample.
    probability_low : (n,)
    """

    low: Floats
    high: Floats
    probability_low: Floats


@dataclass(frozen=True)
class SharingGame:
    """Values, accuracies, costs and capacities of n agents.

    Parameters
    ----------
    agents : sequence of str
        Names.
    accuracy : Accuracy
    costs : Costs
    value : (n,)
        Money per unit of accuracy.
    capacity : (n,)
        Largest contribution in samples, infinite where there is no limit.
    budget : (n,)
        Money each agent owns and can spend, infinite where there is no limit.
    groups : (n,) of int or None
        Agents of one group have the same accuracy function and treatment; None: not stated.
    platform_data : float
        Samples the platform brings itself.
    prior : Prior or None
        Where all costs are private and each agent has two possible ones.
    laws : tuple of CostLaw
        Where costs are private: the different distributions of cost rates, first agents first.
    learning : QuadraticFit or None
        Where accuracy depends on a model learned together as well; `accuracy` then is what it is
        at one model, the best one unless `at` chose another.
    """

    agents: Sequence[str]
    accuracy: Accuracy
    costs: Costs
    value: Floats
    capacity: Floats
    budget: Floats
    groups: npt.NDArray[np.intp] | None = None
    platform_data: float = 0.0
    prior: Prior | None = None
    laws: tuple[CostLaw, ...] = ()
    learning: QuadraticFit | None = None

    @property
    def size(self) -> int:
        """Number of agents, n."""
        return len(self.value)

    @property
    def private(self) -> bool:
        """Whether only the agents know their costs."""
        return bool(self.laws)

    @cached_property
    def limited(self) -> Booleans:
        """Who has a budget and cannot spend more than that, shape (n,)."""
        return np.isfinite(self.budget)

    @cached_property
    def budgeted(self) -> bool:
        """Whether anybody has a budget."""
        return bool(self.limited.any())

    @cached_property
    def money(self) -> Floats:
        """B_i, the money that utilities start from: the budget, 0 without one, shape (n,)."""
        return np.where(self.limited, self.budget, 0.0)

    def without_budgets(self) -> SharingGame:
        """Return the game in which nobody's spending is limited."""
        return replace(self, budget=no_limits(self.size))

    def at(self, w: Floats) -> SharingGame:
        """Return the game that is left to the agents once the model w, shape (m,), is given."""
        assert self.learning is not None
        return replace(self, accuracy=self.learning.accuracy(w))

    def by_themselves(self) -> SharingGame:
        """Return the game that agents play alone, outside the mechanism.

        Everybody has the own data only, nothing of the platform's, and where a model is learned
        trains the one that fits them best.
        """
        learning = self.learning
        accuracy = self.accuracy.without_platform() if learning is None else learning.alone()
        return replace(self, accuracy=accuracy, platform_data=0.0)

    def nothing(self) -> Floats:
        """Return the profile in which nobody contributes."""
        return np.zeros(self.size)

    def accuracies(self, s: Floats) -> Floats:
        """Return a_i(s), shape (n,)."""
        return self.accuracy.values(s)

    def benefits(self, s: Floats) -> Floats:
        """Return value_i a_i(s), in money."""
        return self.value * self.accuracy.values(s)

    def total_benefit(self, s: Floats) -> float:
        """Return A(s) = sum_i value_i a_i(s), in money."""
        return float(self.benefits(s).sum())

    def utilities(self, s: Floats, payments: Floats, received: Floats | None = None) -> Floats:
        """Return u_i(s), in money; budgets are added where given.

        Parameters
        ----------
        received : (n,) or None
            Accuracy of the model handed to each agent; None is the full one, a_i(s).
        """
        benefits = self.benefits(s) if received is None else self.value * received
        return np.asarray(benefits - self.costs.value(s) + payments + self.money)

    def welfare(self, s: Floats, received: Floats | None = None) -> float:
        """Return sum_i (value_i a_i - c_i(s_i)), in money, for the models received."""
        benefits = self.benefits(s) if received is None else self.value * received
        return float((benefits - self.costs.value(s)).sum())


def no_limits(agents: int) -> Floats:
    """Return the budgets of agents who have none, shape (agents,)."""
    return np.full(agents, np.inf)


def require_costs(game: SharingGame, *, private: bool) -> None:
    """Raise `UnsupportedError` where costs are private and should not be, or the reverse.

    The expected rate is no substitute for a cost that only the agent knows.
    """
    if private and not game.private:
        raise UnsupportedError.single(
            "agents",
            "known costs",
            "a prior over costs",
            "give each agent prior: {costs: [...], probabilities: [...]} instead of cost:",
        )
    if not private and game.private:
        raise UnsupportedError.single(
            "agents",
            "a prior over costs",
            "known costs",
            "give each agent cost: instead of prior:, or use menu or value-shaping-private",
        )


def require_given_model(game: SharingGame, *, learns: bool) -> None:
    """Raise `UnsupportedError` where a model is learned and the rule does not say how."""
    if game.learning is not None and not learns:
        raise UnsupportedError.single(
            "accuracy: family",
            "quadratic-fit, which depends on the model that is learned",
            "a function of contributions alone",
            "use upbred or 2p-upbred, which learn the model",
        )
