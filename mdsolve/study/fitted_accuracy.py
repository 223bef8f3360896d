"""From fitted parameters to the accuracy section of an instance, for writing and for drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from mdsolve.instance.accuracies import AccuracyFamily, PerGroupAccuracySpec
from mdsolve.instance.accuracies.base import AccuracySpec
from mdsolve.solver.fit.accuracy_fit import weight_name

SIGNIFICANT = 6
"""Digits of a parameter written into an instance; its standard error is far larger."""

Curves = Mapping[str, Sequence[tuple[float, float]]]


def rounded(value: float, digits: int = SIGNIFICANT) -> float:
    """Return a number with few significant digits.

    Examples
    --------
    >>> rounded(0.123456789), rounded(1234567.0)
    (0.123457, 1234570.0)
    """
    return float(f"{value:.{digits}g}")


def tidy(value: Any) -> Any:
    """Return plain data with whole floats as integers, which is how one would write them.

    Examples
    --------
    >>> tidy({"capacity": 800.0, "cost": 0.5})
    {'capacity': 800, 'cost': 0.5}
    """
    if isinstance(value, Mapping):
        return {key: tidy(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [tidy(entry) for entry in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def accuracy_data(
    family: str,
    rows: Sequence[str],
    columns: Sequence[str],
    parameters: Mapping[str, float],
    curves: Curves | None = None,
) -> dict[str, Any]:
    """Return the accuracy section for agents in groups called as the rows.

    Parameters
    ----------
    columns : sequence of str
        As the rows, or the one column ``total``: then everybody's data weigh the same.
    parameters : mapping
        By name, as in the section `fit`.
    curves : mapping
        Family `curve`: break points (samples, accuracy) by row.
    """
    if family == "power":
        split = tuple(columns) == tuple(rows)
        weights = {
            row: {
                other: parameters[weight_name(row, other if split else columns[0])]
                for other in rows
            }
            for row in rows
        }
        return {
            "family": "power",
            "ceiling": parameters["ceiling"],
            "scale": rounded(parameters["ceiling"] - parameters["baseline"], 12),
            "exponent": parameters["exponent"],
            "group_weights": weights,
        }
    given = curves or {}
    entries = {row: _one_curve(family, row, parameters, given.get(row, ())) for row in rows}
    return entries[rows[0]] if len(rows) == 1 else {"per_group": entries}


def _one_curve(
    family: str, row: str, parameters: Mapping[str, float], points: Sequence[tuple[float, float]]
) -> dict[str, Any]:
    """Return the curve of one group."""
    if family == "pac":
        return {
            "family": "pac",
            "ceiling": parameters[f"ceiling[{row}]"],
            "complexity": parameters[f"complexity[{row}]"],
        }
    return {"family": "curve", "points": [list(point) for point in points]}


def accuracy_spec(data: Mapping[str, Any]) -> AccuracySpec:
    """Return the validated form of what `accuracy_data` gives."""
    return _adapter().validate_python(data)


@cache
def _adapter() -> TypeAdapter[AccuracySpec]:
    return TypeAdapter(AccuracyFamily | PerGroupAccuracySpec)
