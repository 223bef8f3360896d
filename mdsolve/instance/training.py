"""Schema of `kind: training`: data, partition, model, agents and protocol of a federated run."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PrivateAttr, ValidationInfo, model_validator

from mdsolve.instance.common import InstanceBase, Name, StrictModel, folder_of
from mdsolve.instance.findings import Problem, several
from mdsolve.instance.numbers import (
    NonNegativeNumber,
    Number,
    PositiveNumber,
    WholeNumber,
    bad_value,
)
from mdsolve.instance.protocols import ProtocolField

BUNDLED_SOURCES = ("digits", "breast_cancer", "synthetic-quadratic")
FILE_SOURCES = ("mnist", "cifar10", "npz", "csv")

PARTITION_KEYS = {"alpha": "dirichlet", "ratio": "label-ratio", "angles": "rotate"}
"""Keys of a partition that belong to one scheme."""


def _source(name: str) -> str:
    kind, separator, rest = name.partition(":")
    if name in BUNDLED_SOURCES or (separator and kind in FILE_SOURCES and rest):
        return name
    choices = ", ".join([*BUNDLED_SOURCES, "mnist:DIR", "cifar10:DIR", "npz:FILE", "csv:FILE"])
    raise bad_value(f"one of {choices}")


def _share(value: Fraction) -> Fraction:
    if not 0 <= value < 1:
        raise bad_value("a share of at least 0 and below 1")
    return value


def _ratio(value: Fraction) -> Fraction:
    if not 0 < value < 1:
        raise bad_value("a share between 0 and 1")
    return value


class DataSpec(StrictModel):
    """Where the examples come from and which share is held out, in [0, 1)."""

    source: Annotated[str, AfterValidator(_source)]
    holdout: Annotated[Number, AfterValidator(_share)] = Fraction(1, 4)


class PartitionSpec(StrictModel):
    """How the examples are split among agents.

    ``alpha`` is the concentration of `dirichlet`; ``ratio`` the share of each agent's favourite
    class under `label-ratio`; ``angles`` (degrees) the rotation of each group under `rotate`.
    Under `by-file` the data themselves say who owns what.
    """

    scheme: Literal["iid", "dirichlet", "label-ratio", "rotate", "by-file"] = "iid"
    alpha: PositiveNumber | None = None
    ratio: Annotated[Number, AfterValidator(_ratio)] | None = None
    angles: Annotated[tuple[Number, ...], Field(min_length=1)] | None = None
    agents_per_group: Annotated[WholeNumber, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _complete(self) -> PartitionSpec:
        problems: list[Problem] = []
        for key, scheme in PARTITION_KEYS.items():
            given = getattr(self, key) is not None
            if scheme == self.scheme and not given and key != "ratio":
                fix = f"add {key}: ..."
                problems.append(((key,), "nothing", f"{key}, which {scheme} needs", fix))
            elif scheme != self.scheme and given:
                problems.append(((key,), f"with {self.scheme}", f"{key} with {scheme} only", ""))
        if problems:
            raise several(problems)
        return self


class ModelSpec(StrictModel):
    """What is trained; numbers are floats of 32 or 64 bits."""

    family: Literal["linear", "quadratic", "mlp", "cnn"]
    hidden: tuple[Annotated[WholeNumber, Field(ge=1)], ...] = ()
    precision: Literal["float32", "float64"] = "float32"


class TrainingAgents(StrictModel):
    """Who takes part: cost per unit of contribution, most units, money per unit of accuracy.

    The unit is the protocol's (`ProtocolSpec.unit`). Without a capacity an agent can bring all
    the examples that the partition gives them, once per round.
    """

    cost: Annotated[tuple[NonNegativeNumber, ...], Field(min_length=1)]
    capacity: tuple[PositiveNumber, ...] | None = None
    value: tuple[PositiveNumber, ...] | None = None
    names: tuple[Name, ...] | None = None

    @model_validator(mode="after")
    def _one_per_agent(self) -> TrainingAgents:
        problems: list[Problem] = []
        agents = len(self.cost)
        for key in ("capacity", "value", "names"):
            given = getattr(self, key)
            if given is not None and len(given) != agents:
                problems.append(
                    ((key,), f"{len(given)} of them", f"{agents}, as many as costs", "")
                )
        if self.names is not None and len(set(self.names)) < len(self.names):
            problems.append((("names",), "a name twice", "each name once", ""))
        if problems:
            raise several(problems)
        return self


class TrainingInstance(InstanceBase):
    """A federated training run as the user wrote it."""

    kind: Literal["training"] = "training"
    data: DataSpec
    partition: PartitionSpec = PartitionSpec()
    model: ModelSpec
    agents: TrainingAgents
    protocol: ProtocolField
    seed: Annotated[WholeNumber, Field(ge=0)] = 0
    _folder: Path | None = PrivateAttr(default=None)

    @property
    def folder(self) -> Path | None:
        """Folder that file names in the instance are relative to; None without one."""
        return self._folder

    @property
    def agent_names(self) -> tuple[str, ...]:
        """Names of the agents; ``agent-1`` ... where none are given."""
        count = len(self.agents.cost)
        return self.agents.names or tuple(f"agent-{k + 1}" for k in range(count))

    @model_validator(mode="after")
    def _consistent(self, info: ValidationInfo) -> TrainingInstance:
        self._folder = folder_of(info).folder
        problems = list(self._problems())
        if problems:
            raise several(problems)
        return self

    def _problems(self) -> Iterator[Problem]:
        count = len(self.agents.cost)
        yield from self.protocol.misfits(self.agents.cost)
        angles = self.partition.angles
        if angles is not None:
            agents = len(angles) * self.partition.agents_per_group
            if agents != count:
                fix = "one per angle and agent of its group"
                yield ("agents", "cost"), f"{count} costs", f"{agents}, one per agent", fix
        start = self.protocol.start
        if start is not None and len(start) != count:
            yield ("protocol", "start"), f"{len(start)} of them", f"{count}, one per agent", ""
        capacity = self.agents.capacity
        if start is not None and capacity is not None and len(start) == len(capacity):
            for i, (first, most) in enumerate(zip(start, capacity, strict=True)):
                if first > most:
                    expected = f"at most the capacity, {float(most):g}"
                    yield ("protocol", "start", i), f"{float(first):g}", expected, ""
