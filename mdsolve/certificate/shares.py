"""Shapley shares at a profile, and how they change with one agent's own contribution."""

from __future__ import annotations

from abc import ABC, abstractmethod

from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.reading.curves import Side


class Shares(ABC):
    """phi_i(s), in money."""

    @property
    @abstractmethod
    def values(self) -> Quantity:
        """phi_i(s), shape (n,); they sum to A(s) - A(0)."""

    @abstractmethod
    def slopes(self, own: Quantity, side: Side) -> Quantity:
        """Return d phi_i / d s_i with agent i alone moved to own_i, shape (n,)."""
