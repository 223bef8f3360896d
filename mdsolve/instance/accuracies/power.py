"""`power`: accuracy approaches its ceiling like a power of the data seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, ClassVar, Literal

from pydantic import SkipValidation, ValidationInfo, field_validator

from mdsolve.instance.accuracies.base import (
    AccuracySpec,
    Groups,
    unknown_groups,
    weight_array,
    wrong_rows,
)
from mdsolve.instance.findings import Problem
from mdsolve.instance.numbers import NonNegativeNumber, Number, PositiveNumber


class PowerAccuracySpec(AccuracySpec):
    """a = ceiling - scale * (1 + w.s) ** -exponent."""

    agent_axes: ClassVar[Mapping[str, int]] = {"weights": 2}
    family: Literal["power"]
    ceiling: Number = Fraction(1)
    scale: PositiveNumber = Fraction(1)
    exponent: PositiveNumber = Fraction(1)
    weights: SkipValidation[Any] = None
    group_weights: dict[str, dict[str, NonNegativeNumber]] | None = None

    @field_validator("weights", mode="before")
    @classmethod
    def _weights(cls, raw: Any, info: ValidationInfo) -> Any:
        return weight_array(raw, info)

    def misfits(self, agents: int, groups: Groups) -> Iterator[Problem]:
        """Yield groups without weights, and weights that are not one per agent."""
        if self.group_weights is not None:
            yield from unknown_groups(set(self.group_weights), groups, "group_weights")
        yield from wrong_rows("weights", self.weights, agents, square=True)
