"""An agent's possible types: an arithmetic grid kept as three numbers, or a list."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class TypeGrid:
    """Strictly increasing non-negative types, in samples.

    An arithmetic grid stores its first type, step and count only, so that a grid of a million
    types costs nothing until its values are asked for.

    Parameters
    ----------
    count : int
        Number of types.
    first, step : Fraction
        Of an arithmetic grid; ignored where `listed` is given.
    listed : tuple of Fraction or None
        The types themselves where they are not arithmetic.

    Examples
    --------
    >>> grid = TypeGrid.arithmetic(Fraction(1), Fraction(3), Fraction(1, 2))
    >>> grid.count, grid.exact(1), grid.index(Fraction(5, 2))
    (5, Fraction(3, 2), 3)
    """

    count: int
    first: Fraction
    step: Fraction | None
    listed: tuple[Fraction, ...] | None = None

    @classmethod
    def arithmetic(cls, start: Fraction, stop: Fraction, step: Fraction) -> TypeGrid:
        """Return the types start, start + step, ... up to and including stop where it is hit."""
        return cls(int((stop - start) / step) + 1, start, step)

    @classmethod
    def of(cls, types: tuple[Fraction, ...]) -> TypeGrid:
        """Return the grid of listed types, recognised as arithmetic where it is."""
        if len(types) == 1:
            return cls(1, types[0], Fraction(1))
        step = types[1] - types[0]
        even = all(later - earlier == step for earlier, later in pairwise(types))
        return cls(len(types), types[0], step if even else None, None if even else types)

    @property
    def is_arithmetic(self) -> bool:
        """Tell whether consecutive types differ by one step."""
        return self.step is not None

    @property
    def last(self) -> Fraction:
        """The largest type."""
        return self.exact(self.count - 1)

    def exact(self, number: int) -> Fraction:
        """Return one type exactly."""
        if self.listed is not None:
            return self.listed[number]
        assert self.step is not None
        return self.first + number * self.step

    def exact_values(self) -> tuple[Fraction, ...]:
        """Return all types exactly."""
        return tuple(self.exact(number) for number in range(self.count))

    def values(self) -> npt.NDArray[np.float64]:
        """Return all types as the nearest doubles, shape (count,)."""
        if self.step is not None and self.first.denominator == self.step.denominator == 1:
            return float(self.first) + float(self.step) * np.arange(self.count, dtype=np.float64)
        return np.array([float(value) for value in self.exact_values()], dtype=np.float64)

    def index(self, value: Fraction) -> int | None:
        """Return the number of a type, or None if it is not on the grid."""
        if self.listed is not None:
            return self.listed.index(value) if value in self.listed else None
        assert self.step is not None
        number = (value - self.first) / self.step
        inside = number.denominator == 1 and 0 <= number < self.count
        return int(number) if inside else None

    def up_to(self, number: int) -> TypeGrid:
        """Return the grid of the types numbered 0 .. number."""
        listed = None if self.listed is None else self.listed[: number + 1]
        return TypeGrid(number + 1, self.first, self.step, listed)

    def single(self, number: int) -> TypeGrid:
        """Return the grid that holds one of the types only, with the same step."""
        return TypeGrid(1, self.exact(number), self.step or Fraction(1))
