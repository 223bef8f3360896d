"""What a market is worth to each agent: v_i as a function of everybody's model quality.

Qualities are q = (q_1, ..., q_n), the models the agents actually use; values are in money. Every
family states what is known about it: whether it is rational, non-competitive
([C20] Definition 11), quasi-monotone (Definition 9) and whether the market grows (Assumption 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np

from mdsolve.game.arithmetic import Arithmetic, Array


@dataclass(frozen=True)
class Property:
    """A property of a valuation: `holds` is None where neither it nor its negation is known."""

    name: str
    holds: bool | None
    reason: str


class Valuation(Protocol):
    """Values of all agents at given model qualities."""

    @property
    def family(self) -> str:
        """Name of the family in instance files."""

    @property
    def rational(self) -> bool:
        """Tell whether rational qualities always have rational values."""

    @property
    def terms(self) -> tuple[Valuation, ...]:
        """What is added up; the valuation itself where nothing is."""

    def value(self, agent: int, qualities: Sequence[Array], arithmetic: Arithmetic) -> Array:
        """Return v_agent at broadcast arrays of the n agents' qualities."""

    @property
    def rising(self) -> bool:
        """Whether the total of any participants is known never to fall with their qualities."""

    def weight(self, participants: Sequence[int], agent: int) -> Fraction | None:
        """Return by how much a participant's quality counts in the participants' total.

        None where the total is not known to be linear in it.
        """

    def non_competitive(self, agents: int) -> Property:
        """Tell whether dv_i/dq_j >= 0 for all i, j."""

    def quasi_monotone(self, agents: int) -> Property:
        """Tell whether v_i = F_i(q_i) + theta_i(q_-i) with F_i increasing for every i."""

    def growing(self, agents: int) -> Property:
        """Tell whether the total sum_i v_i never falls when some quality rises."""


def total(arrays: Sequence[Array]) -> Array:
    """Return the sum of broadcast arrays, from the smallest shape up to keep the work low."""
    ordered = sorted(arrays, key=np.size)
    result = ordered[0]
    for array in ordered[1:]:
        result = result + array
    return result
