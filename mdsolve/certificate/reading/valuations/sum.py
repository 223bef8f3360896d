"""`sum`: v_i is the sum of the terms' v_i."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.certificate.reading.valuations.base import Influence, Property, Valuation


def valuation(spec: Any, arithmetic: Arithmetic) -> Valuation:
    """Return the valuation of a specification."""
    from mdsolve.certificate.reading.valuations import valuation_of

    return Sum(arithmetic, [valuation_of(term, arithmetic) for term in spec.terms])


@dataclass(frozen=True)
class Sum(Valuation):
    """Terms added up."""

    arithmetic: Arithmetic
    terms: Sequence[Valuation]

    def value(self, agent: int, own: Quantity, others: Sequence[Quantity]) -> Quantity:
        """Return the sum of the terms' values."""
        return reduce(add, [term.value(agent, own, others) for term in self.terms])

    def together(self, participants: Collection[int], qualities: Sequence[Quantity]) -> Quantity:
        """Return the sum of the terms' totals."""
        return reduce(add, [term.together(participants, qualities) for term in self.terms])

    def summary(
        self, participants: Collection[int], qualities: Sequence[Quantity]
    ) -> list[Quantity]:
        """Return the terms' summaries."""
        return [x for term in self.terms for x in term.summary(participants, qualities)]

    def influence(self, agent: int, participants: Collection[int], *, outsiders: bool) -> Influence:
        """Return the sum of the terms' influences: linear parts may compensate each other."""
        return reduce(
            add, [term.influence(agent, participants, outsiders=outsiders) for term in self.terms]
        )

    def interchangeable(self, first: int, second: int) -> bool:
        """Hold when it holds for every term."""
        return all(term.interchangeable(first, second) for term in self.terms)

    def properties(self, size: int) -> tuple[Property, Property, Property]:
        """Return what holds for every term; unknown otherwise, since terms may compensate."""
        first, second, third = zip(*(term.properties(size) for term in self.terms), strict=True)
        return _every(first), _every(second), _every(third)


def _every(found: Sequence[Property]) -> Property:
    name = found[0].name
    for entry in found:
        if entry.holds is not True:
            holds = entry.holds if len(found) == 1 else None
            return Property(name, holds, f"not shown for every term: {entry.reason}")
    return Property(name, True, "holds for every term of the sum")
