"""What would be measured at more data: extrapolated accuracies with bands that cover.

The error of an extrapolation comes from noise in the measurements, from curves that agree with them
as well and go on differently, and from curves that bend as no power does. The scale

    S = (log(m / m_K) / log 4)^GROWTH sqrt((NOISE s)^2 + (CURVES d)^2 + (RISE g)^2 + LEAST^2)

adds up the weighted residual s, the deviation d between curves of the grid that agree with the
measurements, and the rise g from the largest amount m_K to m. The band is value - BELOW S to
value + ABOVE S, within [0, 1]. Its constants are such that 90 % of half of 2,037 real curves lie
inside when fitted up to a quarter of their largest amount; the other half tells how honest that is
(see the page on real curves).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mdsolve.errors import UnsupportedError
from mdsolve.solver.fit.accuracy_fit import Fit, Measurements
from mdsolve.solver.fit.alternatives import predicted
from mdsolve.solver.fit.learning_curve import importance_of, posterior

LEVEL = 0.9
NOISE, CURVES, RISE, LEAST = 0.8, 0.225, 0.17, 0.0032
GROWTH = 0.3
BELOW, ABOVE = 4.1, 5.2
CALIBRATED_AT = 4.0
"""The ratio of amounts at which the bands were calibrated."""


@dataclass(frozen=True)
class PredictedAccuracy:
    """An accuracy that would be measured, with its 90 % prediction band.

    Parameters
    ----------
    row : str
        Whose accuracy.
    samples : float
        All data that goes into the model.
    accuracy, low, high : float
    """

    row: str
    samples: float
    accuracy: float
    low: float
    high: float


def predicted_accuracy(fit: Fit, data: Measurements, row: int, samples: float) -> PredictedAccuracy:
    """Return the accuracy of a row at an amount of data, with a 90 % prediction band.

    Raises
    ------
    UnsupportedError
        The fit is none of totals of data.
    """
    if not data.of_totals:
        raise UnsupportedError.single(
            "predictions", "data of each agent apart", "totals of data", "leave them out"
        )
    own = np.flatnonzero(data.row == row)
    largest = float(data.amounts[own, 0].max())
    where = Measurements(
        data.rows,
        data.columns,
        np.array([row, row]),
        np.array([[samples], [largest]]),
        np.zeros(2),
    )
    value, at_largest = predicted(fit, where)
    importance = importance_of(data, fit.growth)[own]
    residuals = data.accuracies[own] - fit.fitted[own]
    noise = math.sqrt(float(importance @ residuals**2 / importance.sum()))
    _, deviation = posterior(data, row, fit.growth).moments(samples)
    ratio = max(samples / largest, math.sqrt(2))
    scale = (math.log(ratio) / math.log(CALIBRATED_AT)) ** GROWTH * math.hypot(
        NOISE * noise, CURVES * deviation, RISE * float(value - at_largest), LEAST
    )
    return PredictedAccuracy(
        data.rows[row],
        samples,
        float(value),
        max(0.0, float(value) - BELOW * scale),
        min(1.0, float(value) + ABOVE * scale),
    )
