"""Data frames and series of pandas or polars as plain data; neither library is imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def without_frames(data: Any) -> Any:
    """Return data in which frames are lists of rows and series arrays; the rest is as it was.

    Missing cells of a frame (None, NaN, NA) are left out of their rows, as keys that are not
    written are.

    Examples
    --------
    >>> class Series:
    ...     def to_numpy(self):
    ...         return np.array([1.0, 2.0])
    >>> without_frames({"contributions": Series(), "mechanism": "none"})
    {'contributions': array([1., 2.]), 'mechanism': 'none'}
    """
    if isinstance(data, str | bytes | int | float | np.ndarray | np.generic) or data is None:
        return data
    if isinstance(data, Mapping):
        return {key: without_frames(entry) for key, entry in data.items()}
    if isinstance(data, list | tuple):
        plain = all(isinstance(entry, str | int | float) for entry in data)
        return data if plain else type(data)(map(without_frames, data))
    return _read(data)


def _read(data: Any) -> Any:
    """Return the rows of a frame, the entries of a series, and everything else as it is."""
    if hasattr(data, "columns"):
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
