"""`piecewise-linear`: straight lines between points (samples, cost); the last slope continues."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mdsolve.game.costs.base import CostForm, End, Floats, Forms, Indices, Side
from mdsolve.instance.sharing_agents import AgentSpec


def forms(agents: Sequence[AgentSpec]) -> Forms:
    """Return a form per agent: numbers of points differ."""
    return [([place], _pieces(agent.cost)) for place, agent in enumerate(agents)]


@dataclass(frozen=True)
class Pieces(CostForm):
    """A convex piecewise-linear cost, the same for all of its agents.

    Parameters
    ----------
    samples, costs : (points,)
        Break points from 0 on.
    """

    samples: Floats
    costs: Floats

    @cached_property
    def slopes(self) -> Floats:
        """Slope of each piece, shape (points - 1,), non-decreasing."""
        return np.diff(self.costs) / np.diff(self.samples)

    def value(self, s: Floats) -> Floats:
        """Return the cost at contributions of any shape."""
        beyond = np.maximum(s - self.samples[-1], 0.0) * self.slopes[-1]
        return np.asarray(np.interp(s, self.samples, self.costs) + beyond)

    def slope(self, s: Floats, side: Side = "right") -> Floats:
        """Return the right (or left) derivative."""
        piece = np.searchsorted(self.samples, s, side="right" if side == "right" else "left") - 1
        return self.slopes[np.clip(piece, 0, len(self.slopes) - 1)]

    def second(self, s: Floats) -> Floats:
        """Return zeros."""
        return np.zeros_like(s)

    def supply(self, price: Floats, end: End = "high") -> Floats:
        """Return the break point up to which pieces cost less than the price."""
        found = np.searchsorted(self.slopes, price, side="left" if end == "low" else "right")
        return np.append(self.samples[:-1], np.inf)[found]

    def transformed(self, factor: float, shift: float) -> Pieces:
        """Return the pieces with other costs."""
        return Pieces(self.samples, factor * self.costs + shift * self.samples)

    @property
    def kinks(self) -> Floats:
        """Return the inner break points."""
        return self.samples[1:-1]

    @property
    def shared(self) -> bool:
        """Hold."""
        return True

    def take(self, places: Indices) -> Pieces:
        """Return the pieces themselves."""
        del places
        return self

    def key(self, place: int) -> Hashable:
        """Return the break points."""
        del place
        return (*self.samples.tolist(), *self.costs.tolist())


def _pieces(spec: Any) -> Pieces:
    table = np.array([[float(x), float(y)] for x, y in spec.points])
    return Pieces(table[:, 0], table[:, 1])
