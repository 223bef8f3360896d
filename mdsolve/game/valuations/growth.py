"""`growth`: v_i = scale * (sum_j q_j) ** exponent * q_i."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from mdsolve.game.arithmetic import Arithmetic, Array
from mdsolve.game.qualities.base import power_or_zero
from mdsolve.game.valuations.base import Property, Valuation, total
from mdsolve.instance.valuations.growth import GrowthValuationSpec


def valuation(spec: GrowthValuationSpec) -> GrowthValuation:
    """Return the valuation of a specification."""
    return GrowthValuation(spec.exponent, spec.scale)


@dataclass(frozen=True)
class GrowthValuation:
    """v_i(q) = scale * (sum_j q_j) ** exponent * q_i, and 0 where no model has any quality.

    The exponent is the market growth rate of [C20] section 7.2. `share` is the case -1: a market
    of fixed size `scale`, split in proportion to quality ([C20] Example 1).
    """

    exponent: Fraction
    scale: Fraction = Fraction(1)
    family: str = "growth"

    @property
    def rational(self) -> bool:
        """Tell whether the exponent is an integer."""
        return self.exponent.denominator == 1

    @property
    def terms(self) -> tuple[Valuation, ...]:
        """Return the valuation itself."""
        return (self,)

    @property
    def rising(self) -> bool:
        """Hold for exponent >= -1.

        With everybody inside the total is (sum q)^(1+a); with an outsider of quality o it is
        (o + S)^a S in the participants' total quality S.
        """
        return self.exponent >= -1

    def weight(self, participants: Sequence[int], agent: int) -> None:
        """Return nothing: a share of a total is not linear."""
        del participants, agent

    def value(self, agent: int, qualities: Sequence[Array], arithmetic: Arithmetic) -> Array:
        """Return the agent's part of the market."""
        share = power_or_zero(total(qualities), self.exponent, arithmetic) * qualities[agent]
        return share if self.scale == 1 else share * arithmetic.number(self.scale)

    def non_competitive(self, agents: int) -> Property:
        """Hold for exponent >= 0 (or a single agent of a growing market)."""
        holds = self.exponent >= 0 or (agents == 1 and self.exponent >= -1)
        reason = (
            f"a better model never lowers any v_i at growth exponent {self.exponent}"
            if holds
            else f"growth exponent {self.exponent} < 0: a better model elsewhere lowers v_i"
            if agents > 1
            else f"growth exponent {self.exponent} < -1: a better model lowers v_i"
        )
        return Property("non-competitive", holds, reason)

    def quasi_monotone(self, agents: int) -> Property:
        """Hold only for exponent 0 (or a single agent of a growing market)."""
        holds = self.exponent == 0 or (agents == 1 and self.exponent >= -1)
        reason = (
            "v_i depends on the agent's own quality only"
            if holds
            else f"(sum q)^{self.exponent} q_i does not split into F_i(q_i) + theta_i(q_-i)"
        )
        return Property("quasi-monotone", holds, reason)

    def growing(self, agents: int) -> Property:  # noqa: ARG002
        """Hold for exponent >= -1, since sum_i v_i = scale * (sum q) ** (1 + exponent)."""
        holds = self.exponent >= -1
        sign = ">=" if holds else "<"
        return Property(
            "growing-market", holds, f"sum v = (sum q)^(1+a) with a = {self.exponent} {sign} -1"
        )
