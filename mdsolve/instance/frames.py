"""Data frames and series of pandas or polars as plain data; neither library is imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

DEEPEST = 6
"""Levels of nested data in which frames are looked for."""

ROWS = "agents"
"""Key whose frame is a list of rows, one per agent; other frames are matrices of numbers."""


def without_frames(data: Any, key: str = "", depth: int = 0) -> Any:
    """Return data in which frames and series are rows or arrays; the rest is as it was.

    Missing cells of a row (None, NaN, NA) are left out, as keys that are not written are.

    Parameters
    ----------
    key : str
        That the data stand under.
    depth : int
        Levels above it.

    Examples
    --------
    >>> class Series:
    ...     def to_numpy(self):
    ...         return np.array([1.0, 2.0])
    >>> without_frames({"contributions": Series(), "mechanism": "none"})
    {'contributions': array([1., 2.]), 'mechanism': 'none'}
    """
    if depth > DEEPEST or isinstance(data, np.ndarray | np.generic):
        return data
    if isinstance(data, Mapping):
        return {name: without_frames(x, str(name), depth + 1) for name, x in data.items()}
    if isinstance(data, list | tuple):
        if not any(_may_hold(entry) for entry in data):
            return data
        return [without_frames(entry, "", depth + 1) for entry in data]
    return _read(data, key)


def _may_hold(entry: Any) -> bool:
    return isinstance(entry, Mapping) or hasattr(entry, "to_numpy")


def _read(data: Any, key: str) -> Any:
    """Return the rows of a frame, the entries of a series, and everything else as it is."""
    if key == ROWS and hasattr(data, "columns"):
        if callable(getattr(data, "to_dicts", None)):
            return _rows(data.to_dicts())
        if callable(getattr(data, "to_dict", None)):
            return _rows(data.to_dict(orient="records"))
    return data.to_numpy() if callable(getattr(data, "to_numpy", None)) else data


def _rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{str(key): cell for key, cell in row.items() if not _missing(cell)} for row in rows]


def _missing(cell: Any) -> bool:
    """Tell whether a cell is empty: the only values that are not equal to themselves, and None."""
    if cell is None:
        return True
    try:
        return bool(cell != cell)  # noqa: PLR0124 - NaN
    except TypeError:
        return True  # pandas' NA has no truth value
