"""Shares of sums of products, such as the chance that nobody has an item, for any number of agents.

A product splits into factors, so an average over coalitions is one of `rules`; what an agent adds
is (factor outside - factor inside) times the average of the others' product.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.curves import Side
from mdsolve.certificate.reading.together import LinearPart, ProductParts
from mdsolve.certificate.shares.arrivals import Arrivals
from mdsolve.certificate.shares.averages import averages, work
from mdsolve.certificate.shares.base import ConcavePart, Index, Part

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class ProductPart(Part):
    """Shares of -sum_r money_r prod_j k_jr(s_j).

    Parameters
    ----------
    worth : (n, rows)
        Money times the average of the others' product.
    """

    arithmetic: Arithmetic
    products: ProductParts
    worth: Quantity

    def at(self, agents: Indices, own: Quantity) -> Quantity:
        """Return sum_r worth (k(0) - k(own))."""
        outside = self.products.kept(agents, 0 * own)
        lost = outside - self.products.kept(agents, own)
        return self.arithmetic.total(lost * self.worth[agents], 1)

    def slopes(self, agents: Indices, own: Quantity, side: Side) -> Quantity:
        """Return the slopes of smooth factors."""
        del side
        falls = self.products.falls(agents, own, own)[1]
        return self.arithmetic.total(falls * self.worth[agents], 1)

    def steepness(
        self, agents: Indices, low: Quantity, high: Quantity | None
    ) -> tuple[Quantity, Quantity]:
        """Return sums of the factors' bounds: what multiplies them is not negative."""
        least, most = self.products.falls(agents, low, high)
        worth = self.worth[agents]
        return self.arithmetic.total(least * worth, 1), self.arithmetic.total(most * worth, 1)


def product_part(
    arithmetic: Arithmetic,
    products: ProductParts,
    s: Quantity,
    index: Index,
    limit: int,
    arrivals: Arrivals | None = None,
) -> ProductPart:
    """Return the shares of products at a profile.

    Raises
    ------
    NoRouteError
        If there are too many agents and rows.
    """
    n, rows = int(s.shape[0]), int(products.money.shape[0])
    ones = np.ones(n, dtype=np.intp)
    needed = work(rows, ones, arrivals)
    if needed > limit:
        message = f"the shares need {needed:,} products; at most {limit:,} are tried"
        raise NoRouteError(message)
    every = np.arange(n)
    absent, kept = (arithmetic.mapped(products.kept(every, x), np.transpose) for x in (0 * s, s))
    averaged = averages(arithmetic, absent, kept, ones, index, arrivals)
    return ProductPart(arithmetic, products, averaged * products.money.reshape(1, -1))


@dataclass(frozen=True)
class ConstantPart(ConcavePart):
    """Shares of sum_j rate_j s_j: everybody has their own."""

    arithmetic: Arithmetic
    linear: LinearPart

    def at(self, agents: Indices, own: Quantity) -> Quantity:
        """Return rate times own."""
        return self.linear.rates[agents] * own

    def slopes(self, agents: Indices, own: Quantity, side: Side) -> Quantity:
        """Return the rates."""
        del side
        return self.linear.rates[agents] + 0 * own
