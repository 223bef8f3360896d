"""What is known of costs that only the agents know: two rates, several, or a density of rates."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from mdsolve.instance.common import StrictModel
from mdsolve.instance.findings import Problem, several
from mdsolve.instance.numbers import NonNegativeNumber, Number, PositiveNumber, bad_value

TYPE_LIMIT = 500
"""Most cost rates that a prior lists."""


class PriorSpec(StrictModel):
    """Two possible cost rates with the probability of the lower one."""

    low: PositiveNumber
    high: PositiveNumber
    probability_low: Number

    @model_validator(mode="after")
    def _ordered(self) -> PriorSpec:
        problems: list[Problem] = []
        if self.low >= self.high:
            problems.append((("high",), str(self.high), f"more than low = {self.low}", ""))
        if not 0 < self.probability_low < 1:
            got = str(self.probability_low)
            problems.append((("probability_low",), got, "a probability between 0 and 1", ""))
        if problems:
            raise several(problems)
        return self


class CostTypesSpec(StrictModel):
    """Cost rates with the probability of each; they sum to 1."""

    costs: Annotated[tuple[PositiveNumber, ...], Field(min_length=1, max_length=TYPE_LIMIT)]
    probabilities: tuple[Number, ...]

    @model_validator(mode="after")
    def _a_distribution(self) -> CostTypesSpec:
        problems: list[Problem] = []
        seen: set[Fraction] = set()
        for k, cost in enumerate(self.costs):
            if cost in seen:
                fix = "add up its probabilities"
                problems.append((("costs", k), str(cost), "every cost once", fix))
            seen.add(cost)
        if len(self.probabilities) != len(self.costs):
            got = f"{len(self.probabilities)} numbers"
            problems.append((("probabilities",), got, f"{len(self.costs)}, one per cost", ""))
        wrong = [k for k, p in enumerate(self.probabilities) if not 0 < p <= 1]
        for k in wrong:
            got = str(self.probabilities[k])
            fix = "leave out costs that nobody has" if self.probabilities[k] == 0 else ""
            problems.append((("probabilities", k), got, "more than 0, at most 1", fix))
        total = sum(self.probabilities, Fraction(0))
        if not wrong and total != 1:
            got = f"a sum of {float(total):.12g}"
            fix = "write fractions such as 1/3 as they are"
            problems.append((("probabilities",), got, "a sum of exactly 1", fix))
        if problems:
            raise several(problems)
        return self


class _Ranged(StrictModel):
    """A density on a range of cost rates."""

    low: PositiveNumber
    high: PositiveNumber

    @model_validator(mode="after")
    def _a_range(self) -> _Ranged:
        if self.low >= self.high:
            raise several([(("high",), str(self.high), f"more than low = {self.low}", "")])
        return self


class UniformDensitySpec(_Ranged):
    """The same density everywhere from low to high."""

    family: Literal["uniform"]


class TriangularDensitySpec(_Ranged):
    """A density that rises in a line from 0 at low to the mode and falls in a line to 0 at high."""

    family: Literal["triangular"]
    mode: PositiveNumber

    @model_validator(mode="after")
    def _mode_inside(self) -> TriangularDensitySpec:
        if not self.low <= self.mode <= self.high:
            expected = f"from low = {self.low} to high = {self.high}"
            raise several([(("mode",), str(self.mode), expected, "")])
        return self


class TruncatedNormalDensitySpec(_Ranged):
    """The normal density of a mean and a standard deviation, cut off outside low to high."""

    family: Literal["truncated-normal"]
    mean: Number
    deviation: PositiveNumber


class TruncatedExponentialDensitySpec(_Ranged):
    """A density in proportion to exp(-rate * cost) from low to high; below 0 it rises."""

    family: Literal["truncated-exponential"]
    rate: Number

    @field_validator("rate")
    @classmethod
    def _bent(cls, rate: Fraction) -> Fraction:
        if rate == 0:
            raise bad_value("a rate that is not 0", "use family: uniform")
        return rate


class TableDensitySpec(StrictModel):
    """A density in lines through points, which are scaled so that the whole is 1."""

    family: Literal["table"]
    costs: Annotated[tuple[PositiveNumber, ...], Field(min_length=2, max_length=TYPE_LIMIT)]
    densities: tuple[NonNegativeNumber, ...]

    @model_validator(mode="after")
    def _a_density(self) -> TableDensitySpec:
        problems: list[Problem] = []
        for k, (one, two) in enumerate(pairwise(self.costs)):
            if one >= two:
                problems.append((("costs", k + 1), str(two), f"more than {one}", "sort the costs"))
        if len(self.densities) != len(self.costs):
            got = f"{len(self.densities)} numbers"
            problems.append((("densities",), got, f"{len(self.costs)}, one per cost", ""))
        elif not any(self.densities):
            problems.append((("densities",), "zeros", "a density above 0 somewhere", ""))
        if problems:
            raise several(problems)
        return self


DensitySpec = Annotated[
    UniformDensitySpec
    | TriangularDensitySpec
    | TruncatedNormalDensitySpec
    | TruncatedExponentialDensitySpec
    | TableDensitySpec,
    Field(discriminator="family"),
]


class CostDensitySpec(StrictModel):
    """A density of cost rates."""

    density: DensitySpec


def _form(raw: Any) -> str:
    """Tell which of the three a prior is meant to be, by its keys."""
    keys = set(raw) if isinstance(raw, Mapping) else set(dir(raw))
    if "density" in keys:
        return "density of costs"
    return "several costs" if keys & {"costs", "probabilities"} else "two costs"


PriorField = Annotated[
    Annotated[PriorSpec, Tag("two costs")]
    | Annotated[CostTypesSpec, Tag("several costs")]
    | Annotated[CostDensitySpec, Tag("density of costs")],
    Discriminator(_form),
]
