"""`fedbr-bg`: agents move between rounds of training, and share their costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import ClassVar, Literal

from pydantic import field_validator

from mdsolve.instance.findings import Problem
from mdsolve.instance.numbers import NonNegativeNumber, bad_value
from mdsolve.instance.protocols.base import BetweenRoundsSpec


class FedBRBGSpec(BetweenRoundsSpec):
    """As fedbr, and the others bear a share of everybody's cost. [M23] Algorithm 1."""

    citation: ClassVar[str] = "[M23] Algorithm 1, contributions cut to their intervals"
    name: Literal["fedbr-bg"]
    beta: Literal["optimal", "full"] | NonNegativeNumber = "optimal"
    """Share of the cost borne by the others, in [0, 1): beta* of [M23] (14), 1 - 1/n, or a
    number."""

    @field_validator("beta")
    @classmethod
    def _share(cls, beta: str | Fraction) -> str | Fraction:
        if isinstance(beta, Fraction) and beta >= 1:
            raise bad_value("a share of at least 0 and below 1")
        return beta

    def misfits(self, costs: Sequence[Fraction]) -> Iterator[Problem]:
        """Yield the optimal share where somebody has no costs to share."""
        if self.beta == "optimal" and min(costs) == 0:
            fix = "a number, or full for 1 - 1/n"
            yield ("protocol", "beta"), "optimal, with a cost of 0", "positive costs for it", fix
