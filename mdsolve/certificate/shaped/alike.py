"""Agents who are alike in every number: looked at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.numbers import Arithmetic, Quantity

Indices = npt.NDArray[np.intp]


def alike(
    arithmetic: Arithmetic, doubles: npt.NDArray[np.float64], columns: Sequence[Quantity]
) -> tuple[Indices, Indices]:
    """Return the first agent of every kind, (kinds,), and everybody's kind, (n,).

    Parameters
    ----------
    doubles : (n, k)
        Labels and numbers that are doubles already.
    columns : sequence of (n,)
        Numbers of the arithmetic. Agents with the same enclosures count as alike: what holds for
        an enclosure holds for all numbers in it.
    """
    table = doubles
    for column in columns:
        if isinstance(column, np.ndarray) and column.dtype == object:
            known: dict[str, int] = {}
            numbers = [known.setdefault(str(entry), len(known)) for entry in column]
            table = np.column_stack([table, numbers])
        else:
            ends = arithmetic.lower(column), arithmetic.upper(column)
            table = np.column_stack([table, *ends])
    _, first, kind = np.unique(table, axis=0, return_index=True, return_inverse=True)
    return first, kind.reshape(-1)
