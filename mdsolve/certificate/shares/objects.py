"""Shares of accuracies given as Python objects: every coalition is asked, in floats only."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import FLOAT, Arithmetic, Quantity
from mdsolve.certificate.reading.curves import Side
from mdsolve.certificate.shares.arrivals import Arrivals, chances_of_others
from mdsolve.certificate.shares.base import ConcavePart, Index

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

AGENTS = 12
"""Most agents whose coalitions are asked one by one."""


@dataclass(frozen=True)
class ObjectPart(ConcavePart):
    """Shares of A(s) = sum_i value_i a_i(s), concave, known by its values and gradients.

    Parameters
    ----------
    worth : callable
        A at a profile.
    gradient : callable
        dA/ds there, shape (n,).
    s : (n,)
    """

    worth: Callable[[Floats], float]
    gradient: Callable[[Floats], Floats]
    s: Floats
    index: Index
    arrivals: Arrivals | None = None
    arithmetic: Arithmetic = FLOAT

    @cached_property
    def _by_size(self) -> Floats:
        n = len(self.s)
        if self.index == "banzhaf":
            return np.full(n, 0.5 ** (n - 1))
        return np.array([1 / (n * math.comb(n - 1, k)) for k in range(n)])

    def _chances(self, agent: int) -> Floats:
        """Return the chance of each coalition of the others, rising by the bits of its members."""
        if self.arrivals is not None:
            ones = [1] * len(self.s)
            others = [int(k != agent) for k in range(len(self.s))]
            exact = chances_of_others(others, agent, ones, self.arrivals)
            return np.array([float(chance) for chance in exact])
        sizes = self._members[~self._members[:, agent]].sum(axis=1)
        return np.asarray(self._by_size[sizes])

    @cached_property
    def _members(self) -> npt.NDArray[np.bool_]:
        n = len(self.s)
        return (np.arange(1 << n)[:, None] >> np.arange(n) & 1).astype(np.bool_)

    @cached_property
    def _worths(self) -> Floats:
        return np.array([self.worth(self.s * inside) for inside in self._members])

    def at(self, agents: Indices, own: Quantity) -> Quantity:
        """Return the average gain from joining."""
        return np.array([self._gain(i, x) for i, x in zip(agents, own.tolist(), strict=True)])

    def _gain(self, agent: int, own: float) -> float:
        with_agent = self._members[:, agent]
        without = np.flatnonzero(~with_agent)
        if own == self.s[agent]:
            after = self._worths[without | (1 << agent)]
        else:
            after = np.array([self.worth(profile) for profile in self._joined(agent, own)])
        return float(self._chances(agent) @ (after - self._worths[without]))

    def _joined(self, agent: int, own: float) -> list[Floats]:
        moved = self.s.copy()
        moved[agent] = own
        return [np.where(inside, moved, 0.0) for inside in self._members[self._members[:, agent]]]

    def slopes(self, agents: Indices, own: Quantity, side: Side) -> Quantity:
        """Return the average slope; objects have one gradient."""
        del side
        found = []
        for agent, x in zip(agents.tolist(), own.tolist(), strict=True):
            profiles = self._joined(agent, x)
            rises = np.array([self.gradient(profile)[agent] for profile in profiles])
            found.append(float(self._chances(agent) @ rises))
        return np.array(found)


def object_part(
    worth: Callable[[Floats], float],
    gradient: Callable[[Floats], Floats],
    s: Floats,
    index: Index,
    arrivals: Arrivals | None = None,
) -> ObjectPart:
    """Return the shares of an object at a profile.

    Raises
    ------
    NoRouteError
        For too many agents.
    """
    if len(s) > AGENTS:
        message = f"coalitions of {len(s)} agents are too many to ask an object about each"
        raise NoRouteError(message)
    return ObjectPart(worth, gradient, np.asarray(s, dtype=np.float64), index, arrivals)
