"""What the schemas of all quality families share: what must fit the types of the market."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from mdsolve.instance.common import StrictModel
from mdsolve.instance.findings import Problem


class QualityFamily(StrictModel):
    """What the user wrote about model quality Q(t), t valid samples; increasing, Q(0) = 0."""

    def misfits(self, largest: Fraction) -> Iterator[Problem]:
        """Yield what does not fit the total of the largest types."""
        del largest
        yield from ()
