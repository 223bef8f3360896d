"""Agents alike: who have the same numbers in every column are counted, not repeated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mdsolve.certificate.intervals import Intervals

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Alike:
    """Kinds of entries.

    Parameters
    ----------
    first : (kinds,) of int
        An entry of each kind.
    kind : (n,) of int
    counts : (kinds,) of int
    """

    first: Indices
    kind: Indices
    counts: Indices


def alike(columns: Sequence[Any]) -> Alike:
    """Return which entries are equal in all columns, in every number system.

    Equal enclosures need not hold equal numbers; whatever is computed from them holds for both.

    Examples
    --------
    >>> found = alike([np.array([2.0, 1.0, 2.0]), np.array([0, 0, 0])])
    >>> found.kind.tolist(), found.counts.tolist()
    ([0, 1, 0], [2, 1])
    """
    flat: list[Any] = []
    for column in columns:
        if isinstance(column, Intervals):
            flat += [column.low, column.high]
        elif column.dtype == object:
            flat.append(_numbered(column))
        else:
            flat.append(column)
    table = np.ascontiguousarray(np.stack([np.asarray(x, dtype=np.float64) for x in flat], axis=1))
    # Adding 0 makes the two zeros one; rows are then compared as bytes.
    rows = (table + 0.0).view(np.dtype((np.void, table.itemsize * table.shape[1]))).reshape(-1)
    _, first, kind, counts = np.unique(
        rows, return_index=True, return_inverse=True, return_counts=True
    )
    return Alike(first, kind.reshape(-1), counts)


def once(
    kinds: Alike,
    agents: Indices,
    places: Sequence[Any],
    evaluate: Callable[..., Any],
) -> Any:
    """Return what a function makes of agents and numbers, evaluated once where both are alike.

    Parameters
    ----------
    places : sequence of (m,)
        What the function takes besides the agents.
    """
    if len(kinds.first) == len(kinds.kind):
        return evaluate(agents, *places)
    same = alike([kinds.kind[agents], *places])
    found = evaluate(agents[same.first], *(place[same.first] for place in places))
    if isinstance(found, tuple):
        return tuple(part[same.kind] for part in found)
    return found[same.kind]


def _numbered(column: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """Return equal numbers for equal fractions; balls that are no fractions are all different."""
    known: dict[Any, int] = {}
    return np.array(
        [
            known.setdefault(entry if hasattr(entry, "q") else ("ball", place), len(known))
            for place, entry in enumerate(column.tolist())
        ],
        dtype=np.float64,
    )
