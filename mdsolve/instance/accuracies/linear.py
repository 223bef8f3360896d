"""`linear`: every sample adds the same, whose it is decides how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from pydantic import SkipValidation, ValidationInfo, field_validator

from mdsolve.instance.accuracies.base import AccuracySpec, Groups, weight_array, wrong_rows
from mdsolve.instance.findings import Problem


class LinearAccuracySpec(AccuracySpec):
    """a = W s."""

    agent_axes: ClassVar[Mapping[str, int]] = {"weights": 2}
    family: Literal["linear"]
    weights: SkipValidation[Any]

    @field_validator("weights", mode="before")
    @classmethod
    def _weights(cls, raw: Any, info: ValidationInfo) -> Any:
        return weight_array(raw, info)

    def misfits(self, agents: int, groups: Groups) -> Iterator[Problem]:
        """Yield weights that are not one per agent."""
        del groups
        yield from wrong_rows("weights", self.weights, agents, square=True)
