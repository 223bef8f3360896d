"""Rows kept on the way of a long simulation: evenly spaced ones, and the last."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class PathRecords:
    """Rows of equal columns, numbered by the step after which they were kept.

    Parameters
    ----------
    steps : int
        Most steps.
    most : int
        Most rows, beside the last one.

    Examples
    --------
    >>> records = PathRecords(steps=5, most=2)
    >>> for number in range(6):
    ...     records.note(number, float(number) ** 2)
    >>> [column.tolist() for column in records.columns()]
    [[0, 3, 5], [0.0, 9.0, 25.0]]
    """

    def __init__(self, steps: int, most: int) -> None:
        self._stride = max(1, -(-steps // most))
        self._rows: list[tuple[int, tuple[Any, ...]]] = []
        self._last: tuple[int, tuple[Any, ...]] | None = None

    def note(self, number: int, *row: Any) -> None:
        """Keep the row after so many steps, or remember it as the last one."""
        self._last = (number, row)
        if number % self._stride == 0:
            self._rows.append(self._last)

    def columns(self) -> tuple[npt.NDArray[Any], ...]:
        """Return the numbers of the rows, and every column."""
        rows = list(self._rows)
        if self._last is not None and rows[-1] is not self._last:
            rows.append(self._last)
        columns = zip(*(row for _, row in rows), strict=True)
        numbers = np.array([number for number, _ in rows], dtype=np.intp)
        return numbers, *(np.array(column) for column in columns)
