"""`sum`: v_i is the sum of the terms' v_i."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mdsolve.game.arithmetic import Arithmetic, Array
from mdsolve.game.valuations.base import Property, Valuation, total
from mdsolve.instance.valuations.sum import SumValuationSpec


def valuation(spec: SumValuationSpec) -> SumValuation:
    """Return the valuation of a specification."""
    from mdsolve.game.valuations import valuation_of

    return SumValuation(tuple(valuation_of(term) for term in spec.terms))


@dataclass(frozen=True)
class SumValuation:
    """v_i = sum of the terms' v_i."""

    terms: tuple[Valuation, ...]
    family: str = "sum"

    @property
    def rational(self) -> bool:
        """Tell whether every term is rational."""
        return all(term.rational for term in self.terms)

    @property
    def rising(self) -> bool:
        """Hold when it holds for every term."""
        return all(term.rising for term in self.terms)

    def weight(self, participants: Sequence[int], agent: int) -> None:
        """Return nothing: terms are asked one by one."""
        del participants, agent

    def value(self, agent: int, qualities: Sequence[Array], arithmetic: Arithmetic) -> Array:
        """Return the sum of the terms' values."""
        return total([term.value(agent, qualities, arithmetic) for term in self.terms])

    def non_competitive(self, agents: int) -> Property:
        """Hold when it holds for every term; unknown otherwise (terms may compensate)."""
        return _every([term.non_competitive(agents) for term in self.terms])

    def quasi_monotone(self, agents: int) -> Property:
        """Hold when it holds for every term; unknown otherwise."""
        return _every([term.quasi_monotone(agents) for term in self.terms])

    def growing(self, agents: int) -> Property:
        """Hold when it holds for every term; unknown otherwise."""
        return _every([term.growing(agents) for term in self.terms])


def _every(properties: Sequence[Property]) -> Property:
    name = properties[0].name
    for found in properties:
        if found.holds is not True:
            verdict = found.holds if len(properties) == 1 else None
            return Property(name, verdict, f"not shown for every term: {found.reason}")
    return Property(name, True, "holds for every term of the sum")
