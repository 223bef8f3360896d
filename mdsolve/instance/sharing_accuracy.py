"""Accuracy families of a sharing game: what data does for the model, per agent or for all."""

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

from mdsolve.instance.arrays import require_finite
from mdsolve.instance.common import StrictModel, folder_of, is_function
from mdsolve.instance.numbers import (
    NonNegativeNumber,
    Number,
    PositiveNumber,
    WholeNumber,
    bad_value,
    exact_number,
)


class PowerAccuracySpec(StrictModel):
    """a = ceiling - scale * (1 + w.s) ** -exponent."""

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


class PacAccuracySpec(StrictModel):
    """b(m) = ceiling - (4 + sqrt(2k(2 + log(m/k)))) / sqrt(m), 0 below its zero m0."""

    family: Literal["pac"]
    ceiling: PositiveNumber = Fraction(1)
    complexity: PositiveNumber


class ThresholdPowerAccuracySpec(StrictModel):
    """v(m) = value * max(0, 1 - (threshold / m) ** exponent)."""

    family: Literal["threshold-power"]
    value: PositiveNumber = Fraction(1)
    threshold: PositiveNumber
    exponent: PositiveNumber


class LinearAccuracySpec(StrictModel):
    """a = W s."""

    family: Literal["linear"]
    weights: SkipValidation[Any]

    @field_validator("weights", mode="before")
    @classmethod
    def _weights(cls, raw: Any, info: ValidationInfo) -> Any:
        return weight_array(raw, info)


class CoverageAccuracySpec(StrictModel):
    """a_i = 1 - 1/2 sum_x q_ix prod_j (1 - q_jx) ** s_j."""

    family: Literal["coverage"]
    distributions: SkipValidation[Any]

    @field_validator("distributions", mode="before")
    @classmethod
    def _distributions(cls, raw: Any, info: ValidationInfo) -> Any:
        table = weight_array(raw, info)
        if table is None or table.ndim != 2 or np.any(table > 1):
            raise bad_value("an agents x items matrix of probabilities")
        return table


class UnionCurveSpec(StrictModel):
    """e(s): points (samples, accuracy in [0, 1]) from sample count 0 on, joined by lines."""

    points: Annotated[tuple[tuple[NonNegativeNumber, NonNegativeNumber], ...], Field(min_length=2)]

    @field_validator("points")
    @classmethod
    def _rising(cls, points: tuple[tuple[Fraction, Fraction], ...]) -> Any:
        if points[0][0] != 0 or any(b[0] <= a[0] for a, b in pairwise(points)):
            raise bad_value("sample counts that rise strictly from 0")
        if points[-1][1] > 1 or any(b[1] < a[1] for a, b in pairwise(points)):
            raise bad_value("accuracies in [0, 1] that never fall")
        return points


class UnionAccuracySpec(StrictModel):
    """a_i = 1 - prod over neighbours j of (1 - e(s_j)), e piecewise linear."""

    family: Literal["union"]
    curve: UnionCurveSpec
    neighbours: tuple[tuple[WholeNumber, ...], ...]


class CurveAccuracySpec(StrictModel):
    """Measured points (samples, accuracy)."""

    family: Literal["curve"]
    points: Annotated[tuple[tuple[NonNegativeNumber, Number], ...], Field(min_length=2)]

    @field_validator("points")
    @classmethod
    def _rising(cls, points: tuple[tuple[Fraction, Fraction], ...]) -> Any:
        if any(b[0] <= a[0] for a, b in pairwise(points)):
            raise bad_value("points with strictly rising sample counts", "sort them")
        return points


class QuadraticFitAccuracySpec(StrictModel):
    """a_i = ceiling - (sum_k curvature_k (w_k - target_ik)^2 + noise) / sum s, w learned jointly.

    [D25] Example 1 has one target for all, curvature 1 and no noise.
    """

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


AccuracyFamily = Annotated[
    PowerAccuracySpec
    | PacAccuracySpec
    | ThresholdPowerAccuracySpec
    | LinearAccuracySpec
    | CoverageAccuracySpec
    | UnionAccuracySpec
    | CurveAccuracySpec
    | QuadraticFitAccuracySpec,
    Field(discriminator="family"),
]


class PerAgentAccuracySpec(StrictModel):
    """One accuracy family per agent."""

    per_agent: Annotated[tuple[AccuracyFamily, ...], Field(min_length=1)]


class PerGroupAccuracySpec(StrictModel):
    """One accuracy family per group."""

    per_group: dict[str, AccuracyFamily]


def weight_array(raw: Any, info: ValidationInfo) -> Any:
    """Return weights as an array of one or two dimensions; None stays None."""
    if raw is None:
        return None
    if isinstance(raw, Mapping):
        try:
            raw = folder_of(info).read(raw)
        except ValueError as error:
            raise bad_value(f"a readable array file: {error}") from None
    try:
        if isinstance(raw, np.ndarray) and raw.dtype.kind in "fiu":
            raw = require_finite(raw.astype(np.float64), "weights")
            return _checked_weights(raw)
        entries = np.asarray(raw, dtype=object)
        table = np.frompyfunc(lambda entry: float(exact_number(entry)), 1, 1)(entries)
        table = np.asarray(table, dtype=np.float64)
    except (TypeError, ValueError):
        raise bad_value("a vector or a rectangular matrix of numbers") from None
    return _checked_weights(table)


def _checked_weights(table: np.ndarray) -> np.ndarray:
    if table.ndim not in (1, 2):
        raise bad_value("a vector or a matrix")
    if np.any(table < 0):
        raise bad_value("weights that are not negative")
    return table


def accuracy_form(raw: Any) -> str:
    """Tell whether accuracy is given per agent, per group, once for all, or as an object."""
    if is_function(raw):
        return "function"
    for form in ("per_agent", "per_group"):
        if (isinstance(raw, Mapping) and form in raw) or hasattr(raw, form):
            return form
    return "same"
