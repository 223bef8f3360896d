"""One agent's utility as a function of the own contribution x, the others' held fixed.

    u(x) = benefit(x) - borne(x)

Whatever the mechanism, the benefit is an accuracy, a Shapley share or the value of a model, in
money; what is borne is a (transformed) cost. Between its kinks the benefit is smooth.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdsolve.errors import UnsupportedError
from mdsolve.game.costs import Costs

Floats = npt.NDArray[np.float64]


class Benefit(ABC):
    """What an own contribution earns, concave between its kinks."""

    @property
    @abstractmethod
    def kinks(self) -> Floats:
        """Own contributions at which the slope may jump, in samples."""

    @abstractmethod
    def value(self, own: Floats) -> Floats:
        """Return the benefit at own contributions (k,), in money, up to a constant."""

    @abstractmethod
    def slope(self, own: Floats) -> Floats:
        """Return its right derivative, money per sample, shape (k,)."""


@dataclass(frozen=True)
class OwnPayoff:
    """Benefit less cost of one agent.

    Parameters
    ----------
    benefit : Benefit
    costs : Costs
        What all agents bear of their own contributions; convex between kinks.
    agent : int
        The agent's place among the costs.
    capacity : float
        Most samples, perhaps infinite.
    name : str
        For messages.
    """

    benefit: Benefit
    costs: Costs
    agent: int
    capacity: float
    name: str

    @property
    def ends(self) -> Floats:
        """Ends of the pieces on which the utility is smooth, rising from 0 to the capacity."""
        kinks = (self.benefit.kinks, self.costs.kinks(self.agent), [0.0, self.capacity])
        ends = np.unique(np.concatenate(kinks))
        return ends[(ends >= 0) & (ends <= self.capacity)]

    def value(self, own: Floats) -> Floats:
        """Return the utility at own contributions (k,), in money, up to a constant."""
        return np.asarray(self.benefit.value(own) - self.costs.along(self.agent, own))

    def slope(self, own: Floats) -> Floats:
        """Return its right derivative, money per sample, shape (k,)."""
        return np.asarray(self.benefit.slope(own) - self.costs.slope_along(self.agent, own))

    def size(self, own: Floats) -> Floats:
        """Return the money that the utility is a difference of, shape (k,)."""
        return np.abs(self.benefit.value(own)) + np.abs(self.costs.along(self.agent, own))

    def rises(self, own: float) -> bool:
        """Tell whether a little more pays."""
        return bool(self.slope(np.array([own]))[0] > 0)


def unbounded(name: str) -> UnsupportedError:
    """Return the refusal of a game in which an agent would contribute without end."""
    return UnsupportedError.single(
        f"agent {name}",
        "no capacity, and every further sample is worth more than it costs",
        "a bounded best contribution",
        "give the agent a capacity or a larger marginal cost",
    )
