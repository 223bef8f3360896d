"""`table`: the values themselves, for every report, type and profile of the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal, NoReturn

import numpy as np
from pydantic import Field, SkipValidation, ValidationInfo, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema

from mdsolve.instance.common import Name, folder_of
from mdsolve.instance.findings import Problem
from mdsolve.instance.grid import TypeGrid
from mdsolve.instance.numbers import bad_value
from mdsolve.instance.valuations.base import ValuationFamily


class TableValuationSpec(ValuationFamily):
    """Values from an .npz file with arrays `value` and `outside`."""

    elsewhere: ClassVar[frozenset[str]] = frozenset({"file"})
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
                folder = folder_of(info)
                most = folder.implied.get("table")
                arrays[key] = folder.read({"file": data["file"], "key": key}, most)
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

    def grid_misfits(self, grids: Sequence[TypeGrid]) -> Iterator[Problem]:
        """Yield arrays that have not one entry per agent and profile."""
        n, size = len(grids), max(grid.count for grid in grids)
        wanted = {"value": (n, *[size] * (n + 1)), "outside": (n, *[size] * n)}
        for key, shape in wanted.items():
            array = getattr(self, key)
            if array.shape != shape:
                yield (
                    ("valuation",),
                    f"an array {key} of shape {array.shape}",
                    f"shape {shape}: agents, then types of the largest grid",
                    "see the instance format: value[agent, own report, own type, others...]",
                )

    def among(self, kept: Sequence[int]) -> NoReturn:
        """Refuse: values of all agents together say nothing about some of them."""
        del kept
        message = "a table of values, which says nothing about fewer agents"
        raise ValueError(message)
