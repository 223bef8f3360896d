"""Schema of the section `fit` of a sharing instance: where its accuracy function comes from.

The section is written by `mdsolve fit` and changes nothing about the game. It holds the fitted
parameters with their uncertainty, how well they fit, and everything needed to measure again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field, SkipValidation, ValidationInfo, model_validator

from mdsolve.instance.common import StrictModel, folder_of
from mdsolve.instance.findings import Problem, several
from mdsolve.instance.numbers import (
    NonNegativeNumber,
    Number,
    WholeNumber,
    bad_value,
    exact_number,
)


def _matrix(raw: Any, info: ValidationInfo) -> Any:
    """Return a square matrix written out, or in an array file beside the instance."""
    try:
        if isinstance(raw, np.ndarray):
            table = raw.astype(np.float64)
        elif isinstance(raw, Mapping):
            table = folder_of(info).read(raw)
        else:
            table = np.array([[float(exact_number(x)) for x in row] for row in raw])
    except (TypeError, ValueError) as error:
        raise bad_value(f"a square matrix of numbers: {error}") from None
    table = table.reshape(0, 0) if table.size == 0 else table
    if table.ndim != 2 or table.shape[0] != table.shape[1]:
        raise bad_value("a square matrix of numbers")
    if not np.allclose(table, table.T) or np.any(np.diagonal(table) < 0):
        raise bad_value("a symmetric matrix, nothing negative on the diagonal")
    return table


Matrix = Annotated[SkipValidation[Any], BeforeValidator(_matrix)]


class LackOfFitSpec(StrictModel):
    """Test of the family against replicates (F) or known variances (chi-squared)."""

    test: Literal["F", "chi-squared", "none"]
    statistic: Number | None = None
    p_value: NonNegativeNumber | None = None
    freedom: tuple[WholeNumber, ...] = ()
    pure_error: NonNegativeNumber | None = None
    reason: str | None = None


class PredictionSpec(StrictModel):
    """An accuracy that would be measured at a total of data, with its 90 % prediction band."""

    row: str
    samples: NonNegativeNumber
    accuracy: Number
    low: Number
    high: Number


class FitSpec(StrictModel):
    """How an accuracy function was fitted to measurements.

    Parameters
    ----------
    family : {"power", "pac", "curve"}
    rows, columns : tuple of str
        Groups whose accuracy was measured, and whose data went in; the one column ``total`` where
        only the total counts.
    parameters : dict
        Every parameter by name: ``ceiling``, ``baseline`` (accuracy without data; the scale is
        their difference), ``exponent``, ``weight[of a group][on data of a group]``.
    fitted : tuple of str
        Parameters that were fitted, in the order of `unbounded` and `covariance`; the others were
        given.
    unbounded : tuple of numbers
        The linearised estimate without bounds; it differs from `parameters` where one is active.
    covariance : (P, P)
        Of the unbounded estimate.
    information : (P, P)
        The metric in which bounds pull the unbounded estimate back.
    r2, max_residual, root_mean_square
        Explained share of the variance; residuals in units of accuracy.
    comparison : dict
        Root mean square error of each family at design points held out.
    predictions : tuple of PredictionSpec
        Accuracies predicted at more data.
    protocol : dict
        What was measured and how: the training run and the design, or the file of measurements.
    """

    family: Literal["power", "pac", "curve"]
    rows: Annotated[tuple[str, ...], Field(min_length=1)]
    columns: Annotated[tuple[str, ...], Field(min_length=1)]
    parameters: dict[str, Number]
    fitted: tuple[str, ...]
    standard_errors: dict[str, NonNegativeNumber]
    unbounded: tuple[Number, ...]
    covariance: Matrix
    information: Matrix
    at_bound: tuple[str, ...] = ()
    observations: WholeNumber
    design_points: WholeNumber
    r2: Number | None = None
    max_residual: NonNegativeNumber
    root_mean_square: NonNegativeNumber
    lack_of_fit: LackOfFitSpec
    comparison: dict[str, NonNegativeNumber]
    predictions: tuple[PredictionSpec, ...] = ()
    warnings: tuple[str, ...] = ()
    protocol: dict[str, Any]

    @model_validator(mode="after")
    def _fits_together(self) -> FitSpec:
        problems: list[Problem] = []
        count = len(self.fitted)
        unknown = [name for name in self.fitted if name not in self.parameters]
        problems += [(("fitted",), repr(name), "names of parameters", "") for name in unknown]
        if len(self.unbounded) != count:
            got = f"{len(self.unbounded)} numbers"
            problems.append((("unbounded",), got, f"{count}, one per fitted parameter", ""))
        for key in ("covariance", "information"):
            shape = getattr(self, key).shape
            if shape != (count, count):
                problems.append(((key,), f"shape {shape}", f"{count} x {count}, as fitted", ""))
        if problems:
            raise several(problems)
        return self
