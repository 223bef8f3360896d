"""Bisection of statements that hold on one side of a number and fail on the other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

HALVINGS = 200
"""Of whole arrays: roots are known to the last bit, unless they are 0 to 60 digits."""


def boundary(
    holds: Callable[[float], bool], inside: float, outside: float, width: float = 0.0
) -> tuple[float, float]:
    """Return the last number at which a statement holds, and the first at which it does not.

    Parameters
    ----------
    inside, outside : float
        The statement holds at the one and fails at the other, whichever is larger.
    width : float
        Relative distance at which to stop; 0: neighbouring doubles.

    Examples
    --------
    >>> boundary(lambda x: x * x <= 9, 0.0, 10.0)
    (3.0, 3.0000000000000004)
    """
    while True:
        middle = 0.5 * (inside + outside)
        if middle in (inside, outside) or abs(outside - inside) <= width * abs(inside):
            return inside, outside
        if holds(middle):
            inside = middle
        else:
            outside = middle


def last_true(
    holds: Callable[[float], bool], inside: float, outside: float, width: float = 0.0
) -> float:
    """Return the last number, from `inside` towards `outside`, at which a statement holds."""
    return boundary(holds, inside, outside, width)[0]


def boundaries(
    holds: Callable[[Floats], npt.NDArray[np.bool_]], inside: Floats, outside: Floats
) -> tuple[Floats, Floats]:
    """Return the ends of `boundary` for k statements at once, shapes (k,)."""
    for _ in range(HALVINGS):
        middle = 0.5 * (inside + outside)
        if np.all((middle == inside) | (middle == outside)):
            break
        held = holds(middle)
        inside, outside = np.where(held, middle, inside), np.where(held, outside, middle)
    return inside, outside
