"""`saturation`: Q(t) = (1 - exp(-t)) / (1 + exp(-t))."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdsolve.game.arithmetic import Arithmetic, Array
from mdsolve.instance.qualities.saturation import SaturationQualitySpec


def quality(spec: SaturationQualitySpec) -> SaturationQuality:
    """Return the quality of a specification."""
    del spec
    return SaturationQuality()


@dataclass(frozen=True)
class SaturationQuality:
    """Q(t) = (1 - exp(-t)) / (1 + exp(-t)), as in [C20] section 7.1."""

    family: str = "saturation"
    rational: bool = False

    def at(self, sizes: Array, arithmetic: Arithmetic) -> Array:
        """Return the saturating quality, in [0, 1)."""
        decay = arithmetic.exponential(-sizes)
        return np.asarray((1 - decay) / (1 + decay))
