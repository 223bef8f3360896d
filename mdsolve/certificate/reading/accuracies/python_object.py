"""Accuracies given as Python objects: taken as they are, in floats only."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import FLOAT, Arithmetic, Quantity
from mdsolve.certificate.reading.accuracy import Accuracy, Branch
from mdsolve.certificate.reading.curves import Side
from mdsolve.certificate.reading.unread import UnreadError


@dataclass(frozen=True)
class ObjectAccuracy(Accuracy):
    """a(s) = value(s), da/ds = gradient(s) of a user's object.

    Parameters
    ----------
    given : object
        With value, gradient and perhaps concave.
    size : int
    """

    given: Any
    size: int
    arithmetic: Arithmetic = FLOAT

    @property
    def heights(self) -> npt.NDArray[np.float64]:  # type: ignore[override]
        """Return infinities: an object may return anything."""
        return np.full(self.size, np.inf)

    @property
    def units(self) -> npt.NDArray[np.float64]:  # type: ignore[override]
        """Return zeros: an object knows no unit."""
        return np.zeros(self.size)

    @property
    def concave(self) -> bool:
        """Tell what the object says of itself."""
        return bool(getattr(self.given, "concave", False))

    @property
    def rising(self) -> bool:
        """Do not hold: nothing is known of an object but its values."""
        return False

    def values(self, s: Quantity) -> Quantity:
        """Return the object's values."""
        return np.asarray(self.given.value(s), dtype=np.float64)

    def gradients(self, s: Quantity) -> Quantity:
        """Return the object's gradients."""
        return np.asarray(self.given.gradient(s), dtype=np.float64)

    def branches(self, s: Quantity, *, alone: bool = False) -> list[Branch]:
        """Return one branch, concave where the object says so."""
        profile = np.zeros(self.size) if alone else np.asarray(s)

        def moved(x: Quantity, agent: int) -> npt.NDArray[np.float64]:
            changed = profile.copy()
            changed[agent] = x[agent]
            return changed

        def value(x: Quantity) -> Quantity:
            each = [self.given.value(moved(x, k))[k] for k in range(self.size)]
            return np.array(each, dtype=np.float64)

        def slope(x: Quantity, side: Side) -> Quantity:  # noqa: ARG001 - objects have one gradient
            each = [self.given.gradient(moved(x, k))[k][k] for k in range(self.size)]
            return np.array(each, dtype=np.float64)

        every = np.ones(self.size, dtype=np.bool_)
        return [Branch(np.zeros(self.size), None, every, value, slope)]

    def trait(self, agent: int) -> Hashable:
        """Return the agent: nobody is known to be like another."""
        return agent

    def interchangeable(self, first: int, second: int) -> bool:
        """Hold for nobody else."""
        return first == second


def accuracy(instance: Any, arithmetic: Arithmetic) -> ObjectAccuracy:
    """Return a user's accuracies.

    Raises
    ------
    UnreadError
        In rigorous arithmetic: a Python object computes with doubles.
    """
    if arithmetic.rigorous:
        message = "an accuracy given as a Python object"
        raise UnreadError(message)
    return ObjectAccuracy(instance.accuracy, instance.agent_count)
