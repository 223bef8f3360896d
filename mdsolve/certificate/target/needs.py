"""The inequality that decides whether wanted contributions can be agreed on, in any number system.

    sum_i max{ c_i(s_i) + D_i - L_i,
               c_i(s_i) + out_i + margin,
               r phi_i(s) + value_i a_i(0) }  <=  A(s)

D_i is what a free deviation yields, for dominant strategies what stays plus the most that leaving
gains whatever the others do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Booleans, Quantity
from mdsolve.certificate.own import best_responses
from mdsolve.certificate.peaks import Peak
from mdsolve.certificate.reading.accuracy import WeightedAccuracy
from mdsolve.certificate.target.asked import Asked
from mdsolve.certificate.target.sides import best_above, best_below
from mdsolve.tolerance import ROUND_OFF

if TYPE_CHECKING:
    from mdsolve.certificate.sharing_context import SharingContext

ENTRIES = ("deviation", "alone", "share")


@dataclass(frozen=True)
class Needs:
    """The entries of the inequality at the context's contributions."""

    context: SharingContext
    asked: Asked

    @cached_property
    def benefits(self) -> Quantity:
        """value_i a_i(s), in money, shape (n,)."""
        return self.context.reading.benefits(self.context.s)

    @cached_property
    def costs(self) -> Quantity:
        """c_i(s_i), in money, shape (n,)."""
        return self.context.reading.costs.value(self.context.s)

    @cached_property
    def free(self) -> Peak:
        """Free deviations: D_i and where it is reached."""
        return free_deviations(self.context)

    @cached_property
    def out(self) -> Quantity:
        """The best alone, budgets left out, in money, shape (n,)."""
        alone = self.context.alone
        if not alone.found.all():
            raise NoRouteError("what somebody has alone is not known")
        return alone.value - self.context.reading.budget

    @cached_property
    def counted(self) -> Booleans:
        """Who has a Shapley share, shape (n,)."""
        return sharers(self.context)

    def entries(
        self,
        limits: tuple[Quantity, Booleans],
        margin: Fraction | None,
        reciprocity: Fraction,
    ) -> list[tuple[Quantity, Booleans]]:
        """Return what y_i must reach for each reason, (n,) each, and for whom there is one."""
        context, arithmetic = self.context, self.context.arithmetic
        n = context.size
        zero, nobody = arithmetic.zeros(n), np.zeros(n, dtype=np.bool_)
        found: list[tuple[Quantity, Booleans]] = []
        amounts, limited = limits
        if limited.any():
            found.append((self.kept - amounts, limited))
        else:
            found.append((zero, nobody))
        if margin is not None:
            more = arithmetic.constant(margin)
            found.append((self.costs + self.out + more, ~nobody))
        else:
            found.append((zero, nobody))
        if reciprocity > 0:
            part = arithmetic.constant(reciprocity)
            reading = context.reading
            earned = part * context.shares.values + reading.benefits(reading.nothing)
            found.append((earned, self.counted))
        else:
            found.append((zero, nobody))
        return found

    @cached_property
    def kept(self) -> Quantity:
        """c_i + D_i, or what stays and the most that leaving gains, in money, shape (n,)."""
        if self.asked.dominant:
            gains = dominance_gains(self.context)
            return self.benefits + gains
        if not self.free.found.all():
            raise NoRouteError("somebody's best free deviation is not known")
        return self.costs + self.free.value

    def least(self, entries: list[tuple[Quantity, Booleans]]) -> tuple[Quantity, Booleans]:
        """Return the largest entry of everybody, and who has any, (n,) each."""
        arithmetic = self.context.arithmetic
        value, there = entries[0]
        for other, given in entries[1:]:
            both = arithmetic.maximum(value, other)
            value = arithmetic.where(there & given, both, arithmetic.where(given, other, value))
            there = there | given
        return value, there

    def slack(
        self,
        limits: tuple[Quantity, Booleans],
        margin: Fraction | None,
        reciprocity: Fraction,
    ) -> Quantity:
        """Return A(s) less the sum of the largest entries, in money, shape (1,).

        Raises
        ------
        NoRouteError
            If nothing is asked for somebody, so that any sum will do.
        """
        least, there = self.least(self.entries(limits, margin, reciprocity))
        if not there.all():
            raise NoRouteError("nothing is asked for some agents: the inequality always holds")
        return self.context.arithmetic.total(self.benefits - least).reshape(1)

    @property
    def here(self) -> tuple[tuple[Quantity, Booleans], Fraction | None, Fraction]:
        """Limits, margin and reciprocity as the options ask for them."""
        asked = self.asked
        return (asked.limits, asked.limited), asked.margin, asked.reciprocity


def sharers(context: SharingContext) -> Booleans:
    """Return who has a Shapley share: whoever contributes data that somebody uses, shape (n,)."""
    if not np.any(context.given > 0):
        return np.zeros(context.size, dtype=np.bool_)
    shares = context.arithmetic.upper(context.shares.values)
    used = shares > ROUND_OFF * np.abs(shares).max(initial=0.0)
    return np.asarray((context.given > 0) & used)


def free_deviations(context: SharingContext) -> Peak:
    """Return everybody's best contribution without any payments, the others as claimed."""
    reading = context.reading
    arithmetic = context.arithmetic
    return best_responses(
        reading,
        reading.accuracy.branches(context.s),
        reading.rounded.accuracy.branches(context.given),
        borne=arithmetic.constant(1),
        price=arithmetic.constant(0),
        means=None,
        guess=context.given,
        width=context.tolerance * context.scales.samples,
    ).best


def dominance_gains(context: SharingContext) -> Quantity:
    """Return R_i: the most that leaving s_i gains whatever the others do, in money, shape (n,).

    Concave functions of w_i.s fall short most for less than s_i where the others bring all they
    can, and for more than s_i where they bring nothing.

    Raises
    ------
    NoRouteError
        For other accuracies, and without capacities.
    """
    reading, arithmetic = context.reading, context.arithmetic
    if not isinstance(reading.accuracy, WeightedAccuracy) or not reading.accuracy.concave:
        raise NoRouteError("dominance is known for concave functions of an amount of data only")
    if not reading.bounded.all():
        raise NoRouteError("an agent has no capacity, so the others' data are not bounded")
    width = context.tolerance * context.scales.samples
    zero = arithmetic.zeros(context.size)
    worst = zero
    for others, plain, side in (
        (reading.capacity, np.asarray(reading.ends), best_below),
        (reading.nothing, np.zeros(context.size), best_above),
    ):
        branches = (
            reading.accuracy.branches(others),
            reading.rounded.accuracy.branches(plain),
        )
        found = side(reading, branches, zero, (context.s, context.given), width)
        if not found.found.all():
            raise NoRouteError("somebody's best deviation is not known")
        stays = reading.value * branches[0][0].value(context.s) - reading.costs.value(context.s)
        worst = arithmetic.maximum(worst, found.value - stays)
    return worst


def at_wanted(context: SharingContext, s: object) -> SharingContext:
    """Return the context of other contributions, with the same options."""
    claim = replace(context.claim, contributions=np.asarray(s), payments=None, accuracies=None)
    return replace(context, claim=claim)
