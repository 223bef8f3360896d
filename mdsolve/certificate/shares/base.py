"""Shares at a profile, and how they change with one agent's own contribution.

The share of agent i is an average, over coalitions X of the others, of A(X + i) - A(X), where A is
what data are worth to everybody. All functions take agents and their own contributions in pairs, so
that one agent may be asked about at many places at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.curves import Side

Indices = npt.NDArray[np.intp]

Index = Literal["shapley", "banzhaf"]
"""How coalitions weigh: all orders of joining alike, or all coalitions alike."""


class Part(ABC):
    """A part of the shares; parts add up."""

    @abstractmethod
    def at(self, agents: Indices, own: Quantity) -> Quantity:
        """Return phi_i with agent i alone moved to each entry of own, in money, shape (m,)."""

    @abstractmethod
    def slopes(self, agents: Indices, own: Quantity, side: Side) -> Quantity:
        """Return one-sided derivatives in the own contribution, shape (m,), of concave parts."""

    @abstractmethod
    def steepness(
        self, agents: Indices, low: Quantity, high: Quantity | None
    ) -> tuple[Quantity, Quantity]:
        """Return bounds of all derivatives on intervals that are no points; None is no end."""


@dataclass(frozen=True)
class Shares:
    """phi_i(s), in money.

    Parameters
    ----------
    parts : sequence of Part
    s : (n,)
        The profile.
    index : {"shapley", "banzhaf"}
    arrivals : tuple of int or None
        Whole weights of the agents, where coalitions weigh by them (`arrivals`).
    """

    arithmetic: Arithmetic
    parts: Sequence[Part]
    s: Quantity
    index: Index
    arrivals: tuple[int, ...] | None = None

    @property
    def size(self) -> int:
        """Number of agents."""
        return int(self.s.shape[0])

    @cached_property
    def everybody(self) -> Indices:
        """All agents, once each."""
        return np.arange(self.size)

    @cached_property
    def values(self) -> Quantity:
        """phi_i(s), shape (n,); Shapley shares sum to A(s) - A(0)."""
        return self.at(self.everybody, self.s)

    def at(self, agents: Indices, own: Quantity) -> Quantity:
        """Return phi_i with agent i alone moved to each entry of own, shape (m,)."""
        found = self.arithmetic.zeros(len(agents))
        for part in self.parts:
            found = found + part.at(agents, own)
        return found

    def slopes(self, agents: Indices, own: Quantity, side: Side) -> Quantity:
        """Return one-sided derivatives in the own contribution, of concave shares, shape (m,)."""
        found = self.arithmetic.zeros(len(agents))
        for part in self.parts:
            found = found + part.slopes(agents, own, side)
        return found

    def steepness(
        self, agents: Indices, low: Quantity, high: Quantity | None
    ) -> tuple[Quantity, Quantity]:
        """Return bounds of all derivatives on intervals that are no points; None is no end."""
        least = most = self.arithmetic.zeros(len(agents))
        for part in self.parts:
            flat, steep = part.steepness(agents, low, high)
            least, most = least + flat, most + steep
        return least, most


class ConcavePart(Part):
    """A part that is concave in every own contribution."""

    def steepness(
        self, agents: Indices, low: Quantity, high: Quantity | None
    ) -> tuple[Quantity, Quantity]:
        """Return the slopes at both ends; shares never fall."""
        steep = self.slopes(agents, low, "right")
        return (0 * steep if high is None else self.slopes(agents, high, "left")), steep
