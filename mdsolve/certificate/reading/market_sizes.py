"""Types of a market as whole numbers of one unit, so that totals compare exactly.

The unit is the largest amount of data of which every type of every agent is a multiple. Who owns
more data than a pool holds is then a comparison of integers, whatever the number system.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.unread import UnreadError
from mdsolve.instance.grid import TypeGrid

Integers = npt.NDArray[Any]
"""Machine integers where they suffice, Python's in object arrays elsewhere."""

Profiles = Sequence[Any]
"""Type numbers: one index array per agent; the arrays broadcast against each other."""

MACHINE_LIMIT = 2**62
COUNT_LIMIT = 10**8
"""Most types per agent: they are listed."""

DOUBLE_LIMIT = 2**53


@dataclass(frozen=True)
class Sizes:
    """Own types of all agents.

    Parameters
    ----------
    unit : Fraction
        Samples.
    counts : sequence of (m_i,)
        Types of each agent in units, rising.
    """

    unit: Fraction
    counts: Sequence[Integers]

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of types per agent."""
        return tuple(len(own) for own in self.counts)

    def own(self, agent: int, numbers: Any) -> Integers:
        """Return types by their numbers, in units."""
        return np.asarray(self.counts[agent][numbers])

    def total(self, agents: Sequence[int], profiles: Profiles) -> Integers:
        """Return the data of some agents together at each profile, in units."""
        found = self.own(agents[0], profiles[agents[0]])
        for agent in agents[1:]:
            found = np.asarray(found + self.own(agent, profiles[agent]))
        return found

    def samples(self, counts: Integers, arithmetic: Arithmetic) -> Quantity:
        """Return amounts in units as amounts in samples."""
        counts = np.asarray(counts)
        if counts.size and max(-int(counts.min()), int(counts.max())) >= DOUBLE_LIMIT:
            flat = [Fraction(int(count)) * self.unit for count in counts.ravel()]
            return arithmetic.written(flat).reshape(counts.shape)
        found = arithmetic.written(counts.astype(np.float64))
        return found if self.unit == 1 else found * arithmetic.constant(self.unit)


def sizes_of(grids: Sequence[TypeGrid]) -> Sizes:
    """Return the types of grids.

    Raises
    ------
    UnreadError
        If there are too many to list.

    Examples
    --------
    >>> grid = TypeGrid.arithmetic(Fraction(1, 2), Fraction(2), Fraction(1, 2))
    >>> found = sizes_of([grid])
    >>> found.unit, found.counts[0].tolist()
    (Fraction(1, 2), [1, 2, 3, 4])
    """
    most = max(grid.count for grid in grids)
    if most > COUNT_LIMIT:
        message = f"a grid of {most:,} types; at most {COUNT_LIMIT:,}"
        raise UnreadError(message)
    parts = [value for grid in grids for value in _steps(grid)]
    bottom = math.lcm(*(value.denominator for value in parts))
    top = math.gcd(*(int(value * bottom) for value in parts)) or 1
    unit = Fraction(top, bottom)
    small = sum(grid.last / unit for grid in grids) < MACHINE_LIMIT
    return Sizes(unit, [_counts(grid, unit, small=small) for grid in grids])


def _steps(grid: TypeGrid) -> Sequence[Fraction]:
    """Return numbers of which every type is a sum of multiples."""
    if grid.listed is not None:
        return grid.listed
    assert grid.step is not None
    return [grid.first] if grid.count == 1 else [grid.first, grid.step]


def _counts(grid: TypeGrid, unit: Fraction, *, small: bool) -> Integers:
    kind = np.int64 if small else object
    if grid.listed is not None:
        return np.array([int(value / unit) for value in grid.listed], dtype=kind)
    assert grid.step is not None
    step = int(grid.step / unit) if grid.count > 1 else 0
    return int(grid.first / unit) + step * np.arange(grid.count).astype(kind)
