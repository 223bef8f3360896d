"""`fedavg-strategic`: contributions are chosen at the untrained model."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from mdsolve.instance.protocols.base import TwoPhasesSpec


class FedAvgStrategicSpec(TwoPhasesSpec):
    """Agents choose before training starts, nobody pays. [D25] Algorithm 3."""

    citation: ClassVar[str] = "[D25] Algorithm 3, stopping at zero slopes of either sign"
    name: Literal["fedavg-strategic"]
    stopping: Literal["settled", "published"] = "settled"
    """Agents stop moving when every slope is (nearly) zero, or as printed, when no slope is
    positive."""

    def settings(self) -> dict[str, Any]:
        """Return every setting in force; there is no other way to estimate slopes here."""
        return {**super().settings(), "estimate": "own"}
