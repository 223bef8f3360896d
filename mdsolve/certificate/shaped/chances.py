"""How much the others may bring where each has low or high costs by chance: enclosed distributions.

Of N agents alike the number with low costs is binomial. Its weights are products of ratios

    P(k + 1) / P(k) = (N - k)/(k + 1) p/(1 - p)

from the most likely number outwards, divided by their sum: no logarithm is taken and nothing
overflows. The ratios fall, so that what lies beyond an edge is at most the edge times r/(1 - r),
r the ratio there; where that is negligible it is left out and kept as an amount of probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Arithmetic, Quantity

ATOM_LIMIT = 500_000
"""Most possible totals that are gone through for one agent."""

FAR = 12.0
"""How many standard deviations from the most likely number are kept: 1e-30 is left out."""

ALL_KEPT = 64
"""Numbers of agents up to which nothing is left out."""


@dataclass(frozen=True)
class Chances:
    """A distribution over amounts.

    Parameters
    ----------
    amounts, chances : (k,)
        Samples, probabilities.
    missing : quantity of shape (1,)
        Between 0 and an upper bound on the probability of amounts that are left out.
    """

    amounts: Quantity
    chances: Quantity
    missing: Quantity


def products(arithmetic: Arithmetic, factors: Quantity) -> Quantity:
    """Return the products of the first 1, 2, ... factors, shape (k,), in log k steps."""
    found, shift, size = factors, 1, factors.shape[0]
    while shift < size:
        found = arithmetic.concatenate([found[:shift], found[shift:] * found[:-shift]])
        shift *= 2
    return found


def binomial(
    arithmetic: Arithmetic, size: int, p: Quantity
) -> tuple[np.ndarray, Quantity, Quantity]:
    """Return numbers of successes in `size` trials, their probabilities, and what is left out.

    Parameters
    ----------
    p : quantity of shape (1,)
        Chance of success, strictly between 0 and 1.

    Returns
    -------
    (k,) of int, (k,), (1,)
    """
    one = 1 + arithmetic.zeros(1)
    if size == 0:
        return np.zeros(1, dtype=np.intp), one, arithmetic.zeros(1)
    chance = float(np.asarray(arithmetic.nearest(p)).reshape(-1)[0])
    top = min(int((size + 1) * chance), size)
    reach = FAR * float(np.sqrt(size * chance * (1 - chance))) + ALL_KEPT
    first, last = max(0, int(top - reach)), min(size, int(top + reach))
    odds = p / (1 - p)
    up = np.arange(top, last)
    down = np.arange(top, first, -1)
    rise = arithmetic.stored(size - up.astype(np.float64)) / arithmetic.stored(up + 1.0) * odds
    fall = arithmetic.stored(down.astype(np.float64)) / arithmetic.stored(size - down + 1.0) / odds
    above, below = products(arithmetic, rise), products(arithmetic, fall)
    counts = np.arange(first, last + 1)
    weights = arithmetic.concatenate([below[::-1], one, above])
    whole = arithmetic.zeros(1) + arithmetic.total(weights)
    missing = arithmetic.zeros(1)
    for edge, weight, ratio in (
        (last < size, weights[-1:], _ratio(arithmetic, size - last, last + 1) * odds),
        (first > 0, weights[:1], _ratio(arithmetic, first, size - first + 1) / odds),
    ):
        if edge:
            missing = missing + weight * ratio / (1 - ratio)
    whole = whole + arithmetic.between(arithmetic.zeros(1), missing)
    left_out = arithmetic.between(arithmetic.zeros(1), missing / whole)
    return counts, weights / whole, left_out


def _ratio(arithmetic: Arithmetic, top: int, bottom: int) -> Quantity:
    return arithmetic.stored(np.array([float(top)])) / arithmetic.stored(np.array([float(bottom)]))


def totals(
    arithmetic: Arithmetic,
    others: Sequence[int],
    p: Quantity,
    low: Quantity,
    high: Quantity,
) -> Chances:
    """Return what agents of several kinds bring together.

    Parameters
    ----------
    others : sequence of int, length K
        How many of each kind.
    p, low, high : (K,)
        Chance of low costs, and contributions with low and with high costs, in samples.

    Raises
    ------
    NoRouteError
        If there are too many different totals.
    """
    amounts, chances = arithmetic.zeros(1), 1 + arithmetic.zeros(1)
    missing = arithmetic.zeros(1)
    for kind, size in enumerate(others):
        here = slice(kind, kind + 1)
        counts, weights, left_out = binomial(arithmetic, size, p[here])
        if amounts.shape[0] * len(counts) > ATOM_LIMIT:
            message = f"the others' data may have more than {ATOM_LIMIT:,} different totals"
            raise NoRouteError(message)
        few = arithmetic.stored(counts.astype(np.float64))
        many = arithmetic.stored((size - counts).astype(np.float64))
        brought = few * low[here] + many * high[here]
        amounts = (amounts.reshape(-1, 1) + brought.reshape(1, -1)).reshape(-1)
        chances = (chances.reshape(-1, 1) * weights.reshape(1, -1)).reshape(-1)
        missing = missing + left_out
    return Chances(amounts, chances, missing)
