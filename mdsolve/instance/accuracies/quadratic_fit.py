"""`quadratic-fit`: accuracy falls with the squared distance from the model that an agent wants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from mdsolve.instance.accuracies.base import AccuracySpec, Groups
from mdsolve.instance.findings import Problem
from mdsolve.instance.numbers import NonNegativeNumber, Number, PositiveNumber, bad_value


class QuadraticFitAccuracySpec(AccuracySpec):
    """a_i = ceiling - (sum_k curvature_k (w_k - target_ik)^2 + noise) / sum s, w learned jointly.

    [D25] Example 1 has one target for all, curvature 1 and no noise.
    """

    learns: ClassVar[bool] = True
    agent_axes: ClassVar[Mapping[str, int]] = {"targets": 1}
    family: Literal["quadratic-fit"]
    target: Annotated[tuple[Number, ...], Field(min_length=1)] | None = None
    targets: Annotated[
        tuple[Annotated[tuple[Number, ...], Field(min_length=1)], ...] | None, Field(min_length=1)
    ] = None
    curvature: tuple[PositiveNumber, ...] | None = None
    noise: NonNegativeNumber = Fraction(0)
    ceiling: Number = Fraction(1)

    @model_validator(mode="after")
    def _fitting(self) -> QuadraticFitAccuracySpec:
        if (self.target is None) == (self.targets is None):
            got = "neither" if self.target is None else "both"
            raise bad_value(f"target (one for all) or targets (a row per agent), not {got}")
        rows = self.targets or (self.target,)
        lengths = {len(row) for row in rows if row is not None}
        if len(lengths) > 1:
            raise bad_value("targets of the same length, one number per parameter of the model")
        if self.curvature is not None and len(self.curvature) not in lengths:
            raise bad_value(f"{lengths.pop()} curvatures, one per parameter of the model")
        return self

    def misfits(self, agents: int, groups: Groups) -> Iterator[Problem]:
        """Yield targets that are not one per agent."""
        del groups
        rows = self.targets
        if rows is not None and len(rows) != agents:
            expected = f"{agents}, one per agent"
            yield ("accuracy", "targets"), f"{len(rows)} rows", expected, ""
