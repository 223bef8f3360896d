"""How likely the profiles of a market's types are: uniform, or a table that sums to one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import (
    BeforeValidator,
    PlainSerializer,
    SkipValidation,
    ValidationInfo,
    WithJsonSchema,
)

from mdsolve.instance.common import folder_of
from mdsolve.instance.findings import Problem
from mdsolve.instance.grid import TypeGrid
from mdsolve.instance.numbers import bad_value, exact_number
from mdsolve.tolerance import DEFAULT

UNIFORM = "uniform"

EXPECTED = "uniform, {file: ..., key: ...}, or nested lists of probabilities"


def _prior(raw: Any, info: ValidationInfo) -> Any:
    """Return ``uniform`` or a read-only table of probabilities; raises a validation error."""
    if raw is None or (isinstance(raw, str) and raw == UNIFORM):
        return raw
    if isinstance(raw, Mapping):
        try:
            raw = folder_of(info).read(raw)
        except ValueError as error:
            raise bad_value(f"a readable array file: {error}") from None
    if not isinstance(raw, list | tuple | np.ndarray):
        raise bad_value(EXPECTED)
    try:
        entries = np.array(raw, dtype=object)
        flat = [float(exact_number(entry)) for entry in entries.ravel().tolist()]
    except (TypeError, ValueError):
        raise bad_value("probabilities as numbers, in one list per agent's types") from None
    table = np.array(flat).reshape(entries.shape)
    table.flags.writeable = False
    return table


def _plain(prior: Any) -> Any:
    return prior.tolist() if isinstance(prior, np.ndarray) else prior


PriorField = Annotated[
    SkipValidation[Any],
    BeforeValidator(_prior),
    PlainSerializer(_plain),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": UNIFORM},
                {
                    "type": "object",
                    "properties": {"file": {"type": "string"}, "key": {"type": "string"}},
                    "required": ["file"],
                },
                {"type": "array"},
                {"type": "null"},
            ]
        }
    ),
]
"""``uniform``, a table of shape (m_1, ..., m_n), or None."""


def prior_misfits(prior: Any, grids: Sequence[TypeGrid]) -> list[Problem]:
    """Return what does not fit the types: another shape, negative numbers, another sum than one."""
    if not isinstance(prior, np.ndarray):
        return []
    shape = tuple(grid.count for grid in grids)
    if prior.shape != shape:
        expected = f"shape {shape}: one axis per agent, one entry per type"
        return [(("prior",), f"shape {prior.shape}", expected, "")]
    if prior.min() < 0:
        return [(("prior",), f"the probability {prior.min():g}", "probabilities of 0 or more", "")]
    total = float(prior.sum())
    if abs(total - 1) > DEFAULT.verify:
        return [(("prior",), f"a sum of {total:.12g}", "probabilities that sum to 1", "")]
    return []
