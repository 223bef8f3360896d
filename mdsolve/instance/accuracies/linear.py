"""`linear`: every sample adds the same, whose it is decides how much."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import SkipValidation, ValidationInfo, field_validator

from mdsolve.instance.accuracies.base import AccuracySpec, Groups, weight_array, wrong_rows
from mdsolve.instance.findings import Problem


class LinearAccuracySpec(AccuracySpec):
    """a = W s."""

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
