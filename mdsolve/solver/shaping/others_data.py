"""How much data the others bring when each is of a low-cost or a high-cost type.

Agents alike form a class. Of the members of a class other than the agent, the number with
low costs is binomial; the total over classes is the sum of independent such numbers. Its atoms are
enumerated, so expectations are exact up to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError

Floats = npt.NDArray[np.float64]

ATOM_LIMIT = 200_000
"""Most possible totals of the others' data that are enumerated."""

NEGLIGIBLE = float(np.finfo(np.float64).eps)
"""Probability that may be left out altogether, far below any accuracy asked for."""


@dataclass(frozen=True)
class OthersData:
    """A distribution of the others' total contribution.

    Parameters
    ----------
    amounts : (k,)
        Possible totals in samples.
    probabilities : (k,)
        They sum to one.
    """

    amounts: Floats
    probabilities: Floats

    @classmethod
    def certain(cls, amount: float) -> OthersData:
        """Return the distribution of a known total."""
        return cls(np.array([amount]), np.ones(1))

    @property
    def mean(self) -> float:
        """Expected total, in samples."""
        return float(self.amounts @ self.probabilities)


def others_data(
    members: Sequence[int], probability_low: Floats, low: Floats, high: Floats, own: int
) -> OthersData:
    """Return what all agents but one member of class `own` contribute together.

    Parameters
    ----------
    members : sequence of int
        Agents per class, length K.
    probability_low, low, high : (K,)
        Chance of low costs, contribution of a low-cost and of a high-cost member.

    Raises
    ------
    UnsupportedError
        If there are more possible totals than can be enumerated.

    Examples
    --------
    >>> found = others_data([3], np.array([0.5]), np.array([4.0]), np.array([1.0]), own=0)
    >>> found.amounts.tolist(), found.probabilities.round(9).tolist()
    ([2.0, 5.0, 8.0], [0.25, 0.5, 0.25])
    """
    from scipy.stats import binom  # takes half a second to import

    amounts, probabilities = np.zeros(1), np.ones(1)
    for k, size in enumerate(members):
        others = size - (k == own)
        counts = np.arange(others + 1)
        chances = binom.pmf(counts, others, probability_low[k])
        likely = chances > NEGLIGIBLE / (len(members) * (others + 1))
        counts, chances = counts[likely], chances[likely]
        if len(amounts) * len(counts) > ATOM_LIMIT:
            raise UnsupportedError.single(
                "mechanism value-shaping-private: option beliefs",
                f"bayes with {len(members)} different kinds of agents, "
                f"more than {ATOM_LIMIT:,} possible totals of their data",
                "fewer different kinds of agents",
                "use agents alike (count:), or beliefs: mean-field",
            )
        brought = counts * low[k] + (others - counts) * high[k]
        amounts = (amounts[:, None] + brought).ravel()
        probabilities = (probabilities[:, None] * chances).ravel()
    return OthersData(amounts, probabilities / probabilities.sum())
