"""Schema of `kind: market`: agents, type grids, quality, valuation, outside option, allocation."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import (
    BeforeValidator,
    PrivateAttr,
    SkipValidation,
    ValidationInfo,
    WithJsonSchema,
    field_serializer,
    field_validator,
    model_validator,
)

from mdsolve.instance.common import InstanceBase, folder_of
from mdsolve.instance.design import DesignSpec
from mdsolve.instance.findings import Problem, several
from mdsolve.instance.grid import TypeGrid
from mdsolve.instance.market_agents import AGENTS_SCHEMA, TYPES_SCHEMA, parse_agents, parse_types
from mdsolve.instance.numbers import Number
from mdsolve.instance.prior import PriorField, prior_misfits
from mdsolve.instance.qualities import QualitySpec
from mdsolve.instance.qualities.identity import IdentityQualitySpec
from mdsolve.instance.valuations import ValuationSpec


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
    agents: Annotated[tuple[str, ...], BeforeValidator(parse_agents), WithJsonSchema(AGENTS_SCHEMA)]
    types: Annotated[
        SkipValidation[Any], BeforeValidator(parse_types), WithJsonSchema(TYPES_SCHEMA)
    ]
    quality: QualitySpec = IdentityQualitySpec()
    valuation: ValuationSpec
    outside: Literal["pooled", "separate"] = "pooled"
    allocation: Literal["efficient", "best-model"] = "efficient"
    profile: tuple[Number, ...] | None = None
    design: DesignSpec | None = None
    prior: PriorField = None
    _grids: tuple[TypeGrid, ...] = PrivateAttr(default=())

    @field_validator("types")
    @classmethod
    def _sized(cls, types: Any, info: ValidationInfo) -> Any:
        """Say how large a table of values can be, before a file of one is read."""
        agents = info.data.get("agents")
        grids = [types] if isinstance(types, TypeGrid) else list(types.values())
        if agents:
            largest = max(grid.count for grid in grids)
            folder_of(info).implied["table"] = len(agents) * largest ** (len(agents) + 1)
        return types

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

    def probabilities(self) -> np.ndarray | None:
        """Return how likely each profile is, shape (m_1, ..., m_n); None where nothing is said."""
        if self.prior is None or isinstance(self.prior, np.ndarray):
            return self.prior
        return np.full([grid.count for grid in self._grids], 1 / self.profile_count)

    @cached_property
    def profile_count(self) -> int:
        """Number of type profiles."""
        return math.prod(grid.count for grid in self._grids)

    @model_validator(mode="after")
    def _consistent(self) -> MarketInstance:
        problems: list[Problem] = []
        self._grids = self._grids_per_agent(problems)
        problems.extend(self.valuation.misfits(len(self.agents), ("valuation",)))
        if self._grids:
            self._check_profile(problems)
            problems.extend(prior_misfits(self.prior, self._grids))
            largest = sum((grid.last for grid in self._grids), start=Fraction(0))
            problems.extend(self.quality.misfits(largest))
            problems.extend(self.valuation.grid_misfits(self._grids))
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
