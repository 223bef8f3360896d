"""Bisection of statements that hold on one side of a number and fail on the other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

Indices = npt.NDArray[np.intp]

HALVINGS = 200
"""Of whole arrays: roots are known to the last bit, unless they are 0 to 60 digits."""

MANY = 128
"""Numbers for which a statement is asked at once, divided among the intervals to cut."""


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


def last_true_each(
    holds: Callable[[Floats, Indices], npt.NDArray[np.bool_]],
    inside: Floats,
    outside: Floats,
    width: float = 0.0,
    many: int = MANY,
) -> Floats:
    """Return `last_true` for k statements, with few calls for many numbers each.

    Parameters
    ----------
    holds : callable
        Takes numbers (m,) and which statement each is for (m,), tells whether they hold.
    inside, outside : (k,)
        Each statement holds at the one and fails at the other.
    width : float
        Relative distance at which to stop; 0: neighbouring doubles.
    many : int
        Numbers to ask for at once, about: fewer where each of them takes long.

    Examples
    --------
    >>> square, most = np.array([9.0, 16.0]), np.full(2, 10.0)
    >>> last_true_each(lambda x, which: x * x <= square[which], np.zeros(2), most).tolist()
    [3.0, 4.0]
    """
    inside, outside = inside.copy(), outside.copy()
    parts = max(8, min(many // max(1, len(inside)), 64))
    steps = np.arange(1, parts) / parts
    every = np.arange(len(inside))
    while True:
        points = inside[:, None] + (outside - inside)[:, None] * steps
        between = (points != inside[:, None]) & (points != outside[:, None])
        far = np.abs(outside - inside) > width * np.abs(inside)
        which = np.flatnonzero(far & between.any(axis=1))
        if not len(which):
            return inside
        held = holds(points[which].ravel(), np.repeat(every[which], parts - 1))
        held = held.reshape(-1, parts - 1)
        first = np.where(held.all(axis=1), parts - 1, np.argmin(held, axis=1))
        ends = np.concatenate([inside[which, None], points[which], outside[which, None]], axis=1)
        row = np.arange(len(which))
        inside[which], outside[which] = ends[row, first], ends[row, first + 1]


def crossings(
    function: Callable[[Floats], Floats], low: Floats, high: Floats, width: float
) -> Floats:
    """Return the last places (k,) at which k functions are positive.

    Chandrupatla's method: inverse quadratic interpolation where it can be trusted, else halving.

    Parameters
    ----------
    function : callable
        Values of all functions at a place for each, (k,) to (k,).
    low, high : (k,)
        Functions are positive at the one and not at the other.
    width : float
        Relative distance to the next place, where they are not positive; at least 4e-16.

    Examples
    --------
    >>> crossings(lambda x: 2 - x * x, np.zeros(1), np.full(1, 2.0), 1e-15).round(12).tolist()
    [1.414213562373]
    """
    # Of a bracket's ends, `new` was found last; `old` is what it replaced.
    new, other = high, low
    at_new, at_other = function(high), function(low)
    old, at_old = other, at_other
    part = np.full(len(low), 0.5)
    with np.errstate(all="ignore"):  # slopes may be infinite; then intervals are halved
        for _ in range(HALVINGS):
            place = new + part * (other - new)
            found = function(place)
            same = (found > 0) == (at_new > 0)
            old, at_old = np.where(same, new, other), np.where(same, at_new, at_other)
            other, at_other = np.where(same, other, new), np.where(same, at_other, at_new)
            new, at_new = place, found
            least = width * np.maximum(np.abs(new), np.abs(other)) / np.abs(other - new)
            if np.all((least >= 1) | (at_new == 0) | (other == new)):
                break
            where, height = (new - other) / (old - other), (at_new - at_other) / (at_old - at_other)
            part = at_new / (at_other - at_new) * at_old / (at_other - at_old) + (old - new) / (
                other - new
            ) * at_new / (at_old - at_new) * at_other / (at_old - at_other)
            trusted = (height**2 < where) & ((1 - height) ** 2 < 1 - where) & np.isfinite(part)
            least = np.minimum(0.5 * least, 0.5)
            part = np.where(trusted, np.clip(part, least, 1 - least), 0.5)
    return np.where((at_new > 0) | (at_new == 0), new, other)
