"""What tolerances are relative to: the instance's own scale, row by row, never the claim's.

In samples: an agent's capacity, else their best contribution with own data alone, else the amount
that the accuracy family itself knows. In money: the largest benefit or cost at stake for the agent
up to there, or the budget. Multiplying all money or all data by a number multiplies these alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.alone import best_alone
from mdsolve.certificate.reading.sharing import SharingReading

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scales:
    """Scales of a sharing game.

    Parameters
    ----------
    samples, money, accuracy : (n,)
    """

    samples: Floats
    money: Floats
    accuracy: Floats


def scales_of(reading: SharingReading) -> Scales:
    """Return the scales of an instance, from its reading in floats."""
    game = reading.rounded
    samples = np.asarray(game.capacity, dtype=np.float64)
    endless = ~game.bounded
    if endless.any():
        alone = game.derived(best_alone)
        best = np.where(alone.found, game.arithmetic.nearest(alone.low), 0.0)
        best = np.where(np.isfinite(best), best, 0.0)
        samples = np.where(endless, np.maximum(best, game.accuracy.units), samples)
        # Who would do nothing alone and whose family knows no amount has the others' measure.
        samples = np.where(endless & (samples == 0), samples.max(initial=0.0), samples)
    with np.errstate(all="ignore"):
        heights = game.accuracy.heights
        reached = np.abs(np.asarray(game.accuracy.values(samples), dtype=np.float64))
        heights = np.where(np.isfinite(heights), heights, reached)
        heights = np.where(np.isfinite(heights), heights, 0.0)
        costs = np.abs(np.asarray(game.costs.value(samples), dtype=np.float64))
    costs = np.where(np.isfinite(costs), costs, 0.0)
    benefits = np.abs(game.value) * heights
    money = np.maximum(np.maximum(benefits, costs), np.abs(game.budget))
    # Who has no data and no use for the model is measured by the smallest stake of the others.
    least = money[money > 0].min(initial=np.inf)
    money = np.where((money == 0) & np.isfinite(least), least, money)
    return Scales(samples, money, heights)
