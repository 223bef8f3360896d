"""Best responses to many profiles at once: the best of the maxima of the utility's smooth pieces.

Utilities are not concave. In every piece slopes are compared on a grid; where they stop being
positive between two points, a local maximum lies, which is found to its last digits. These and the
ends of the pieces are all that can be best.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mdsolve.solver.bisection import crossings
from mdsolve.solver.proportional.deviations import Deviations
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]

EPSILON = float(np.finfo(np.float64).eps)

GRID = 33
"""Points per piece at which slopes are compared."""

INSIDE = (1 - np.cos(np.pi * np.arange(1, GRID - 1) / (GRID - 1))) / 2
STEPS = np.array([EPSILON, *INSIDE, 1 - EPSILON])
"""Places of the points in a piece, denser towards its ends, where other slopes may begin."""


def best_answers(payoff: Deviations) -> tuple[Floats, Floats]:
    """Return a best contribution (B,) at each profile, in samples, and the utility there (B,)."""
    low, high = payoff.pieces
    candidates = np.concatenate([_maxima(payoff, low, high), np.zeros_like(payoff.top), high], 1)
    utilities = payoff.value(candidates)
    top = utilities.max(axis=1, keepdims=True)
    # A flat top near a kink is higher than the kink by less than rounding; slopes know better.
    close = utilities >= top - ROUND_OFF * np.abs(top)
    best = np.argmax(close, axis=1)[:, None]
    return np.take_along_axis(candidates, best, axis=1)[:, 0], top[:, 0]


def _maxima(payoff: Deviations, low: Floats, high: Floats) -> Floats:
    """Return local maxima inside pieces from `low` to `high` (B, P), shape (B, most of a row).

    Rows with fewer are filled with zeros.
    """
    rows, pieces = low.shape
    inner = np.maximum(np.nextafter(high, low), low)[..., None]
    points = np.minimum(low[..., None] + (high - low)[..., None] * STEPS, inner)
    points = points.reshape(rows, pieces * GRID)
    rising = payoff.slope(points) > 0
    turns = rising & ~np.roll(rising, -1, axis=1)
    turns[:, GRID - 1 :: GRID] = False  # from one piece to the next slopes may jump
    most = int(turns.sum(axis=1).max(initial=0))
    if most == 0:
        return np.empty((rows, 0))
    places = np.argsort(~turns, axis=1, kind="stable")[:, :most]
    found = np.take_along_axis(turns, places, axis=1)
    left, right = (
        np.where(found, np.take_along_axis(side, places, axis=1), 0.0)
        for side in (points, np.roll(points, -1, axis=1))
    )

    def slopes(each: Floats) -> Floats:
        return payoff.slope(each.reshape(rows, most)).ravel()

    return crossings(slopes, left.ravel(), right.ravel(), 4 * EPSILON).reshape(rows, most)
