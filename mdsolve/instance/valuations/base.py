"""What the schemas of all valuation families share: what must fit the agents and their types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self

from mdsolve.instance.common import StrictModel
from mdsolve.instance.findings import Problem
from mdsolve.instance.grid import TypeGrid

Place = tuple[str | int, ...]
"""Where in the instance something is."""


class ValuationFamily(StrictModel):
    """What the user wrote about what everybody's model quality is worth to each agent, in money."""

    def misfits(self, agents: int, place: Place) -> Iterator[Problem]:
        """Yield what does not fit the number of agents.

        Parameters
        ----------
        place : tuple
            Where the valuation is.
        """
        del agents, place
        yield from ()

    def grid_misfits(self, grids: Sequence[TypeGrid]) -> Iterator[Problem]:
        """Yield what does not fit the agents' grids of types."""
        del grids
        yield from ()

    def among(self, kept: Sequence[int]) -> Self:
        """Return what is left of it where only some agents are, by their old numbers.

        Raises
        ------
        ValueError
            If it says nothing about fewer agents.
        """
        del kept
        return self
