"""Bounds on what agents with linear costs reach alone, by halving: for conditions on shaped models.

A curve is 0 up to its threshold and concave from there on. On the concave part the utility lies
below each of its tangents, so an interval at whose ends the slope has opposite signs gives

    u(x) <= best <= u(x) + |slope at x| * (width of the interval).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.game.accuracy import WeightedAccuracy
from mdsolve.game.curves import Curve, MixedCurve, PacCurve
from mdsolve.game.sharing import SharingGame

Floats = npt.NDArray[np.float64]

HALVINGS = 200
DOUBLINGS = 1000
FAR = np.finfo(np.float64).max / 4
"""An amount of data at which every curve has its limit."""


@dataclass(frozen=True)
class ValueOfData:
    """A curve of the sum of all data, and agents with linear costs who weigh it.

    Parameters
    ----------
    curve : Curve
    platform : float
        Samples that everybody has already.
    value, rate, capacity : (n,)
        Money per accuracy, money per sample, samples.
    """

    curve: Curve
    platform: float
    value: Floats
    rate: Floats
    capacity: Floats

    @cached_property
    def threshold(self) -> float:
        """Amount of data from which on the curve is concave."""
        return 0.0 if self.curve.concave else float(self.curve.kinks[0])

    def at(self, y: float) -> float:
        """Return v at one amount of data."""
        return float(self.curve.value(np.float64(y)))  # type: ignore[arg-type]

    def slope(self, y: float) -> float:
        """Return v' at one amount of data, from the right."""
        return float(self.curve.slope(np.float64(y)))  # type: ignore[arg-type]

    @cached_property
    def alone(self) -> tuple[Floats, Floats]:
        """Bounds below and above on max_m value v(m) - rate m, shape (n,) each, in money."""
        return self._best(0.0)

    @cached_property
    def helped(self) -> tuple[Floats, Floats]:
        """The same for agents who have the platform's data as well: v(m + P)."""
        return self._best(self.platform)

    def _best(self, given: float) -> tuple[Floats, Floats]:
        begin = np.minimum(max(0.0, self.threshold - given), self.capacity)
        low, high = begin, np.minimum(np.maximum(1.0, 2 * begin), self.capacity)
        for _ in range(DOUBLINGS):
            rising = (self._own_slope(high + given) > 0) & (high < self.capacity)
            if not rising.any():
                break
            high = np.where(rising, np.minimum(2 * high, self.capacity), high)
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            if np.all((middle <= low) | (middle >= high)):
                break
            rising = self._own_slope(middle + given) > 0
            low, high = np.where(rising, middle, low), np.where(rising, high, middle)
        reached = self.value * self.curve.value(low + given) - self.rate * low
        above = reached + np.maximum(self._own_slope(low + given), 0.0) * (high - low)
        nothing = self.value * self.at(given)
        return np.maximum(reached, nothing), np.maximum(above, nothing)

    def _own_slope(self, y: Floats) -> Floats:
        return np.asarray(self.value * self.curve.slope(y) - self.rate)

    def asked(self, total: float, worth: Floats) -> tuple[float, float, float]:
        """Return what rational agents give at most in sum when v(total + P) is handed to all.

        Parameters
        ----------
        worth : (n,)
            Bounds below on what agents reach alone, in money.

        Returns
        -------
        amount, slope, size : float
            sum_i min(capacity, (value v - worth) / rate); a supergradient of it in the total; and
            the size of the terms, to which rounding is relative.
        """
        y = total + self.platform
        gained, rise = self.at(y), self.slope(y)
        with np.errstate(divide="ignore", invalid="ignore"):
            paid = np.where(self.rate > 0, (self.value * gained - worth) / self.rate, self.capacity)
            climbing = np.where(self.rate > 0, self.value / self.rate, 0.0)
            terms = np.where(self.rate > 0, np.maximum(self.value, worth) / self.rate, 0.0)
        below = paid < self.capacity
        amount = float(np.minimum(paid, self.capacity).sum())
        size = float(terms[below].sum()) + float(self.capacity[~below].sum()) + total
        return amount, rise * float(climbing[below].sum()), size


def value_of_data(
    game: SharingGame,
) -> ValueOfData | str:
    """Return the common curve with the agents who weigh it, or why there is none."""
    accuracy = game.accuracy
    if not isinstance(accuracy, WeightedAccuracy) or isinstance(accuracy.curve, MixedCurve):
        return "the accuracy is not one curve for everybody"
    if not accuracy.of_all_data:
        return "the accuracy is no function of the sum of all data"
    if not game.costs.is_linear:
        return "costs are not linear"
    if np.any((game.costs.rate <= 0) & ~np.isfinite(game.capacity)):
        return "an agent has no capacity, and his data cost nothing"
    curve = accuracy.curve
    if isinstance(curve, PacCurve) and curve.threshold < curve.complexity:
        return "the curve is not concave from its threshold on"
    return ValueOfData(curve, game.platform_data, game.value, game.costs.rate, game.capacity)
