"""An upper bound on the p-mean over all feasible contributions, from two vectors of multipliers.

With weights lambda >= 0, gamma >= 0 on the budgets b_i >= 0, mu = lambda + gamma, T = sum mu,
k_i = (1-beta) mu_i + beta/(n-1) (T - mu_i), the concave g(y) = sum_i lambda_i value_i f_i(y), and
a price G of data,

    sum_i lambda_i u_i <= mu.B + max_y (g(y) - G (y - platform))
                          + sum_i max_{0 <= s <= top_i} (G w_i s - k_i c_i(s)),

and reverse Hoelder turns the weighted sum into a bound on M_p. Multipliers and G are hints: any
non-negative numbers do. Each maximum is one of a concave function and bounded by its tangents.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.p_means import conjugate_mean
from mdsolve.certificate.peaks import DOUBLINGS, Concave, peak
from mdsolve.certificate.reading.curves import Side
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.certificate.welfare_program import Program

Floats = npt.NDArray[np.float64]

HALVINGS = 55
"""Enough to find a place to the precision of doubles relative to the whole interval."""


def multipliers(context: SharingContext, program: Program) -> tuple[Floats, Floats]:
    """Return weights and budget multipliers to try, (n,) each, both non-negative.

    Raises
    ------
    NoRouteError
        If the solution holds none that can be used, and none follow from the utilities; or one
        that is no multiplier: negative, beside no budget, or unequal where all are equal.
    """
    n, p = program.size, program.p
    weights, duals = (_hint(context, key) for key in ("weights", "budget_duals"))
    if duals is None:
        duals = np.zeros(n)
    if duals[~np.asarray(program.reading.limited)].any():
        raise NoRouteError("an agent without a budget has a budget multiplier")
    if p == 1:
        # All weights are equal; the stored ones only say in which unit the multipliers are.
        if weights is None:
            weights = np.full(n, 1 / n)
        if np.ptp(weights) > context.tolerance * weights.max():
            raise NoRouteError("the weights differ, and those of a sum of utilities are equal")
        weights = np.full(n, float(weights.mean()))
    elif weights is None:
        weights = _from_utilities(context, program)
    if not (np.isfinite(weights).all() and np.isfinite(duals).all() and weights.max() > 0):
        raise NoRouteError("the multipliers of the proof are not finite")
    # A common factor changes nothing, and keeps extreme units within the range of doubles.
    return weights / weights.max(), duals / weights.max()


def _hint(context: SharingContext, key: str) -> Floats | None:
    if context.claim.at(key) is None:
        return None
    found = context.claim.stored(key, (context.size,))
    if isinstance(found, str):
        raise NoRouteError(found)
    if (found < 0).any():
        raise NoRouteError(f"a multiplier is negative in {key}")
    return found


def _from_utilities(context: SharingContext, program: Program) -> Floats:
    p = program.p
    if p is None:
        raise NoRouteError("the minimum needs the weights of a proof, and the solution holds none")
    utilities = np.asarray(program.rounded.utilities(context.given))
    if not utilities.min() > 0:
        raise NoRouteError("a utility is not positive, so its weight is not defined")
    return np.asarray((utilities / utilities.min()) ** float(p - 1))


@dataclass(frozen=True)
class WelfareBound:
    """Bounds on M_p from one pair of multipliers.

    Parameters
    ----------
    program : Program
    weights, duals : (n,)
        lambda and gamma as quantities.
    """

    program: Program
    weights: Quantity
    duals: Quantity

    @cached_property
    def rounded(self) -> WelfareBound:
        """The same in floats, for hints."""
        near = self.program.reading.arithmetic.nearest
        return WelfareBound(self.program.rounded, near(self.weights), near(self.duals))

    @cached_property
    def norm(self) -> Quantity:
        """M_p'(n lambda), shape (1,)."""
        program = self.program
        return conjugate_mean(program.reading.arithmetic, program.size * self.weights, program.p)

    @cached_property
    def price_of_cost(self) -> Quantity:
        """k_i, shape (n,)."""
        return self.program.borne(self.weights + self.duals)

    def values(self, s: Floats) -> Iterator[Quantity]:
        """Return bounds at prices that promise to be good near contributions s, shape (1,) each.

        Raises
        ------
        NoRouteError
            If the weights bound nothing.
        """
        arithmetic = self.program.reading.arithmetic
        if not arithmetic.less(arithmetic.zeros(1), self.norm).holds.all():
            raise NoRouteError("the multipliers of the proof bound nothing")
        tried: set[float] = set()
        for price in self._prices(s):
            if np.isfinite(price) and price >= 0 and price not in tried:
                tried.add(price)
                yield self.at_price(arithmetic.stored(np.array([price])), s)

    def _prices(self, s: Floats) -> Iterator[float]:
        """Return prices of data at which those who contribute would stop, and no others begin."""
        plain = self.rounded
        program, game = plain.program, plain.program.reading
        y = program.accuracy.index(s)[:1]
        left, right = (
            float(program.benefit_slope(plain.weights, y, side)[0]) for side in ("left", "right")
        )
        tops = np.asarray(self.program.reading.arithmetic.nearest(self.program.tops))
        with np.errstate(all="ignore"):
            least, most = (
                plain.price_of_cost * game.costs.slope(s, side) / program.data
                for side in ("left", "right")
            )
        used = program.data > 0
        low = max(right, float(least[used & (s > 0)].max(initial=0.0)))
        high = min(left, float(most[used & (s < tops)].min(initial=np.inf)))
        yield from (right, low, high, 0.5 * (low + high), left)
        yield from plain.crossing(s)

    def crossing(self, s: Floats) -> tuple[float, float]:
        """Return neighbouring prices between which data on offer exceed what they are worth.

        In floats: there the bound, convex in the price, is smallest.
        """
        program = self.program
        y = program.accuracy.index(s)[:1]
        low, high = 0.0, float(program.benefit_slope(self.weights, y, "left")[0])
        for _ in range(DOUBLINGS):
            if high == 0 or not np.isfinite(high) or self._surplus(high) >= 0:
                break
            low, high = high, 2 * high
        for _ in range(DOUBLINGS):
            middle = low + 0.5 * (high - low)
            if not low < middle < high:
                break
            if self._surplus(middle) >= 0:
                high = middle
            else:
                low = middle
        return low, high

    def _surplus(self, price: float) -> float:
        """Return data on offer at a price less those that are worth it, in floats."""
        program = self.program
        at = np.array([price])
        offered = _about_largest(self.gain_curve(at))
        wanted = _about_largest(self.worth_curve(at))
        used = program.data > 0
        brought = float(program.data[used] @ offered[used])
        return brought + float(program.accuracy.platform) - float(wanted[0])

    def at_price(self, price: Quantity, s: Floats) -> Quantity:
        """Return the bound at a price of data G, shape (1,)."""
        arithmetic = self.program.reading.arithmetic
        mu = self.weights + self.duals
        money = arithmetic.total(mu * self.program.reading.budget).reshape(1)
        hint = np.asarray(arithmetic.nearest(price))
        own = self.rounded.program.accuracy.index(s)[:1]
        gains = _largest(self.gain_curve(price), self.rounded.gain_curve(hint), s)
        worth = _largest(self.worth_curve(price), self.rounded.worth_curve(hint), own)
        return (money + worth + arithmetic.total(gains).reshape(1)) / self.norm

    def worth_curve(self, price: Quantity) -> Concave:
        """Return g(y) - price (y - platform), from the platform's data to all that can be."""
        program, arithmetic = self.program, self.program.reading.arithmetic
        start = arithmetic.zeros(1) + program.accuracy.platform
        end = start + arithmetic.total(program.data * program.tops)

        def value(y: Quantity) -> Quantity:
            return program.benefit(self.weights, y) - price * (y - program.accuracy.platform)

        def slope(y: Quantity, side: Side) -> Quantity:
            return program.benefit_slope(self.weights, y, side) - price

        return Concave(arithmetic, start, end, np.ones(1, dtype=np.bool_), value, slope)

    def gain_curve(self, price: Quantity) -> Concave:
        """Return what everybody's data bring at a price, less their cost."""
        program, reading = self.program, self.program.reading
        worth, borne = price * program.data, self.price_of_cost

        def value(x: Quantity) -> Quantity:
            return worth * x - borne * reading.costs.value(x)

        def slope(x: Quantity, side: Side) -> Quantity:
            return worth - borne * reading.costs.slope(x, side)

        ended = np.ones(program.size, dtype=np.bool_)
        return Concave(reading.arithmetic, reading.nothing, program.tops, ended, value, slope)


def _about_largest(hint: Concave) -> Floats:
    """Return about where concave functions of doubles on finite ends are largest."""
    low, high = (np.asarray(end, dtype=np.float64) for end in hint.limits())
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        climbs = np.asarray(hint.slope(middle, "right") > 0)
        low, high = np.where(climbs, middle, low), np.where(climbs, high, middle)
    ends = np.asarray(hint.limits()[0]), np.asarray(hint.limits()[1])
    # Next to an end the maximum is the end itself.
    return np.where(low == ends[0], low, np.where(high == ends[1], high, low))


def _largest(function: Concave, hint: Concave, guess: Floats) -> Quantity:
    """Return bounds of maxima."""
    found = peak(function, hint, guess, np.spacing(guess))
    if not found.found.all():
        raise NoRouteError("what data bring at a price has no bound")
    return found.value
