"""What every number system of the checker can do, and what its comparisons say.

A comparison has three outcomes (`Truth`): certainly so, certainly not, undecided; nobody may read
undecided as yes. A *quantity* is an array of one system: float64, objects (`flint.fmpq`,
`flint.arb`) or `Intervals`. All of them know + - * / with each other and with Python integers,
indexing, `shape` and `reshape`. Other constants come from `Arithmetic.constant`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mdsolve.conditions import ArithmeticName

Quantity = Any
"""An array of numbers of one system."""

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


class Truth(NamedTuple):
    """Where a comparison certainly holds, and where it certainly does not."""

    holds: Booleans
    fails: Booleans


class Arithmetic(ABC):
    """A number system over arrays."""

    name: ArithmeticName

    @property
    def exact(self) -> bool:
        """Tell whether every number has to stay a fraction."""
        return self.name == "exact"

    @property
    def rigorous(self) -> bool:
        """Tell whether a decided comparison is proved."""
        return self.name != "float"

    def context(self) -> AbstractContextManager[Any]:
        """Return the context that computations have to run in."""
        return nullcontext()

    @abstractmethod
    def written(self, values: Any) -> Quantity:
        """Return numbers of an instance as they stand there: a double is its shortest decimal."""

    @abstractmethod
    def stored(self, values: Any) -> Quantity:
        """Return numbers of a solution: a double is the dyadic number it is; fractions stay."""

    def constant(self, value: Fraction | int) -> Quantity:
        """Return one exact number, shape ()."""
        return self.written(Fraction(value))

    def zeros(self, shape: int | tuple[int, ...]) -> Quantity:
        """Return an array of zeros."""
        return self.stored(np.zeros(shape))

    @abstractmethod
    def power(self, base: Quantity, exponent: Fraction) -> Quantity:
        """Return base ** exponent entry by entry, for base >= 0 (> 0 for negative exponents).

        Raises
        ------
        IrrationalError
            In exact arithmetic, if the exponent is no integer.
        """

    @abstractmethod
    def exponential(self, argument: Quantity) -> Quantity:
        """Return exp(argument)."""

    @abstractmethod
    def exponential_less_one(self, argument: Quantity) -> Quantity:
        """Return exp(argument) - 1 without cancellation."""

    @abstractmethod
    def logarithm(self, argument: Quantity) -> Quantity:
        """Return log(argument), for argument > 0."""

    @abstractmethod
    def error_function(self, argument: Quantity) -> Quantity:
        """Return erf(argument)."""

    @abstractmethod
    def root(self, argument: Quantity) -> Quantity:
        """Return the square root, for argument >= 0; exact where fractions have one."""

    @abstractmethod
    def maximum(self, left: Quantity, right: Quantity) -> Quantity:
        """Return the larger entries of two broadcast arrays."""

    def minimum(self, left: Quantity, right: Quantity) -> Quantity:
        """Return the smaller entries of two broadcast arrays."""
        return -self.maximum(-left, -right)

    @abstractmethod
    def where(self, mask: Any, left: Quantity, right: Quantity) -> Quantity:
        """Return entries of the left array where the mask holds, else of the right one."""

    @abstractmethod
    def total(self, array: Quantity, axis: int = 0) -> Quantity:
        """Return sums along an axis."""

    @abstractmethod
    def concatenate(self, parts: Sequence[Quantity]) -> Quantity:
        """Return arrays one after the other along the first axis."""

    @abstractmethod
    def broadcast(self, array: Quantity, shape: tuple[int, ...]) -> Quantity:
        """Return a view in a larger shape."""

    @abstractmethod
    def mapped(self, array: Quantity, change: Callable[[Any], Any]) -> Quantity:
        """Return the array after a change of layout, such as moving an axis."""

    @abstractmethod
    def between(self, low: Quantity, high: Quantity) -> Quantity:
        """Return numbers that enclose everything from low to high."""

    @abstractmethod
    def lower(self, array: Quantity) -> Floats:
        """Return doubles that are at most the numbers."""

    @abstractmethod
    def upper(self, array: Quantity) -> Floats:
        """Return doubles that are at least the numbers."""

    @abstractmethod
    def at_most(self, left: Quantity, right: Quantity) -> Truth:
        """Compare left <= right."""

    def less(self, left: Quantity, right: Quantity) -> Truth:
        """Compare left < right."""
        reverse = self.at_most(right, left)
        return Truth(reverse.fails, reverse.holds)

    def product(self, matrix: Quantity, vector: Quantity) -> Quantity:
        """Return matrix @ vector."""
        return self.total(matrix * vector, axis=-1)

    def nearest(self, array: Quantity) -> Floats:
        """Return doubles in the middle of what is known."""
        low, high = self.ends(array)
        same = low == high
        if same.all():
            return np.asarray(low)
        with np.errstate(invalid="ignore"):
            return np.where(same, low, low + 0.5 * (high - low))

    def ends(self, array: Quantity) -> tuple[Floats, Floats]:
        """Return doubles that are certainly not above, and not below."""
        return self.lower(array), self.upper(array)
