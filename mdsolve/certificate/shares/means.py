"""Whether budgets hold agents back under Shapley payments, where means need not be an interval.

The money left to agent i at an own contribution x, the others as claimed, is

    m_i(x) = B_i - c_i(x) + theta (phi_i(x) - value_i (a_i(x) - a_i(0))).

With concave shares and accuracies m' = u' - value a' is at most u'(l+) - value a'(r-) on [l, r], u
being theta phi + (1 - theta) value a - c. Where m(l) plus the rise that this allows is negative,
nothing in [l, r] can be paid for. From the first point on where u' is not positive m only falls, so
finitely many intervals decide.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.reading.accuracy import Branch
from mdsolve.certificate.shares.stakes import ShareStakes

Booleans = npt.NDArray[np.bool_]

INTERVALS = 1000
"""Most intervals per agent; where they do not suffice nothing is known."""


def held_by_means(
    stakes: ShareStakes, start: Quantity, asked: Booleans
) -> tuple[Booleans, Booleans]:
    """Tell who can pay for nothing from `start` on, and who certainly can for something better.

    Parameters
    ----------
    start : (n,)
        Samples.
    asked : (n,) of bool
        Agents to look at, all with a budget; the results are False for the others.

    Returns
    -------
    held, free : (n,) of bool each
    """
    nobody = np.zeros(len(asked), dtype=np.bool_)
    branches = stakes.reading.accuracy.branches(stakes.shares.s)
    if not asked.any() or len(branches) != 1:
        return nobody, nobody
    return _march(stakes, branches[0], start, asked)


def money_left(stakes: ShareStakes, x: Quantity) -> Quantity:
    """Return m at everybody's own contribution, for accuracies of one branch, shape (n,)."""
    reading = stakes.reading
    (branch,) = reading.accuracy.branches(stakes.shares.s)
    shares = stakes.shares.at(stakes.shares.everybody, x)
    gained = reading.value * branch.value(x) - reading.benefits(reading.nothing)
    paid = shares - gained if stakes.part is None else stakes.part * (shares - gained)
    return reading.budget - reading.costs.value(x) + paid


def _march(
    stakes: ShareStakes, branch: Branch, start: Quantity, asked: Booleans
) -> tuple[Booleans, Booleans]:
    reading, everybody = stakes.reading, stakes.shares.everybody
    arithmetic = reading.arithmetic
    zero = arithmetic.zeros(reading.size)
    held, free = np.zeros(len(asked), dtype=np.bool_), np.zeros(len(asked), dtype=np.bool_)
    active = asked.copy()
    here = stakes.value(everybody, stakes.shares.s)
    left = start
    width = np.maximum(arithmetic.upper(start), np.spacing(1.0))
    for _ in range(INTERVALS):
        slope, left_over = stakes.slope(everybody, left, "right"), money_left(stakes, left)
        at_end = reading.bounded & arithmetic.at_most(reading.capacity, left).holds
        short = arithmetic.less(left_over, zero).holds
        falls = arithmetic.at_most(slope, zero).holds
        enough = arithmetic.at_most(zero, left_over).holds
        better = arithmetic.less(here, stakes.value(everybody, left)).holds
        free |= active & enough & better & ~falls & ~at_end
        held |= active & ((short & falls) | at_end)
        active &= short & ~held
        if not active.any():
            break
        ahead = arithmetic.stored(arithmetic.upper(left) + width)
        right = arithmetic.where(
            reading.bounded, arithmetic.minimum(ahead, reading.capacity), ahead
        )
        fall = reading.value * branch.slope(right, "left")
        rise = arithmetic.maximum(slope - fall, zero) * (right - left)
        nothing = arithmetic.less(left_over + rise, zero).holds
        left = arithmetic.where(active & nothing, right, left)
        width = np.where(nothing, 2 * width, 0.5 * width)
    return held, free
