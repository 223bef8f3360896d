"""Agents of a sharing game: costs, capacities and budgets, one by one or by column.

Per-agent numbers may come from array files, so that a million agents need no million records:
such columns stay NumPy arrays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Annotated, Any

import numpy as np
from pydantic import (
    BeforeValidator,
    Field,
    SkipValidation,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from mdsolve.instance.common import Name, StrictModel, folder_of
from mdsolve.instance.costs import CostField
from mdsolve.instance.findings import Problem, several
from mdsolve.instance.numbers import (
    NUMBER_SCHEMA,
    NonNegativeNumber,
    WholeNumber,
    bad_value,
    exact_number,
)
from mdsolve.instance.priors import PriorField

SHARING_AGENT_LIMIT = 10_000_000


class AgentSpec(StrictModel):
    """One agent, or `count` agents alike whose names hold a placeholder ``{}``."""

    name: Name
    count: Annotated[WholeNumber, Field(ge=1, le=SHARING_AGENT_LIMIT)] = 1
    cost: CostField | None = None
    prior: PriorField | None = None
    capacity: NonNegativeNumber | None = None
    value: NonNegativeNumber = Fraction(1)
    budget: NonNegativeNumber | None = None
    group: Name | None = None

    @model_validator(mode="after")
    def _one_cost(self) -> AgentSpec:
        if (self.cost is None) == (self.prior is None):
            raise bad_value("either cost or prior", "give each agent exactly one of them")
        if self.count > 1 and self.name.count("{}") != 1:
            expected = "a name with one {}, such as 'edge-{}'"
            raise several([(("name",), repr(self.name), expected, "")])
        return self


def _entries(raw: Any, info: ValidationInfo) -> Any:
    """Return the content of an array file or a list as an array; anything else as it is."""
    if isinstance(raw, Mapping) and "file" in raw:
        try:
            return folder_of(info).read(raw, info.data.get("count"))
        except ValueError as error:
            raise bad_value(f"a readable array file: {error}") from None
    return np.array(raw, dtype=object) if isinstance(raw, list | tuple) else raw


def _column(raw: Any, info: ValidationInfo) -> Any:
    """Return one number for all agents, or an array with one entry per agent."""
    try:
        found = _entries(raw, info)
        if not isinstance(found, np.ndarray):
            return exact_number(found)
        if found.dtype.kind == "f" and np.all(np.isfinite(found)):
            return found.astype(np.float64)
        return np.array([float(exact_number(entry)) for entry in found.tolist()])
    except ValueError as error:
        expected = "a number, a list of numbers, or {file: ..., column: ...}"
        raise bad_value(f"{expected}: {error}") from None


def _labels(raw: Any, info: ValidationInfo) -> Any:
    """Return one group for all agents, or an array with one group per agent."""
    found = _entries(raw, info)
    if isinstance(found, np.ndarray) and found.ndim == 1 and found.dtype.kind in "UOf":
        texts = [str(entry) for entry in found.tolist()]
        if all(isinstance(entry, str | float) for entry in found.tolist()):
            return np.array(texts, dtype=str)
    if not isinstance(found, str):
        raise bad_value("a group's name, a list of names, or {file: ..., column: ...}")
    return found


_ARRAY_SCHEMA: list[Any] = [{"type": "array"}, {"type": "object"}]
Column = Annotated[
    SkipValidation[Any],
    BeforeValidator(_column),
    WithJsonSchema({"anyOf": [*NUMBER_SCHEMA["anyOf"], *_ARRAY_SCHEMA]}),
]
LabelColumn = Annotated[
    SkipValidation[Any],
    BeforeValidator(_labels),
    WithJsonSchema({"anyOf": [{"type": "string"}, *_ARRAY_SCHEMA]}),
]


class AgentColumns(StrictModel):
    """Many agents by column: each entry is one number for all or an array of `count`."""

    count: Annotated[WholeNumber, Field(ge=1, le=SHARING_AGENT_LIMIT)]
    cost: Column
    capacity: Column | None = None
    value: Column | None = None
    budget: Column | None = None
    group: LabelColumn | None = None

    @field_validator("count")
    @classmethod
    def _counted(cls, count: int, info: ValidationInfo) -> int:
        """Say how many there are, before files are read that hold numbers of each."""
        folder_of(info).implied["agents"] = count
        return count

    @model_validator(mode="after")
    def _lengths(self) -> AgentColumns:
        problems: list[Problem] = []
        for key in ("cost", "capacity", "value", "budget", "group"):
            column = getattr(self, key)
            if isinstance(column, np.ndarray) and column.shape != (self.count,):
                got = f"an array of shape {column.shape}"
                problems.append(((key,), got, f"{self.count} entries, one per agent", ""))
            elif key != "group" and column is not None:
                low = column.min() if isinstance(column, np.ndarray) else column
                if low < 0:
                    problems.append(((key,), str(low), "numbers that are not negative", ""))
        if problems:
            raise several(problems)
        return self


def agents_form(raw: Any) -> str:
    """Tell whether agents are given by column or as a list."""
    return "columns" if isinstance(raw, Mapping | AgentColumns) else "list"


def repeated_names(agents: Sequence[AgentSpec]) -> Iterator[Problem]:
    """Yield the entries whose name is another one's, or one that a numbered entry produces."""
    numbered = {agent.name: agent.count for agent in agents if agent.count > 1}
    seen: set[str] = set()
    for k, agent in enumerate(agents):
        alike = agent.count == 1 and any(
            int(number) <= numbered.get(pattern, 0) for pattern, number in _patterns(agent.name)
        )
        if agent.name in seen or alike:
            yield ("agents", k, "name"), repr(agent.name), "different names", ""
        seen.add(agent.name)


def _patterns(name: str) -> Iterator[tuple[str, str]]:
    """Yield (pattern, number) for each number in a name: edge-7 is number 7 of edge-{}."""
    for match in re.finditer(r"(?=([1-9][0-9]{0,7}))", name):
        digits = match[1]
        for length in range(1, len(digits) + 1):
            start, end = match.start(), match.start() + length
            yield f"{name[:start]}{{}}{name[end:]}", digits[:length]
