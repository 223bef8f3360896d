"""`coverage`: a_i = 1 - 1/2 sum_x q_ix prod_j (1 - q_jx)^s_j, concave in all contributions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.game.accuracy import Accuracy, ProductRows
from mdsolve.instance.accuracies.coverage import CoverageAccuracySpec

Floats = npt.NDArray[np.float64]


def accuracy(spec: CoverageAccuracySpec) -> CoverageAccuracy:
    """Return the accuracies of a specification."""
    return CoverageAccuracy(np.asarray(spec.distributions))


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
    def product_count(self) -> int:
        """Return the number of items."""
        return int(self.distributions.shape[1])

    def products(self, value: Floats, s: Floats) -> ProductRows:
        """Return a row per item: the chances that each agent misses it."""
        chance = self.distributions.T
        with np.errstate(divide="ignore", over="ignore"):
            # A sample that surely is the item has an infinite rate, kept finite for s = 0.
            rate = np.minimum(-np.log1p(-chance), np.finfo(float).max)
            exponent = rate * s
            missed = np.exp(-exponent)
            pace = rate * missed
            bending = -rate * pace
        weights = 0.5 * (value @ self.distributions)
        return ProductRows(missed, -np.expm1(-exponent), pace, bending, weights)

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
