"""`coverage`: a_i = 1 - 1/2 sum_x q_ix prod_j (1 - q_jx)^s_j, concave."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.accuracy import Accuracy, Branch
from mdsolve.certificate.reading.curves import Side
from mdsolve.certificate.reading.together import Indices, ProductParts, Together
from mdsolve.certificate.reading.unread import UnreadError


@dataclass(frozen=True)
class CoverageAccuracy(Accuracy):
    """Accuracies of agents who look for items.

    Parameters
    ----------
    found : (n, items)
        q_ix, the chance that one sample of agent i is item x, below 1.
    """

    arithmetic: Arithmetic
    found: Quantity

    @property
    def heights(self) -> npt.NDArray[np.float64]:  # type: ignore[override]
        """Return ones."""
        return np.ones(self.found.shape[0])

    @property
    def units(self) -> npt.NDArray[np.float64]:  # type: ignore[override]
        """Return one sample: what a probability is about."""
        return np.ones(self.found.shape[0])

    @property
    def concave(self) -> bool:
        """Hold: every missing item is an exponential of a linear function."""
        return True

    @property
    def substitutes(self) -> bool:
        """Hold: the own sample counts where nobody else has the item."""
        return True

    @cached_property
    def rates(self) -> Quantity:
        """-log(1 - q), shape (n, items)."""
        return -self.arithmetic.logarithm(1 - self.found)

    def values(self, s: Quantity) -> Quantity:
        """Return the accuracies."""
        return 1 - self.arithmetic.product(self.found, self._missing(s)) / 2

    def _missing(self, s: Quantity) -> Quantity:
        """Return the chance that nobody has an item, shape (items,)."""
        column = s.reshape(-1, 1)
        return self.arithmetic.exponential(-self.arithmetic.total(self.rates * column, 0))

    def gradients(self, s: Quantity) -> Quantity:
        """Return 1/2 sum_x q_ix rate_jx missing_x."""
        arithmetic, n = self.arithmetic, self.found.shape[0]
        missing = self._missing(s)
        rows = [arithmetic.product(self.rates, self.found[i] * missing) / 2 for i in range(n)]
        return arithmetic.concatenate(rows).reshape(n, n)

    def branches(self, s: Quantity, *, alone: bool = False) -> list[Branch]:
        """Return one branch for everybody."""
        arithmetic = self.arithmetic
        n = self.found.shape[0]
        spent = self.rates * s.reshape(-1, 1)
        others = 0 * spent if alone else arithmetic.total(spent, 0) - spent

        def left(x: Quantity) -> Quantity:
            return arithmetic.exponential(-(others + self.rates * x.reshape(-1, 1)))

        def value(x: Quantity) -> Quantity:
            return 1 - arithmetic.total(self.found * left(x), 1) / 2

        def slope(x: Quantity, side: Side) -> Quantity:  # noqa: ARG001 - smooth
            return arithmetic.total(self.found * self.rates * left(x), 1) / 2

        return [Branch(arithmetic.zeros(n), None, np.ones(n, dtype=np.bool_), value, slope)]

    def together(self, value: Quantity) -> Together:
        """Return a product per item: the chance that nobody has it."""
        arithmetic = self.arithmetic

        def kept(agents: Indices, x: Quantity) -> Quantity:
            return arithmetic.exponential(-(self.rates[agents] * x.reshape(-1, 1)))

        def falls(
            agents: Indices, low: Quantity, high: Quantity | None
        ) -> tuple[Quantity, Quantity]:
            steep = self.rates[agents] * kept(agents, low)
            return 0 * steep if high is None else self.rates[agents] * kept(agents, high), steep

        money = arithmetic.total(self.found * value.reshape(-1, 1), 0) / 2
        return Together(products=ProductParts(money, kept, falls, strict=True))

    def trait(self, agent: int) -> Hashable:
        """Return the agent's distribution."""
        return tuple(self.arithmetic.nearest(self.found[agent]).tolist())

    def interchangeable(self, first: int, second: int) -> bool:
        """Hold: the traits say everything."""
        del first, second
        return True


def accuracy(instance: Any, arithmetic: Arithmetic) -> CoverageAccuracy:
    """Return the accuracies of an instance of this family.

    Raises
    ------
    UnreadError
        If one sample surely is an item: its logarithm is infinite.
    """
    table = np.asarray(instance.accuracy.distributions)
    if arithmetic.rigorous and np.any(table >= 1):
        message = "an item that one sample surely is"
        raise UnreadError(message)
    with np.errstate(divide="ignore"):
        return CoverageAccuracy(arithmetic, arithmetic.written(table))
