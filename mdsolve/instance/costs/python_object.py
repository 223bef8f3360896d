"""A Python object instead of a family: what it must offer. Files cannot hold one."""

from __future__ import annotations

from typing import Protocol


class CostFunction(Protocol):
    """What a cost object of one agent offers: a non-decreasing convex function of s >= 0."""

    def value(self, s: float) -> float:
        """Return c(s), in money."""

    def gradient(self, s: float) -> float:
        """Return c'(s), in money per sample."""
