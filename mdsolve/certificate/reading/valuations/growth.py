"""`growth`: v_i = scale * (sum_j q_j) ** exponent * q_i, and 0 where no model has any quality.

Of participants with total quality S, beside outsiders of total quality o, the values sum to
scale * (o + S) ** a * S. Its derivative in S has the sign of (1 + a) S + o: it never falls for
a >= -1; without outsiders it always falls for a < -1, and is constant for a = -1.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.valuations.base import Influence, Property, Valuation, summed


def valuation(spec: Any, arithmetic: Arithmetic) -> Valuation:
    """Return the valuation of a specification."""
    return Growth(arithmetic, spec.exponent, spec.scale)


@dataclass(frozen=True)
class Growth(Valuation):
    """A market of size scale * (sum q) ** (1 + exponent), split in proportion to quality."""

    arithmetic: Arithmetic
    exponent: Fraction
    scale: Fraction

    def value(self, agent: int, own: Quantity, others: Sequence[Quantity]) -> Quantity:
        """Return the agent's part of the market."""
        del agent
        return self._part(summed([own, *others]), own)

    def together(self, participants: Collection[int], qualities: Sequence[Quantity]) -> Quantity:
        """Return the participants' part of the market."""
        return self._part(*self.summary(participants, qualities))

    def summary(
        self, participants: Collection[int], qualities: Sequence[Quantity]
    ) -> list[Quantity]:
        """Return the total quality of everybody and of the participants."""
        return [summed(list(qualities)), summed([qualities[j] for j in sorted(participants)])]

    def _part(self, everybody: Quantity, inside: Quantity) -> Quantity:
        arithmetic = self.arithmetic
        nothing = np.asarray(arithmetic.upper(everybody) == 0)
        if nothing.any():
            # Without any model there is no market, whatever 0 ** exponent is.
            everybody = arithmetic.where(nothing, arithmetic.constant(1), everybody)
        if self.exponent == -1:
            part = inside / everybody
        else:
            part = arithmetic.power(everybody, self.exponent) * inside
        return part if self.scale == 1 else part * self._factor

    @cached_property
    def _factor(self) -> Quantity:
        return self.arithmetic.constant(self.scale)

    def influence(self, agent: int, participants: Collection[int], *, outsiders: bool) -> Influence:
        """Return what the derivative of the total tells."""
        del agent, participants
        if self.exponent == 0:
            return Influence(self.scale, "none")
        if self.exponent == -1 and not outsiders:
            return Influence(Fraction(0), "none")
        if self.exponent >= -1:
            return Influence(Fraction(0), "rises")
        return Influence(Fraction(0), "unknown" if outsiders else "falls")

    def interchangeable(self, first: int, second: int) -> bool:
        """Hold: agents differ in their qualities only."""
        del first, second
        return True

    def properties(self, size: int) -> tuple[Property, Property, Property]:
        """Return what the exponent tells."""
        alone = size == 1 and self.exponent >= -1
        competes = not (self.exponent >= 0 or alone)
        shown = self.exponent
        if not competes:
            words = f"a better model never lowers any v_i at growth exponent {shown}"
        elif size > 1:
            words = f"growth exponent {shown} < 0: a better model elsewhere lowers v_i"
        else:
            words = f"growth exponent {shown} < -1: a better model lowers v_i"
        own = self.exponent == 0 or alone
        split = (
            "v_i depends on the agent's own quality only"
            if own
            else f"(sum q)^{shown} q_i does not split into F_i(q_i) + theta_i(q_-i)"
        )
        grows = self.exponent >= -1
        total = f"sum v = (sum q)^(1+a) with a = {shown} {'>=' if grows else '<'} -1"
        return (
            Property("non-competitive", not competes, words),
            Property("quasi-monotone", own, split),
            Property("growing-market", grows, total),
        )
