"""Payments at every profile that make wanted contributions an equilibrium.

    p_i(s) = x_i - pen_i(s_i) + 1/(n-1) sum_{j != i} pen_j(s_j)

x are lump sums that sum to zero, pen_i(z) = min{cap_i, [b_i (s*_i - z)]_+} where the own payoff is
concave, b_i being what a sample falls short of paying at s*, and min{cap_i, [g_i(z) - g_i(s*_i)]_+}
in general. Nobody is ever asked for more than cap_i - x_i. Without lump sums:

    p_i(s) = b_i s_i - 1/(n-1) sum_{j != i} b_j s_j
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mdsolve.game.sharing import SharingGame
from mdsolve.solver.target.inequality import Inequality
from mdsolve.solver.target.requirements import Goal
from mdsolve.solver.welfare.payments import exactly_balanced

Floats = npt.NDArray[np.float64]

Penalty = Literal["affine", "general", "dominant", "rates"]


@dataclass(frozen=True)
class TargetRule:
    """Payments as functions of contributions.

    Parameters
    ----------
    game : SharingGame
    contributions : (n,)
        s*, what is wanted.
    lump_sums : (n,)
        x, in money, summing to zero; payments at s*.
    rates : (n,)
        b, money per sample.
    caps : (n,)
        Largest penalties, infinite where there is none.
    penalty : str
    """

    game: SharingGame
    contributions: Floats
    lump_sums: Floats
    rates: Floats
    caps: Floats
    penalty: Penalty

    def penalties(self, s: Floats) -> Floats:
        """Return pen_i(s_i), in money, shape (n,)."""
        game, wanted = self.game, self.contributions
        if self.penalty == "affine":
            raw = self.rates * (wanted - s)
        elif self.penalty == "dominant":
            full = self._own(game.capacity, s) - self._own(game.capacity, wanted)
            apart = self._own(game.nothing(), s) - self._own(game.nothing(), wanted)
            raw = np.where(s < wanted, full, np.where(s > wanted, apart, 0.0))
        else:
            raw = self._own(wanted, s) - self._own(wanted, wanted)
        return np.minimum(self.caps, np.maximum(raw, 0.0))

    def _own(self, others: Floats, own: Floats) -> Floats:
        """Return everybody's benefit less cost at own contributions, shape (n,)."""
        benefits = self.game.value * self.game.accuracy.unilateral_values(others, own)
        return benefits - self.game.costs.value(own)

    def payments(self, s: Floats) -> Floats:
        """Return what each agent receives at any profile, in money, summing to zero."""
        n = self.game.size
        if self.penalty == "rates":
            return above_the_others(self.rates * s)
        return self.lump_sums - (above_the_others(self.penalties(s)) if n > 1 else 0.0)

    def stated(self) -> dict[str, Any]:
        """Return the rule as the solution states it."""
        caps = [float(cap) if np.isfinite(cap) else None for cap in self.caps]
        found: dict[str, Any] = {
            "contributions": self.contributions,
            "lump_sums": self.lump_sums,
            "rates": self.rates,
            "caps": caps,
        }
        return found if self.penalty == "affine" else found | {"penalty": self.penalty}


def above_the_others(amounts: Floats) -> Floats:
    """Return each amount less the average of the others', shape (n,), n >= 2."""
    n = len(amounts)
    return np.asarray(amounts - (amounts.sum() - amounts) / (n - 1))


def lump_sums(inequality: Inequality, goal: Goal) -> Floats:
    """Return lump sums that sum to zero and give everybody what they need.

    For goals of utilities the least utilities are as large as possible; otherwise the sum of
    squares is as small as possible.
    """
    needs = inequality.needs
    if goal.of_utilities:
        kept = inequality.benefits - inequality.costs
        least = np.where(np.isfinite(needs), needs + kept, -np.inf)
        found = filled(least, float(kept.sum())) - kept
    else:
        found = filled(needs, 0.0)
    return exactly_balanced(found)


def filled(least: Floats, total: float) -> Floats:
    """Return max(least_i, level) with the sum asked for; the level is found by sorting.

    Parameters
    ----------
    least : (n,)
        -inf where anything will do; their sum is at most the total, up to rounding.

    Examples
    --------
    >>> filled(np.array([3.0, -1.0, -np.inf]), 3.0).tolist()
    [3.0, 0.0, 0.0]
    """
    n = len(least)
    order = np.sort(least)[::-1]
    finite = np.where(np.isfinite(order), order, 0.0)
    taken = np.concatenate([[0.0], np.cumsum(finite)])[:n]
    levels = (total - taken) / np.arange(n, 0, -1)
    # With the k largest held at their least, the level must not fall below the next one.
    fits = np.flatnonzero(levels >= order)
    if len(fits):
        return np.asarray(np.maximum(least, levels[fits[0]]))
    return np.asarray(least + (total - float(least.sum())) / n)


def rates_of(game: SharingGame, s: Floats) -> Floats:
    """Return b_i: what a sample more costs agent i less what it is worth to them, shape (n,).

    Of the rates that do at a kink or a bound, the one nearest to zero.
    """
    right = game.costs.slope(s, "right") - game.value * game.accuracy.own_slopes(s)
    left = right
    kinked = not game.accuracy.smooth or bool(game.costs.shapes)
    if kinked:
        below = np.nextafter(s, 0.0)
        slopes = game.accuracy.unilateral_slopes(s, below)
        left = game.costs.slope(s, "left") - game.value * slopes
    low = np.where(s <= 0, -np.inf, np.minimum(left, right))
    high = np.where(s >= game.capacity, np.inf, np.maximum(left, right))
    return np.asarray(np.clip(0.0, low, high))
