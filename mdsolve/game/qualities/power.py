"""`power`: Q(t) = t ** exponent."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from mdsolve.game.arithmetic import Arithmetic, Array
from mdsolve.game.qualities.base import power_or_zero
from mdsolve.instance.qualities.power import PowerQualitySpec


def quality(spec: PowerQualitySpec) -> PowerQuality:
    """Return the quality of a specification."""
    return PowerQuality(spec.exponent)


@dataclass(frozen=True)
class PowerQuality:
    """Q(t) = t ** exponent with exponent > 0."""

    exponent: Fraction
    family: str = "power"

    @property
    def rational(self) -> bool:
        """Tell whether the exponent is an integer."""
        return self.exponent.denominator == 1

    def at(self, sizes: Array, arithmetic: Arithmetic) -> Array:
        """Return the power of the sizes; Q(0) = 0."""
        return power_or_zero(sizes, self.exponent, arithmetic)
