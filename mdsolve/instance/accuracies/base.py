"""What the schemas of all accuracy families share: what must fit the agents, and weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
from pydantic import ValidationInfo

from mdsolve.instance.arrays import require_finite
from mdsolve.instance.common import StrictModel, folder_of
from mdsolve.instance.findings import Problem
from mdsolve.instance.numbers import bad_value, exact_number

Groups = Callable[[], set[str | None]]
"""Returns the groups that the agents are in; asked only where a family has to know."""


class AccuracySpec(StrictModel):
    """What the user wrote about accuracy."""

    learns: ClassVar[bool] = False
    """Whether accuracy depends on a model that is learned together, not on data alone."""

    def misfits(self, agents: int, groups: Groups) -> Iterator[Problem]:
        """Yield what does not fit the number of agents or their groups."""
        del agents, groups
        yield from ()


def unknown_groups(known: set[str], groups: Groups, *place: str) -> Iterator[Problem]:
    """Yield the groups of agents that an entry of the accuracy says nothing about."""
    for group in sorted(groups() - known, key=str):
        expected = "one of " + ", ".join(sorted(known))
        yield ("accuracy", *place), f"agents of the group {group!r}", expected, ""


def wrong_rows(key: str, table: Any, agents: int, *, square: bool) -> Iterator[Problem]:
    """Yield an array, or None, that has not one row (and column) per agent.

    Parameters
    ----------
    square : bool
        Whether a second dimension stands for agents too.
    """
    if table is None:
        return
    if table.shape[0] != agents or (square and table.ndim == 2 and table.shape[1] != agents):
        expected = f"{agents} rows (and columns), one per agent"
        yield ("accuracy", key), f"shape {table.shape}", expected, ""


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
