"""What the schemas of all accuracy families share: what must fit the agents, and weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from pydantic import ValidationInfo

from mdsolve.instance.arrays import require_finite
from mdsolve.instance.common import StrictModel, folder_of
from mdsolve.instance.findings import Problem
from mdsolve.instance.numbers import bad_value, exact_number

FEW = 1000
"""Agents to count on where nobody knows how many there are."""

Groups = Callable[[], set[str | None]]
"""Returns the groups that the agents are in; asked only where a family has to know."""


class AccuracySpec(StrictModel):
    """What the user wrote about accuracy."""

    learns: ClassVar[bool] = False
    """Whether accuracy depends on a model that is learned together, not on data alone."""

    agent_axes: ClassVar[Mapping[str, int]] = {}
    """Keys that hold tables -> how many of their first axes stand for agents, at most."""

    def misfits(self, agents: int, groups: Groups) -> Iterator[Problem]:
        """Yield what does not fit the number of agents or their groups."""
        del agents, groups
        yield from ()

    def among(self, kept: Sequence[int]) -> Self:
        """Return what is left of it where only some agents are, by their old numbers."""
        data = {key: getattr(self, key) for key in self.model_fields_set}
        for key, axes in self.agent_axes.items():
            if data.get(key) is not None:
                data[key] = _rows_among(data[key], kept, axes)
        return type(self)(**data)


def _rows_among(table: Any, kept: Sequence[int], axes: int) -> Any:
    """Return the rows (and columns) of some agents, of an array or a tuple of rows."""
    if not isinstance(table, np.ndarray):
        return tuple(table[number] for number in kept)
    for axis in range(min(axes, table.ndim)):
        table = table.take(kept, axis=axis)
    return table


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


def weight_array(raw: Any, info: ValidationInfo, *, square: bool = True) -> Any:
    """Return weights as an array of one or two dimensions; None stays None.

    Parameters
    ----------
    square : bool
        Whether there is at most one column per agent, which says how large a file may be.
    """
    if raw is None:
        return None
    if isinstance(raw, Mapping):
        try:
            folder = folder_of(info)
            agents = folder.implied.get("agents", FEW)  # none, where their list is wrong itself
            raw = folder.read(raw, agents**2 if square else None)
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
