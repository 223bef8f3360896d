"""`sum`: several valuations added up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field

from mdsolve.instance.findings import Problem
from mdsolve.instance.valuations.base import Place, ValuationFamily

if TYPE_CHECKING:
    from mdsolve.instance.valuations import TermSpec


class SumValuationSpec(ValuationFamily):
    """Sum of the terms' values."""

    family: Literal["sum"]
    terms: Annotated[tuple[TermSpec, ...], Field(min_length=1)]

    def misfits(self, agents: int, place: Place) -> Iterator[Problem]:
        """Yield what does not fit of the terms."""
        for k, term in enumerate(self.terms):
            yield from term.misfits(agents, (*place, "terms", k))

    def among(self, kept: Sequence[int]) -> Self:
        """Return what is left of every term where only some agents are."""
        left = tuple(term.among(kept) for term in self.terms)
        return type(self)(family=self.family, terms=left)
