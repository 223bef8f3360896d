"""Quality and valuation of a market in one number system."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.market_sizes import Integers, Sizes
from mdsolve.certificate.reading.qualities import Quality, quality_of
from mdsolve.certificate.reading.valuations import valuation_of
from mdsolve.certificate.reading.valuations.base import Valuation
from mdsolve.instance.market import MarketInstance

FEW = 8
"""How much fewer than all types are asked for where models are not computed for all of them."""


@dataclass(frozen=True)
class Formulas:
    """What data do for models, and models for agents.

    Parameters
    ----------
    sizes : Sizes
        Own types of all agents.
    """

    arithmetic: Arithmetic
    sizes: Sizes
    quality: Quality
    valuation: Valuation
    _own: dict[int, Quantity] = field(default_factory=dict, repr=False)

    def own(self, agent: int, numbers: Any) -> Quantity:
        """Return the quality of an agent's own model, by type numbers."""
        if agent not in self._own:
            counts = self.sizes.counts[agent]
            if isinstance(numbers, np.ndarray) and FEW * numbers.size < len(counts):
                return self.model(counts[numbers])
            self._own[agent] = self.model(counts)
        return self._own[agent][numbers]

    def model(self, counts: Integers) -> Quantity:
        """Return the quality of a model trained on amounts of data, given in units."""
        counts = np.asarray(counts)
        found = self.quality(self.sizes.samples(counts, self.arithmetic))
        none = np.asarray(counts == 0, dtype=np.bool_)
        if none.any():
            # Exactly 0, which a formula that rounds outwards does not see.
            found = self.arithmetic.where(none, self.arithmetic.zeros(()), found)
        return found


def formulas_of(instance: MarketInstance, sizes: Sizes, arithmetic: Arithmetic) -> Formulas:
    """Return an instance's formulas; its values must not be a table."""
    quality = quality_of(instance.quality, arithmetic)
    return Formulas(arithmetic, sizes, quality, valuation_of(instance.valuation, arithmetic))
