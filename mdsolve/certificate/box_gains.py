"""The least gain of one deviation over a box of profiles, bounded from below.

An own utility value_i a_i(x, z) - borne c_i(x) + price x, x own and z the others' data, gains by a
fixed deviation d

    gain(x, z) = V(d, z) - V(x, z).

Where others' data lower what own data add (`substitutes`), the gain falls in z for d > x and rises
for d < x, so that one corner z* of the box decides: the least gain is V(d, z*) - max_x V(x, z*).
Where data only help (`rising`), V(d, low z) - max_x V(x, high z) bounds it. What the others'
contributions decide by themselves cancels. The maximum is one of concave branches, bounded by
tangents at the ends of the box; where a branch is linear there, that is exact.

With budgets every agent is limited to what they can pay for. That is a box where nobody's money
depends on the others: own costs borne in full, no price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.means import Means, affordable
from mdsolve.certificate.numbers import EXACT, Booleans, Quantity
from mdsolve.certificate.own import own_utility
from mdsolve.certificate.peaks import Concave, earlier, peak, peak_at
from mdsolve.certificate.reading.accuracy import Branch
from mdsolve.certificate.reading.sharing import SharingReading, sharing_reading
from mdsolve.certificate.rules.base import Terms
from mdsolve.tolerance import ROUND_OFF

Box = tuple[tuple[Fraction, Fraction], ...]
"""Contributions from and to, by agent."""


@dataclass(frozen=True)
class BoxGains:
    """Gains over boxes in one game under one rule.

    Parameters
    ----------
    reading : SharingReading
    terms : Terms
        Whose borne and price count.
    """

    reading: SharingReading
    terms: Terms

    @cached_property
    def whole(self) -> Box:
        """All profiles that anybody can choose.

        Raises
        ------
        NoRouteError
            If somebody's contributions have no end, or what they can pay depends on the others.
        """
        reading = self.reading
        if not reading.accuracy.rising:
            raise NoRouteError("nothing is known of accuracies but their values")
        capacity = sharing_reading(reading.instance, EXACT).capacity
        means = self.means
        beyond = reading.arithmetic.upper(means.beyond)
        tops = []
        for agent in range(reading.size):
            ends = [as_fraction(capacity[agent])] if reading.bounded[agent] else []
            ends += [Fraction(float(beyond[agent]))] if means.held[agent] else []
            if not ends:
                message = f"{reading.names[agent]} has no capacity, so the box is unbounded"
                raise NoRouteError(message)
            tops.append((Fraction(0), min(ends)))
        return tuple(tops)

    @cached_property
    def means(self) -> Means:
        """How much everybody can pay for, whatever the others do."""
        reading, terms, arithmetic = self.reading, self.terms, self.reading.arithmetic
        if reading.limited.any():
            one, zero = arithmetic.constant(1), arithmetic.constant(0)
            alone = (
                arithmetic.at_most(one, terms.borne).holds
                & arithmetic.at_most(terms.borne, one).holds
                & arithmetic.at_most(zero, terms.price).holds
                & arithmetic.at_most(terms.price, zero).holds
            )
            if not bool(alone):
                reason = "what agents can pay for depends on the others: budgets leave no box"
                raise NoRouteError(reason)
        return affordable(
            reading,
            arithmetic.constant(1),
            arithmetic.constant(0),
            reading.budget,
            reading.limited,
        )

    def can_choose(self, agent: int, deviation: Fraction) -> bool:
        """Tell whether an agent can certainly contribute an amount at every profile."""
        if not 0 <= deviation <= self.whole[agent][1]:
            return False
        if not self.means.held[agent]:
            return True
        within = float(self.reading.arithmetic.lower(self.means.within)[agent])
        return deviation <= Fraction(within)

    def least(self, agent: int, box: Box, deviation: Fraction, known: Quantity | None) -> Quantity:
        """Return a lower bound of the agent's gain over the box, shape (1,).

        0, which proves nothing, where somebody in the box contributes the deviation already.

        Parameters
        ----------
        known : (1,) or None
            A bound that is small enough: no effort is made to prove more than that.
        """
        arithmetic = self.reading.arithmetic
        low, high = box[agent]
        if low <= deviation <= high:
            return arithmetic.zeros(1)
        corner = self._corner(agent, box, deviation, own=deviation)
        reached = self._utility(agent, corner)
        others = corner
        if not self.reading.accuracy.substitutes:
            others = self._corner(agent, box, deviation, own=low, against=True)
        quick = reached - self._most(agent, others, low, high, quick=True)
        if known is not None:
            enough, there = (float(arithmetic.lower(x)[0]) for x in (known, quick))
            if there >= enough - ROUND_OFF * abs(enough):
                return quick
        return arithmetic.maximum(
            quick, reached - self._most(agent, others, low, high, quick=False)
        )

    def _corner(
        self, agent: int, box: Box, deviation: Fraction, *, own: Fraction, against: bool = False
    ) -> Quantity:
        """Return the profile that decides, (n,): of the others the least or the most data."""
        if self.reading.accuracy.substitutes:
            side = 1 if deviation > box[agent][1] else 0
        else:
            side = 1 if against else 0
        entries = [own if j == agent else ends[side] for j, ends in enumerate(box)]
        return self.reading.arithmetic.written(np.array(entries, dtype=object))

    def _utility(self, agent: int, s: Quantity) -> Quantity:
        """Return the own utility at a profile, shape (1,)."""
        reading, terms = self.reading, self.terms
        whole = reading.benefits(s) - terms.borne * reading.costs.value(s) + terms.price * s
        return whole[agent : agent + 1]

    def _most(
        self, agent: int, s: Quantity, low: Fraction, high: Fraction, *, quick: bool
    ) -> Quantity:
        """Return an upper bound of the own utility between two contributions, shape (1,)."""
        reading, arithmetic = self.reading, self.reading.arithmetic
        branches = reading.accuracy.branches(s)
        plain = reading.rounded.accuracy.branches(np.asarray(arithmetic.nearest(s)))
        terms = self.terms
        near = arithmetic.nearest
        rounded = Terms(near(terms.borne), near(terms.price), reading.rounded.nothing)
        best: Quantity | None = None
        for branch, rough in zip(branches, plain, strict=True):
            if not branch.present[agent]:
                continue
            function, there = _between(reading, terms, branch, low, high)
            if not there[agent]:
                continue
            middle = np.full(reading.size, float(low) / 2 + float(high) / 2)
            width = np.full(reading.size, 2 * (float(high) - float(low)))
            if quick:
                found = peak_at(function, middle, width)
            else:
                hint, _ = _between(reading.rounded, rounded, rough, low, high)
                found = peak(function, hint, middle, np.zeros(reading.size))
            if not found.found[agent]:
                raise NoRouteError("the best contribution in a box is not bounded")
            value = found.value[agent : agent + 1]
            best = value if best is None else arithmetic.maximum(best, value)
        assert best is not None
        return best


def _between(
    reading: SharingReading, terms: Terms, branch: Branch, low: Fraction, high: Fraction
) -> tuple[Concave, Booleans]:
    """Return own utilities on the part of a branch between two contributions, and who has one."""
    arithmetic, n = reading.arithmetic, reading.size
    function = own_utility(reading, branch, terms.borne, terms.price, None)
    zero = arithmetic.zeros(n)
    start = arithmetic.maximum(function.start, arithmetic.constant(low) + zero)
    ended = np.ones(n, dtype=np.bool_)
    end, _ = earlier(
        arithmetic, (function.end, function.ended), (arithmetic.constant(high) + zero, ended)
    )
    there = ~arithmetic.less(end, start).holds
    return Concave(arithmetic, start, end, ended, function.value, function.slope), there


def as_fraction(number: object) -> Fraction:
    """Return an exact number of flint as a fraction."""
    return Fraction(int(number.p), int(number.q))  # type: ignore[attr-defined]


def halves(box: Box, agent: int, at: Fraction) -> Sequence[Box]:
    """Return both parts of a box cut along one agent's contribution, the lower one first."""
    low, high = box[agent]
    parts = ((low, at), (at, high))
    return [tuple(part if j == agent else side for j, side in enumerate(box)) for part in parts]
