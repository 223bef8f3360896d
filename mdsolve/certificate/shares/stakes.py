"""What agents earn and bear by their own contribution where shares are the benefit.

u_i(x) = theta phi_i(x) + (1 - theta) value_i a_i(x) - borne c_i(x) + price x, the others as
claimed; agents and places come in pairs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.peaks import Concave
from mdsolve.certificate.reading.curves import Side
from mdsolve.certificate.reading.sharing import SharingReading
from mdsolve.certificate.shares.base import Shares
from mdsolve.certificate.shares.own_accuracy import OwnAccuracy

Indices = npt.NDArray[np.intp]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ShareStakes:
    """Utilities along own contributions.

    Parameters
    ----------
    borne, price : quantities of shape ()
    part : quantity of shape () or None
        theta; None is 1.
    """

    reading: SharingReading
    shares: Shares
    borne: Quantity
    price: Quantity
    part: Quantity | None = None

    @cached_property
    def _accuracy(self) -> OwnAccuracy:
        return OwnAccuracy(self.reading, self.shares.s)

    def _mixed(self, share: Quantity, accuracy: Callable[[], Quantity]) -> Quantity:
        """Return what shares and the own accuracy make together."""
        if self.part is None:
            return share
        return self.part * share + (1 - self.part) * accuracy()

    def value(self, agents: Indices, own: Quantity) -> Quantity:
        """Return u, shape (m,)."""
        costs = self.reading.costs.take(agents).value(own)
        share = self.shares.at(agents, own)
        gained = self._mixed(share, lambda: self._accuracy.at(agents, own))
        return gained - self.borne * costs + self.price * own

    def slope(self, agents: Indices, own: Quantity, side: Side) -> Quantity:
        """Return one-sided derivatives of u, for concave shares."""
        costs = self.reading.costs.take(agents).slope(own, side)
        share = self.shares.slopes(agents, own, side)
        gained = self._mixed(share, lambda: self._accuracy.slopes(agents, own, side))
        return gained - self.borne * costs + self.price

    def steepness(
        self, agents: Indices, low: Quantity, high: Quantity | None
    ) -> tuple[Quantity | None, Quantity]:
        """Return bounds of u' on intervals; without an end there is only the one from above."""
        least, most = self.shares.steepness(agents, low, high)
        if self.part is not None:
            flat, steep = self._accuracy.steepness(agents, low, high)
            least = self._mixed(least, lambda: flat)
            most = self._mixed(most, lambda: steep)
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
