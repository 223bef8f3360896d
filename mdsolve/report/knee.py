"""Where a trade-off bends most: the point that people ask for first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mdsolve.tolerance import STRAIGHT

Floats = npt.NDArray[np.float64]


def knee(settings: Floats, values: Floats) -> int | None:
    """Return the point of a curve that lies farthest from the line between its ends.

    Both axes are measured by their ranges, so that units do not matter; None where the curve is
    straight.

    Examples
    --------
    >>> knee(np.array([0.0, 1.0, 2.0, 3.0]), np.array([10.0, 9.9, 9.5, 4.0]))
    2
    """
    if len(values) < 3 or np.ptp(values) == 0 or np.ptp(settings) == 0:
        return None
    x = (settings - settings[0]) / (settings[-1] - settings[0])
    y = (values - values[0]) / np.ptp(values)
    away = np.abs(y - x * y[-1])
    best = int(np.argmax(away))
    return best if away[best] > STRAIGHT else None
