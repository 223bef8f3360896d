"""Qualities and valuations of a market: what data does for a model, and models for the agents."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import (
    Field,
    SkipValidation,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from mdsolve.instance.common import Name, StrictModel, folder_of
from mdsolve.instance.numbers import (
    Number,
    PositiveNumber,
    bad_value,
)


class IdentityQualitySpec(StrictModel):
    """Q(t) = t."""

    family: Literal["identity"] = "identity"


class SaturationQualitySpec(StrictModel):
    """Q(t) = (1 - exp(-t)) / (1 + exp(-t))."""

    family: Literal["saturation"]


class PowerQualitySpec(StrictModel):
    """Q(t) = t ** exponent, exponent > 0."""

    family: Literal["power"]
    exponent: PositiveNumber


class TableQualitySpec(StrictModel):
    """Linear interpolation through points (size, quality), from (0, 0) on, both rising."""

    family: Literal["table"]
    points: Annotated[tuple[tuple[Number, Number], ...], Field(min_length=2)]

    @field_validator("points")
    @classmethod
    def _rising(cls, points: tuple[tuple[Fraction, Fraction], ...]) -> Any:
        if any(points[0]):
            raise bad_value("a first point [0, 0]", "start with [0, 0]: no data, no quality")
        for k, (earlier, later) in enumerate(pairwise(points)):
            if later[0] <= earlier[0] or later[1] <= earlier[1]:
                raise bad_value(
                    "sizes and qualities that both rise strictly", f"see points {k} and {k + 1}"
                )
        return points


QualitySpec = Annotated[
    IdentityQualitySpec | SaturationQualitySpec | PowerQualitySpec | TableQualitySpec,
    Field(discriminator="family"),
]


class GrowthValuationSpec(StrictModel):
    """v_i = scale * (sum_j q_j) ** exponent * q_i."""

    family: Literal["growth"]
    exponent: Number
    scale: PositiveNumber = Fraction(1)


class ShareValuationSpec(StrictModel):
    """v_i = scale * q_i / sum_j q_j."""

    family: Literal["share"]
    scale: PositiveNumber = Fraction(1)


class LinearValuationSpec(StrictModel):
    """v_i = scale * sum_j matrix[i][j] q_j."""

    family: Literal["linear"]
    matrix: tuple[tuple[Number, ...], ...]
    scale: PositiveNumber = Fraction(1)


class SumValuationSpec(StrictModel):
    """Sum of the terms' values."""

    family: Literal["sum"]
    terms: Annotated[tuple[TermSpec, ...], Field(min_length=1)]


class TableValuationSpec(StrictModel):
    """Values from an .npz file with arrays `value` and `outside`."""

    family: Literal["table"]
    file: Name | None = None
    value: SkipJsonSchema[SkipValidation[Any]] = Field(default=None, exclude=True)
    outside: SkipJsonSchema[SkipValidation[Any]] = Field(default=None, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: Any, info: ValidationInfo) -> Any:
        """Read both arrays of the file, or take arrays passed from Python."""
        if not isinstance(data, Mapping) or "file" not in data:
            return data
        arrays: dict[str, Any] = {}
        for key in ("value", "outside"):
            if key in data:
                raise bad_value("either a file or arrays, not both")
            try:
                arrays[key] = folder_of(info).read({"file": data["file"], "key": key})
            except ValueError as error:
                raise bad_value(f"a readable .npz file: {error}") from None
        return {**data, **arrays}

    @field_validator("value", "outside")
    @classmethod
    def _numeric(cls, array: Any) -> Any:
        if array is None:
            return None
        try:
            table = np.asarray(array, dtype=np.float64)
        except (TypeError, ValueError):
            raise bad_value("an array of numbers") from None
        if not np.all(np.isfinite(table)):
            raise bad_value("finite numbers")
        return table

    @model_validator(mode="after")
    def _complete(self) -> TableValuationSpec:
        if self.value is None or self.outside is None:
            raise bad_value("file: an .npz with the arrays value and outside")
        return self


TermSpec = Annotated[
    GrowthValuationSpec | ShareValuationSpec | LinearValuationSpec | SumValuationSpec,
    Field(discriminator="family"),
]

ValuationSpec = Annotated[
    GrowthValuationSpec
    | ShareValuationSpec
    | LinearValuationSpec
    | SumValuationSpec
    | TableValuationSpec,
    Field(discriminator="family"),
]

SumValuationSpec.model_rebuild()
