"""`upbred`: contributions and model move in the same rounds."""

from __future__ import annotations

from typing import ClassVar, Literal

from mdsolve.instance.protocols.base import SlopesSpec


class UPBReDSpec(SlopesSpec):
    """Contributions and model move in the same rounds, nobody pays. [D25] Algorithm 1."""

    citation: ClassVar[str] = "[D25] Algorithm 1, contributions cut to their intervals"
    name: Literal["upbred"]
    estimate: Literal["own", "rounds"] = "own"
    """What stands for the slope of the payoff: one round of training with a little more of the own
    data ([M25] appendix F), or the gain of the last round over the last change of the contribution,
    [D25] (10); the former where the contribution moved by less than difference."""
