"""Schema of `kind: market`: agents, type grids, quality, valuation, outside option, allocation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import (
    BeforeValidator,
    Field,
    PrivateAttr,
    SkipValidation,
    ValidationInfo,
    WithJsonSchema,
    field_serializer,
    field_validator,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from mdsolve.instance.common import InstanceBase, Name, StrictModel, folder_of, is_label
from mdsolve.instance.findings import Problem, several, shown
from mdsolve.instance.grid import TypeGrid
from mdsolve.instance.numbers import (
    NUMBER_SCHEMA,
    Number,
    PositiveNumber,
    bad_value,
    exact_number,
)

GRID_EXAMPLE = "{from: 1, to: 20, step: 1} or a rising list of types"
GRID_COUNT_LIMIT = 10**9
_GRID_KEYS = {"from", "to", "step"}


class IdentityQualitySpec(StrictModel):
    """Q(t) = t."""

    family: Literal["identity"] = "identity"


class SaturationQualitySpec(StrictModel):
    """Q(t) = (1 - exp(-t)) / (1 + exp(-t))."""

    family: Literal["saturation"]


class PowerQualitySpec(StrictModel):
    """Q(t) = t ** exponent, exponent > 0."""

    family: Literal["power"]
    exponent: PositiveNumber


class TableQualitySpec(StrictModel):
    """Linear interpolation through points (size, quality), from (0, 0) on, both rising."""

    family: Literal["table"]
    points: Annotated[tuple[tuple[Number, Number], ...], Field(min_length=2)]

    @field_validator("points")
    @classmethod
    def _rising(cls, points: tuple[tuple[Fraction, Fraction], ...]) -> Any:
        if any(points[0]):
            raise bad_value("a first point [0, 0]", "start with [0, 0]: no data, no quality")
        for k, (earlier, later) in enumerate(pairwise(points)):
            if later[0] <= earlier[0] or later[1] <= earlier[1]:
                raise bad_value(
                    "sizes and qualities that both rise strictly", f"see points {k} and {k + 1}"
                )
        return points


QualitySpec = Annotated[
    IdentityQualitySpec | SaturationQualitySpec | PowerQualitySpec | TableQualitySpec,
    Field(discriminator="family"),
]


class GrowthValuationSpec(StrictModel):
    """v_i = scale * (sum_j q_j) ** exponent * q_i."""

    family: Literal["growth"]
    exponent: Number
    scale: PositiveNumber = Fraction(1)


class ShareValuationSpec(StrictModel):
    """v_i = scale * q_i / sum_j q_j."""

    family: Literal["share"]
    scale: PositiveNumber = Fraction(1)


class LinearValuationSpec(StrictModel):
    """v_i = scale * sum_j matrix[i][j] q_j."""

    family: Literal["linear"]
    matrix: tuple[tuple[Number, ...], ...]
    scale: PositiveNumber = Fraction(1)


class SumValuationSpec(StrictModel):
    """Sum of the terms' values."""

    family: Literal["sum"]
    terms: Annotated[tuple[TermSpec, ...], Field(min_length=1)]


class TableValuationSpec(StrictModel):
    """Values from an .npz file with arrays `value` and `outside`."""

    family: Literal["table"]
    file: Name | None = None
    value: SkipJsonSchema[SkipValidation[Any]] = Field(default=None, exclude=True)
    outside: SkipJsonSchema[SkipValidation[Any]] = Field(default=None, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: Any, info: ValidationInfo) -> Any:
        """Read both arrays of the file, or take arrays passed from Python."""
        if not isinstance(data, Mapping) or "file" not in data:
            return data
        arrays: dict[str, Any] = {}
        for key in ("value", "outside"):
            if key in data:
                raise bad_value("either a file or arrays, not both")
            try:
                arrays[key] = folder_of(info).read({"file": data["file"], "key": key})
            except ValueError as error:
                raise bad_value(f"a readable .npz file: {error}") from None
        return {**data, **arrays}

    @field_validator("value", "outside")
    @classmethod
    def _numeric(cls, array: Any) -> Any:
        if array is None:
            return None
        try:
            table = np.asarray(array, dtype=np.float64)
        except (TypeError, ValueError):
            raise bad_value("an array of numbers") from None
        if not np.all(np.isfinite(table)):
            raise bad_value("finite numbers")
        return table

    @model_validator(mode="after")
    def _complete(self) -> TableValuationSpec:
        if self.value is None or self.outside is None:
            raise bad_value("file: an .npz with the arrays value and outside")
        return self


TermSpec = Annotated[
    GrowthValuationSpec | ShareValuationSpec | LinearValuationSpec | SumValuationSpec,
    Field(discriminator="family"),
]
ValuationSpec = Annotated[
    GrowthValuationSpec
    | ShareValuationSpec
    | LinearValuationSpec
    | SumValuationSpec
    | TableValuationSpec,
    Field(discriminator="family"),
]
SumValuationSpec.model_rebuild()


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
_TYPES_SCHEMA = {
    "anyOf": [*_GRID_SCHEMA["anyOf"], {"type": "object", "additionalProperties": _GRID_SCHEMA}]
}
_AGENTS_SCHEMA = {
    "anyOf": [
        {"type": "integer", "minimum": 1, "maximum": AGENT_LIMIT},
        {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
    ]
}


class MarketInstance(InstanceBase):
    """A data market as the user wrote it ([C20]).

    Examples
    --------
    >>> market = MarketInstance(
    ...     kind="market",
    ...     agents=["big", "small"],
    ...     types={"from": 1, "to": 4},
    ...     valuation={"family": "growth", "exponent": "-4/5"},
    ... )
    >>> market.profile_count
    16
    """

    kind: Literal["market"] = "market"
    agents: Annotated[
        tuple[str, ...], BeforeValidator(parse_agents), WithJsonSchema(_AGENTS_SCHEMA)
    ]
    types: Annotated[
        SkipValidation[Any], BeforeValidator(parse_types), WithJsonSchema(_TYPES_SCHEMA)
    ]
    quality: QualitySpec = IdentityQualitySpec()
    valuation: ValuationSpec
    outside: Literal["pooled", "separate"] = "pooled"
    allocation: Literal["efficient", "best-model"] = "efficient"
    profile: tuple[Number, ...] | None = None
    _grids: tuple[TypeGrid, ...] = PrivateAttr(default=())

    @field_serializer("types")
    def _plain_types(self, types: Any) -> Any:
        def plain(grid: TypeGrid) -> Any:
            if grid.listed is None and grid.step is not None:
                return {"from": str(grid.first), "to": str(grid.last), "step": str(grid.step)}
            return [str(value) for value in grid.exact_values()]

        return {k: plain(v) for k, v in types.items()} if isinstance(types, dict) else plain(types)

    @property
    def grids(self) -> tuple[TypeGrid, ...]:
        """One grid of types per agent."""
        return self._grids

    @cached_property
    def profile_count(self) -> int:
        """Number of type profiles."""
        return math.prod(grid.count for grid in self._grids)

    @model_validator(mode="after")
    def _consistent(self) -> MarketInstance:
        problems: list[Problem] = []
        self._grids = self._grids_per_agent(problems)
        n = len(self.agents)
        _check_matrices(self.valuation, n, ("valuation",), problems)
        if self._grids:
            self._check_profile(problems)
            self._check_table_quality(problems)
            self._check_value_table(problems)
        if problems:
            raise several(problems)
        return self

    def _grids_per_agent(self, problems: list[Problem]) -> tuple[TypeGrid, ...]:
        if isinstance(self.types, TypeGrid):
            return (self.types,) * len(self.agents)
        problems.extend(
            (("types",), f"no types for {name!r}", "a grid for every agent", "")
            for name in self.agents
            if name not in self.types
        )
        for name in self.types:
            if name not in self.agents:
                names = ", ".join(self.agents)
                problems.append((("types", name), repr(name), f"one of the agents {names}", ""))
        if problems:
            return ()
        return tuple(self.types[name] for name in self.agents)

    def _check_profile(self, problems: list[Problem]) -> None:
        if self.profile is None:
            return
        n = len(self.agents)
        if len(self.profile) != n:
            problems.append((("profile",), f"{len(self.profile)} types", f"{n}, one per agent", ""))
            return
        for k, (t, grid) in enumerate(zip(self.profile, self._grids, strict=True)):
            if grid.index(t) is None:
                expected = f"a type on the grid {grid.first} .. {grid.last} of {self.agents[k]}"
                problems.append((("profile", k), str(t), expected, ""))

    def _check_table_quality(self, problems: list[Problem]) -> None:
        if isinstance(self.quality, TableQualitySpec):
            largest = sum((grid.last for grid in self._grids), start=Fraction(0))
            covered = self.quality.points[-1][0]
            if covered < largest:
                problems.append(
                    (
                        ("quality", "points"),
                        f"points up to size {covered}",
                        f"points up to {largest}, the total of the largest types",
                        "add a point there; quality is never extrapolated",
                    )
                )

    def _check_value_table(self, problems: list[Problem]) -> None:
        table = self.valuation
        if not isinstance(table, TableValuationSpec):
            return
        n, size = len(self.agents), max(grid.count for grid in self._grids)
        wanted = {"value": (n, *[size] * (n + 1)), "outside": (n, *[size] * n)}
        for key, shape in wanted.items():
            array = getattr(table, key)
            if array.shape != shape:
                problems.append(
                    (
                        ("valuation",),
                        f"an array {key} of shape {array.shape}",
                        f"shape {shape}: agents, then types of the largest grid",
                        "see the instance format: value[agent, own report, own type, others...]",
                    )
                )


def _check_matrices(
    spec: Any, agents: int, place: tuple[str | int, ...], problems: list[Problem]
) -> None:
    """Require n x n coefficient matrices, also inside sums."""
    if isinstance(spec, SumValuationSpec):
        for k, term in enumerate(spec.terms):
            _check_matrices(term, agents, (*place, "terms", k), problems)
    if not isinstance(spec, LinearValuationSpec):
        return
    rows = [len(row) for row in spec.matrix]
    if rows != [agents] * agents:
        got = f"{len(rows)} rows of lengths {rows}"
        expected = f"{agents} rows of {agents} numbers, one row and column per agent"
        problems.append(((*place, "matrix"), got, expected, ""))
