"""Schema of `kind: training`: data, partition, model, agents and protocol of a federated run."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from mdsolve.instance.common import InstanceBase, StrictModel
from mdsolve.instance.findings import Problem, several
from mdsolve.instance.numbers import (
    NonNegativeNumber,
    Number,
    PositiveNumber,
    WholeNumber,
    bad_value,
)

BUNDLED_SOURCES = ("digits", "breast_cancer", "synthetic-quadratic")
FILE_SOURCES = ("mnist", "cifar10", "npz", "csv")


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


class DataSpec(StrictModel):
    """Where the examples come from and which share is held out, in [0, 1)."""

    source: Annotated[str, AfterValidator(_source)]
    holdout: Annotated[Number, AfterValidator(_share)] = Fraction(1, 4)


class PartitionSpec(StrictModel):
    """How the examples are split among agents."""

    scheme: Literal["iid", "dirichlet", "label-ratio", "rotate"] = "iid"
    alpha: PositiveNumber | None = None
    angles: tuple[Number, ...] | None = None
    agents_per_group: Annotated[WholeNumber, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _complete(self) -> PartitionSpec:
        needed = {"dirichlet": "alpha", "rotate": "angles"}
        problems: list[Problem] = []
        for scheme, key in needed.items():
            given = getattr(self, key) is not None
            if scheme == self.scheme and not given:
                fix = f"add {key}: ..."
                problems.append(((key,), "nothing", f"{key}, which {scheme} needs", fix))
            elif scheme != self.scheme and given:
                problems.append(((key,), f"with {self.scheme}", f"{key} with {scheme} only", ""))
        if problems:
            raise several(problems)
        return self


class ModelSpec(StrictModel):
    """What is trained."""

    family: Literal["linear", "quadratic", "mlp", "cnn"]
    hidden: tuple[Annotated[WholeNumber, Field(ge=1)], ...] = ()


class TrainingAgents(StrictModel):
    """Cost per sample of each agent."""

    cost: Annotated[tuple[NonNegativeNumber, ...], Field(min_length=1)]


class ProtocolSpec(StrictModel):
    """Which protocol runs, for how long and with which steps."""

    name: Literal[
        "fedavg", "fedavg-strategic", "fedbr", "fedbr-bg", "fedbr-shap", "upbred", "2p-upbred"
    ]
    rounds: Annotated[WholeNumber, Field(ge=1)]
    batch_size: Annotated[WholeNumber, Field(ge=1)] = 16
    learning_rate: PositiveNumber | None = None
    step_size: PositiveNumber | None = None


class TrainingInstance(InstanceBase):
    """A federated training run as the user wrote it."""

    kind: Literal["training"] = "training"
    data: DataSpec
    partition: PartitionSpec = PartitionSpec()
    model: ModelSpec
    agents: TrainingAgents
    protocol: ProtocolSpec
    seed: Annotated[WholeNumber, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _consistent(self) -> TrainingInstance:
        angles = self.partition.angles
        if angles is not None:
            agents = len(angles) * self.partition.agents_per_group
            if agents != len(self.agents.cost):
                got, expected = f"{len(self.agents.cost)} costs", f"{agents}, one per agent"
                fix = "one per angle and agent of its group"
                raise several([(("agents", "cost"), got, expected, fix)])
        return self
