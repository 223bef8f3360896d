"""Tables of a growth market on the integers: powers, and the columns that are built from them.

Long columns are bound by memory, so each table is written in one pass without temporaries.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mdsolve.kernel import kernel
from mdsolve.tolerance import ROUND_OFF

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def integer_powers(count: int, exponent: float, known: Floats | None = None) -> Floats:
    """Return i ** exponent for i < count, with 0 at i = 0; `known` is a beginning of the answer.

    Powers are multiplicative, so only numbers prime to 30 need a call of the power function; each
    factor 2, 3 or 5 adds one rounding (at most log2 of `count`).

    Examples
    --------
    >>> integer_powers(5, -1.0).tolist()
    [0.0, 1.0, 0.5, 0.3333333333333333, 0.25]
    """
    powers = np.empty(count)
    have = 0 if known is None else min(len(known), count)
    if known is not None:
        powers[:have] = known[:have]
    _fill_powers(powers, have, exponent)
    return powers


@kernel()
def _fill_powers(powers: Floats, have: int, exponent: float) -> None:
    two, three, five = 2.0**exponent, 3.0**exponent, 5.0**exponent
    for i in range(have, powers.shape[0]):
        if i == 0:
            powers[0] = 0.0
        elif i % 2 == 0:
            powers[i] = two * powers[i // 2]
        elif i % 3 == 0:
            powers[i] = three * powers[i // 3]
        elif i % 5 == 0:
            powers[i] = five * powers[i // 5]
        else:
            powers[i] = float(i) ** exponent


@kernel()
def fill_column(
    low: int,
    tau: int,
    early: int,
    agents: int,
    weight: int,
    exponent: float,
    powers: Floats,
    utility: Floats,
    gains: Floats,
    truths: Floats,
) -> None:
    """Write O(s), W at the least total s + tau - early, and n W(s + tau), for s = low + row."""
    lie_scale = agents**exponent
    truth_scale = agents ** (1 + exponent)
    for k in range(utility.shape[0]):
        s = low + k
        utility[k] = s * powers[s + weight * tau]
        gains[k] = lie_scale * (s + tau - early) * powers[s + tau - early]
        truths[k] = truth_scale * (s + tau) * powers[s + tau]


@kernel()
def charge_outsiders(
    types: Integers, places: Integers, step: int, powers: Floats, revenue: Floats
) -> None:
    """Take t * powers[place + step * row] off the revenue of every row, for each type t."""
    for t, place in zip(types, places):  # noqa: B905 - compiled code has no strict zip
        for k in range(revenue.shape[0]):
            revenue[k] -= t * powers[place + step * k]


@kernel()
def _next_near_zero(
    revenue: Floats, utility: Floats, agents: int, relative: float, start: int
) -> int:
    for row in range(start, revenue.shape[0]):
        if revenue[row] < relative * max(1.0, agents * abs(utility[row])):
            return row
    return -1


def next_near_zero(revenue: Floats, utility: Floats, agents: int, start: int) -> int:
    """Return the first row from `start` with revenue below its rounding, or -1."""
    return int(_next_near_zero(revenue, utility, agents, ROUND_OFF, start))
