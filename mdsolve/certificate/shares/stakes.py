"""What agents earn and bear by their own contribution where shares are the benefit.

u_i(x) = phi_i(x) - borne c_i(x) + price x, the others as claimed; agents and places come in pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.peaks import Concave
from mdsolve.certificate.reading.curves import Side
from mdsolve.certificate.reading.sharing import SharingReading
from mdsolve.certificate.shares.base import Shares

Indices = npt.NDArray[np.intp]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ShareStakes:
    """Utilities along own contributions.

    Parameters
    ----------
    borne, price : quantities of shape ()
    """

    reading: SharingReading
    shares: Shares
    borne: Quantity
    price: Quantity

    def value(self, agents: Indices, own: Quantity) -> Quantity:
        """Return u, shape (m,)."""
        costs = self.reading.costs.take(agents).value(own)
        return self.shares.at(agents, own) - self.borne * costs + self.price * own

    def slope(self, agents: Indices, own: Quantity, side: Side) -> Quantity:
        """Return one-sided derivatives of u, for concave shares."""
        costs = self.reading.costs.take(agents).slope(own, side)
        return self.shares.slopes(agents, own, side) - self.borne * costs + self.price

    def steepness(
        self, agents: Indices, low: Quantity, high: Quantity | None
    ) -> tuple[Quantity | None, Quantity]:
        """Return bounds of u' on intervals; without an end there is only the one from above."""
        least, most = self.shares.steepness(agents, low, high)
        costs = self.reading.costs.take(agents)
        above = most - self.borne * costs.slope(low, "right") + self.price
        if high is None:
            return None, above
        return least - self.borne * costs.slope(high, "left") + self.price, above

    def concave(self, agents: Indices, end: tuple[Quantity, Booleans] | None = None) -> Concave:
        """Return the concave utilities of different agents, as far as they can go.

        Parameters
        ----------
        end : (quantity, bool), shape (m,) each, or None
            Where contributions end, and whether they do; None is the capacities.
        """
        reading = self.reading
        last, ended = (reading.capacity[agents], reading.bounded[agents]) if end is None else end
        return Concave(
            reading.arithmetic,
            reading.arithmetic.zeros(len(agents)),
            last,
            ended,
            lambda x: self.value(agents, x),
            lambda x, side: self.slope(agents, x, side),
        )
