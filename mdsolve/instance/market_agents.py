"""Agents of a market and their types: names or a number, grids as ranges, lists or files."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from pydantic import (
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from mdsolve.instance.common import folder_of, is_label
from mdsolve.instance.findings import Problem, several, shown
from mdsolve.instance.grid import TypeGrid
from mdsolve.instance.numbers import (
    NUMBER_SCHEMA,
    bad_value,
    exact_number,
)

GRID_EXAMPLE = "{from: 1, to: 20, step: 1} or a rising list of types"

GRID_COUNT_LIMIT = 10**9

_GRID_KEYS = {"from", "to", "step"}


def parse_grid(raw: Any, info: ValidationInfo | None = None) -> TypeGrid:
    """Return a grid of types from its file form; raises a validation error."""
    if isinstance(raw, TypeGrid):
        return raw
    if isinstance(raw, Mapping) and "file" in raw and info is not None:
        try:
            raw = folder_of(info).read(raw).tolist()
        except ValueError as error:
            raise bad_value(f"a readable array file: {error}") from None
    if isinstance(raw, Mapping):
        return _arithmetic_grid(raw)
    if isinstance(raw, np.ndarray):
        raw = raw.tolist()
    if not isinstance(raw, list | tuple):
        raise bad_value(GRID_EXAMPLE)
    if not raw:
        raise bad_value("at least one type", "list the possible types")
    types = tuple(_type(entry) for entry in raw)
    if any(later <= earlier for earlier, later in pairwise(types)):
        raise bad_value("types in strictly rising order", "sort them and remove duplicates")
    return TypeGrid.of(types)


def _arithmetic_grid(raw: Mapping[str, Any]) -> TypeGrid:
    unknown = [str(key) for key in raw if key not in _GRID_KEYS]
    if unknown or not {"from", "to"} <= set(raw):
        raise bad_value(GRID_EXAMPLE, "a grid has the keys from, to and step (default 1)")
    start, stop = _type(raw["from"]), _type(raw["to"])
    step = _type(raw.get("step", 1))
    if step == 0:
        raise bad_value("a step greater than 0")
    if start > stop:
        raise bad_value("from <= to, so that the grid is not empty", "swap from and to")
    if (stop - start) / step >= GRID_COUNT_LIMIT:
        raise bad_value(f"at most {GRID_COUNT_LIMIT:,} types per agent", "use a larger step")
    return TypeGrid.arithmetic(start, stop, step)


def _type(value: Any) -> Fraction:
    try:
        number = exact_number(value)
    except (TypeError, ValueError):
        raise bad_value("types that are finite numbers", f"{shown(value)} is not one") from None
    if number < 0:
        raise bad_value("types that are not negative", f"{number} is negative")
    return number


def parse_types(raw: Any, info: ValidationInfo) -> TypeGrid | dict[str, TypeGrid]:
    """Return one grid for all agents, or one per agent name."""
    per_agent = isinstance(raw, Mapping) and not (set(raw) & (_GRID_KEYS | {"file"}))
    if not per_agent:
        return parse_grid(raw, info)
    if not raw:
        raise bad_value(GRID_EXAMPLE)
    grids: dict[str, TypeGrid] = {}
    problems: list[Problem] = []
    for agent, grid in raw.items():
        try:
            grids[str(agent)] = parse_grid(grid, info)
        except PydanticCustomError as error:
            context = error.context or {}
            problems.append(((agent,), shown(grid), context["expected"], context["fix"]))
    if problems:
        raise several(problems)
    return grids


def parse_agents(raw: Any) -> tuple[str, ...]:
    """Return agent names from a list of names or a count."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        if not 1 <= raw <= AGENT_LIMIT:
            raise bad_value(f"between 1 and {AGENT_LIMIT} agents")
        return tuple(f"agent-{k}" for k in range(1, raw + 1))
    if not isinstance(raw, list | tuple) or not all(isinstance(name, str) for name in raw):
        raise bad_value("a list of names, or the number of agents", "for example [big, small]")
    if not 1 <= len(raw) <= AGENT_LIMIT:
        raise bad_value(f"between 1 and {AGENT_LIMIT} agents")
    if len(set(raw)) < len(raw) or not all(raw):
        raise bad_value("different, non-empty names")
    if not all(is_label(name) for name in raw):
        raise bad_value("names without control characters")
    return tuple(raw)


AGENT_LIMIT = 32
"""NumPy arrays have at most 64 axes; nobody can fill a table with more than a few anyway."""

_GRID_SCHEMA = {
    "anyOf": [
        {
            "type": "object",
            "properties": {"from": NUMBER_SCHEMA, "to": NUMBER_SCHEMA, "step": NUMBER_SCHEMA},
            "required": ["from", "to"],
            "additionalProperties": False,
        },
        {"type": "array", "items": NUMBER_SCHEMA, "minItems": 1},
        {
            "type": "object",
            "properties": {"file": {"type": "string"}},
            "required": ["file"],
        },
    ]
}

TYPES_SCHEMA = {
    "anyOf": [*_GRID_SCHEMA["anyOf"], {"type": "object", "additionalProperties": _GRID_SCHEMA}]
}

AGENTS_SCHEMA = {
    "anyOf": [
        {"type": "integer", "minimum": 1, "maximum": AGENT_LIMIT},
        {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
    ]
}
