"""Schema of `kind: training`: data, partition, model, agents and protocol of a federated run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

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
from mdsolve.instance.presets import filled
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

    def says_more(self, key: str) -> bool:
        """Tell whether a key is written: image files have a test set, which a share replaces."""
        return self.source.startswith(("mnist", "cifar10")) and key in self.model_fields_set


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


Width = Annotated[WholeNumber, Field(ge=1)]


class LayerSpec(StrictModel):
    """One layer of a `network`: a convolution, a maximum over squares, or a dense layer.

    ``convolution`` and ``dense`` count the outputs, which pass through rectified linear units;
    ``pool`` is the side of the squares. The layer that gives each class its score is not listed.
    ``kernel`` (default 3) and ``padding`` belong to convolutions: `same` keeps the image's size,
    `valid` takes only places where the kernel fits.
    """

    convolution: Width | None = None
    pool: Width | None = None
    dense: Width | None = None
    kernel: Width | None = None
    padding: Literal["same", "valid"] | None = None

    @property
    def kind(self) -> str:
        """Which of the three it is."""
        return next(key for key in LAYER_KINDS if getattr(self, key) is not None)

    @model_validator(mode="after")
    def _one_kind(self) -> LayerSpec:
        kinds = [key for key in LAYER_KINDS if getattr(self, key) is not None]
        problems: list[Problem] = []
        if len(kinds) != 1:
            got = " and ".join(kinds) or "none of them"
            problems.append(((), got, f"one of {', '.join(LAYER_KINDS)}", ""))
        elif self.convolution is None:
            problems += [
                ((key,), f"with {kinds[0]}", f"{key} with convolution only", "")
                for key in ("kernel", "padding")
                if getattr(self, key) is not None
            ]
        elif self.kernel is not None and self.kernel % 2 == 0 and self.padding != "valid":
            fix = "padding: valid"
            problems.append((("kernel",), str(self.kernel), "an odd side with padding: same", fix))
        if problems:
            raise several(problems)
        return self


LAYER_KINDS = ("convolution", "pool", "dense")

DEFAULT_KERNEL = 3


class ModelSpec(StrictModel):
    """What is trained; numbers are floats of 32 or 64 bits.

    ``hidden`` are the widths of the hidden layers of `mlp` and `cnn`, ``layers`` those of
    `network`. ``start`` says where weights start: at zero (default of `linear` and `quadratic`) or
    at random.
    """

    family: Literal["linear", "quadratic", "mlp", "cnn", "network"]
    hidden: tuple[Width, ...] = ()
    layers: tuple[LayerSpec, ...] = ()
    start: Literal["random", "zero"] | None = None
    precision: Literal["float32", "float64"] = "float32"

    @model_validator(mode="after")
    def _layers_fit(self) -> ModelSpec:
        problems: list[Problem] = []
        if self.family == "network":
            if not self.layers:
                problems.append((("layers",), "nothing", "the layers of a network", ""))
            if self.hidden:
                fix = "layers with dense"
                problems.append((("hidden",), "with network", "hidden with mlp and cnn only", fix))
        elif self.layers:
            got = f"with {self.family}"
            problems.append((("layers",), got, "layers with network only", "family: network"))
        dense = [k for k, layer in enumerate(self.layers) if layer.dense is not None]
        for k in range(dense[0] if dense else 0, len(self.layers)):
            if self.layers[k].dense is None:
                got = f"{self.layers[k].kind} after a dense layer"
                problems.append((("layers", k), got, "images before dense layers", ""))
        if problems:
            raise several(problems)
        return self


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
    preset: Literal["murhekar2023", "doshi2025", "murhekar2025"] | None = None
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

    @model_validator(mode="before")
    @classmethod
    def _with_preset(cls, raw: Any) -> Any:
        if not isinstance(raw, Mapping):
            return raw
        whole, problems = filled(raw)
        if problems:
            raise several(problems)
        return whole

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
