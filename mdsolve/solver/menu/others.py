"""How many of the others have which cost: all multisets of types, with their probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError

Floats = npt.NDArray[np.float64]

ENTRY_LIMIT = 2_000_000
"""Most entries of the table of who has which cost."""


@dataclass(frozen=True)
class Others:
    """Possible numbers of others per type.

    Parameters
    ----------
    counts : (atoms, K)
    chances : (atoms,)
    """

    counts: Floats
    chances: Floats


def others_of(others: int, probabilities: Sequence[float] | Floats) -> Others:
    """Return the multinomial distribution of so many others over K types.

    Raises
    ------
    UnsupportedError
        If there are more possibilities than can be enumerated.

    Examples
    --------
    >>> found = others_of(2, [0.5, 0.5])
    >>> found.counts.tolist(), found.chances.tolist()
    ([[0.0, 2.0], [1.0, 1.0], [2.0, 0.0]], [0.25, 0.5, 0.25])
    """
    types = len(probabilities)
    atoms = possibilities(others, types)
    if atoms * types > ENTRY_LIMIT:
        raise UnsupportedError.single(
            "mechanism menu",
            f"{others + 1} agents of {types} kinds of costs, {atoms:,} possible totals of the data",
            f"at most {ENTRY_LIMIT // types:,}",
            "fewer agents or fewer costs; value-shaping-private takes many agents with two",
        )
    counts = np.zeros((1, 0))
    left = np.array([others])
    chances = np.ones(1)
    tail = np.cumsum(np.asarray(probabilities, dtype=np.float64)[::-1])[::-1]
    for k in range(types):
        if k == types - 1:
            counts = np.column_stack([counts, left])
            break
        chance = min(float(probabilities[k] / tail[k]), 1.0)
        tables = [_binomial(int(rest), chance) for rest in range(others + 1)]
        rows = np.repeat(np.arange(len(left)), left + 1)
        taken = np.concatenate([np.arange(rest + 1) for rest in left])
        chances = chances[rows] * np.concatenate([tables[rest] for rest in left])
        counts = np.column_stack([counts[rows], taken])
        left = left[rows] - taken
    return Others(counts.astype(np.float64), chances)


def possibilities(others: int, types: int) -> int:
    """Return the number of multisets."""
    return comb(others + types - 1, types - 1)


def _binomial(size: int, chance: float) -> Floats:
    """Return the probabilities of 0 .. size successes."""
    found = np.ones(1)
    for _ in range(size):
        found = np.convolve(found, [1 - chance, chance])
    return found
