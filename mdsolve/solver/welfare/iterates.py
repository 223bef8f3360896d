"""An iterate of the interior-point method: a point, pairs of slacks and duals, a direction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Point:
    """Contributions of the sources and what follows from them.

    Parameters
    ----------
    s, marginal, second : (m,)
        Samples, c' and c''.
    y : float
    left, utilities : (n,)
        b and u, in money.
    slopes : (n,)
        value_i f_i'(y).
    bend : (n,)
        value_i f_i''(y).
    """

    s: Floats
    marginal: Floats
    second: Floats
    y: float
    left: Floats
    utilities: Floats
    slopes: Floats
    bend: Floats


@dataclass(frozen=True)
class Pairs:
    """Multipliers, slacks, or changes of either, of the inequalities.

    Parameters
    ----------
    lower, upper : (m,)
        s >= 0, and s <= limit (slack infinite and multiplier 0 where there is none).
    budgets : (n,)
        b >= 0 (slack infinite where there is no such row).
    weights : (n,)
        lambda; slack u - tau for the minimum, infinite for every other mean.
    """

    lower: Floats
    upper: Floats
    budgets: Floats
    weights: Floats

    def parts(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return the four arrays."""
        return self.lower, self.upper, self.budgets, self.weights

    def moved(self, change: Pairs, size: float) -> Pairs:
        """Return self + size change."""
        pairs = zip(self.parts(), change.parts(), strict=True)
        return Pairs(*(a + size * b for a, b in pairs))

    def scaled(self, factor: float) -> Pairs:
        """Return factor times self."""
        return Pairs(*(factor * part for part in self.parts()))

    def room(self, change: Pairs) -> float:
        """Return the largest size, at most 1, with self + size change non-negative."""
        size = 1.0
        for amounts, changes in zip(self.parts(), change.parts(), strict=True):
            falling = changes < 0
            if falling.any():
                size = min(size, float(np.min(amounts[falling] / -changes[falling])))
        return size


@dataclass(frozen=True)
class Direction:
    """A Newton step: changes of sources, slacks, multipliers, tau and the price of prescribed y."""

    sources: Floats
    slacks: Pairs
    duals: Pairs
    level: float
    extra: float
