"""`fedbr`: agents move between rounds of training."""

from __future__ import annotations

from typing import ClassVar, Literal

from mdsolve.instance.protocols.base import BetweenRoundsSpec


class FedBRSpec(BetweenRoundsSpec):
    """Agents move between rounds of training, nobody pays. [M23] Algorithm 2."""

    citation: ClassVar[str] = "[M23] Algorithm 2, contributions cut to their intervals"
    name: Literal["fedbr"]
