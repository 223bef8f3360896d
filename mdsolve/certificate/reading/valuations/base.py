"""What every valuation offers: values of one agent, totals of several, and what is known of both.

Values are in money, qualities without unit. A total over participants is a formula of its own, not
a sum of values: the efficient allocation is derived from how the total moves with each quality.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from mdsolve.certificate.numbers import Arithmetic, Quantity

Rest = Literal["none", "rises", "falls", "unknown"]


@dataclass(frozen=True)
class Property:
    """A property of a valuation: `holds` is None where neither it nor its negation is known."""

    name: str
    holds: bool | None
    reason: str


@dataclass(frozen=True)
class Influence:
    """How the total value of some participants moves with one participant's quality.

    Parameters
    ----------
    slope : Fraction
        Of the part that is linear.
    rest : str
        The other part: ``none`` where there is none, ``rises`` where it never falls, ``falls``
        where it always does, ``unknown``.
    """

    slope: Fraction
    rest: Rest

    def __add__(self, other: Influence) -> Influence:
        """Return the influence on a sum."""
        kinds = {self.rest, other.rest} - {"none"}
        rest: Rest = self.rest if self.rest != "none" else other.rest
        return Influence(self.slope + other.slope, rest if len(kinds) < 2 else "unknown")

    @property
    def receives(self) -> bool | None:
        """Whether a better model for the participant is always, never or sometimes efficient.

        Ties give the model.
        """
        if self.slope >= 0 and self.rest in ("none", "rises"):
            return True
        if (self.slope < 0 and self.rest in ("none", "falls")) or (
            self.slope == 0 and self.rest == "falls"
        ):
            return False
        return None


class Valuation(ABC):
    """Values of all agents as functions of everybody's quality in use."""

    arithmetic: Arithmetic

    @abstractmethod
    def value(self, agent: int, own: Quantity, others: Sequence[Quantity]) -> Quantity:
        """Return v_agent.

        Parameters
        ----------
        own : quantity
            The agent's quality.
        others : sequence of quantities
            The others', in agent order, all broadcastable.
        """

    @abstractmethod
    def together(self, participants: Collection[int], qualities: Sequence[Quantity]) -> Quantity:
        """Return the sum of the participants' values, everybody's qualities given."""

    @abstractmethod
    def summary(
        self, participants: Collection[int], qualities: Sequence[Quantity]
    ) -> list[Quantity]:
        """Return numbers of which the participants' total is a function, as few as there are.

        Where they are equal, totals are, which irrational totals do not show themselves.
        """

    @abstractmethod
    def influence(self, agent: int, participants: Collection[int], *, outsiders: bool) -> Influence:
        """Return how the participants' total moves with a participant's quality.

        Parameters
        ----------
        outsiders : bool
            Whether somebody does not take part, whose model counts but whose value does not.
        """

    @abstractmethod
    def interchangeable(self, first: int, second: int) -> bool:
        """Tell whether exchanging two agents and their qualities exchanges their values only."""

    @abstractmethod
    def properties(self, size: int) -> tuple[Property, Property, Property]:
        """Return non-competitive, quasi-monotone and growing-market, for `size` agents."""


def summed(quantities: Sequence[Quantity]) -> Quantity:
    """Return the sum of broadcastable quantities, small ones first to keep the work low."""
    ordered = sorted(quantities, key=lambda quantity: quantity.size)
    found = ordered[0]
    for quantity in ordered[1:]:
        found = found + quantity
    return found
