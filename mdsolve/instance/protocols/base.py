"""What the schemas of all protocols share, and what those share in which agents choose first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from mdsolve.instance.common import StrictModel
from mdsolve.instance.findings import Problem, several
from mdsolve.instance.numbers import NonNegativeNumber, PositiveNumber, WholeNumber

Count = Annotated[WholeNumber, Field(ge=1)]

SETTLED_SHARE = 0.01
"""Below this share of the largest cost a slope counts as zero, where `settled` is not given."""


class ProtocolSpec(StrictModel):
    """How long a protocol runs, in which units and with which steps; the keys of every protocol.

    The docstring of a protocol's own schema says what it does, those of its fields what they mean:
    `mdsolve show` prints both.
    """

    model_config = ConfigDict(use_attribute_docstrings=True)

    citation: ClassVar[str]
    """Where the protocol is from, and how it differs from what is printed there."""

    contributions_move: ClassVar[bool] = True
    """Whether agents change what they bring, by steps of `step_size`."""

    open_defaults: ClassVar[Mapping[str, Any]] = {"learning_rate": Fraction(1, 10), "step_size": 10}
    """What holds where a key without a default of its own is left out: numbers ([M25] appendix E),
    or words where that depends on the agents."""

    name: str
    rounds: Count
    """Rounds of training."""
    batch_size: Count = 16
    """Examples of a mini-batch."""
    learning_rate: PositiveNumber | None = None
    """Step of gradient descent, or of Adam."""
    work: Literal["steps", "gradient"] = "steps"
    """What an agent does in a round: steps on one mini-batch after the other, or a single gradient
    of the mean loss over all it brings ([M23] Algorithms 1-2, [D25])."""
    optimizer: Literal["sgd", "adam"] = "sgd"
    """How gradients move the model: by `learning_rate` times their mean, or as Adam does, whose
    moments the common model keeps ([D25] section 5); adam with `work: gradient` only."""
    step_size: PositiveNumber | None = None
    """Step of the contributions per unit of slope."""
    unit: Literal["batches", "samples"] = "batches"
    """What a contribution counts: mini-batches trained per round ([M25] section 5) or own examples
    brought in ([M23], [D25])."""
    aggregation: Literal["mean", "weighted"] = "mean"
    """The new model is the plain mean of the local ones ([M25], [D25]) or their mean weighted by
    contributions ([M23])."""
    payoff: Literal["accuracy", "loss"] = "accuracy"
    """What agents gain: the accuracy on their own held-out examples, or log(classes) minus the mean
    loss there ([D25] section 5, with r_i the log of the number of classes)."""
    start: tuple[NonNegativeNumber, ...] | None = None
    """Contributions in the first round; the protocol's own choice by default."""

    @model_validator(mode="after")
    def _steps_fit(self) -> Self:
        if self.optimizer == "adam" and self.work != "gradient":
            got, fix = f"adam with work: {self.work}", "work: gradient"
            raise several([(("optimizer",), got, "adam with work: gradient only", fix)])
        return self

    def misfits(self, costs: Sequence[Fraction]) -> Iterator[Problem]:
        """Yield what does not fit agents with these costs per unit of contribution."""
        del costs
        yield from ()

    def settings(self) -> dict[str, Any]:
        """Return every setting in force, defaults included; those that nobody uses are left out."""
        unused = {"name", "start"} | (set() if self.contributions_move else {"step_size"})
        found = {key: getattr(self, key) for key in type(self).model_fields if key not in unused}
        found |= {key: self.open_defaults[key] for key, value in found.items() if value is None}
        return {"name": self.name, "citation": self.citation, **found}


class SlopesSpec(ProtocolSpec):
    """Keys of protocols whose agents move along slopes that they measure."""

    difference: PositiveNumber = Fraction(1)
    """Width of the difference quotients by which agents estimate what more data would bring, in
    units of contribution (epsilon in [M25], Delta s in [M23])."""
    at_capacity: Literal["back", "beyond"] = "back"
    """Where an agent has no room for the width: compare with a smaller contribution, or go beyond
    the capacity as [M25] Algorithm 1 does; beyond with `unit: batches` only, which start over."""

    @model_validator(mode="after")
    def _room_beyond(self) -> Self:
        if self.at_capacity == "beyond" and self.unit == "samples":
            got = "beyond with unit: samples, of which nobody has more"
            raise several([(("at_capacity",), got, "beyond with unit: batches only", "")])
        return self


class BetweenRoundsSpec(SlopesSpec):
    """Keys of protocols whose agents move after so many rounds of training each ([M23])."""

    rounds_per_move: Count = 1
    """Rounds of training between two moves of the contributions (T in [M23] Algorithms 1-2)."""
    estimate: Literal["own", "total"] = "own"
    """What stands for the slope of the payoff: one round of training with a little more of the own
    data ([M25] appendix F), or of everybody's together, as [M23] writes a(sum s + Delta s)."""


class TwoPhasesSpec(SlopesSpec):
    """Keys of protocols whose agents choose before the model is trained."""

    open_defaults: ClassVar[Mapping[str, Any]] = {
        **SlopesSpec.open_defaults,
        "settled": f"{SETTLED_SHARE:g} of the largest cost",
    }
    settled: PositiveNumber | None = None
    """Largest slope that counts as zero, money per unit of contribution."""
    negotiation_rounds: Count = 100
    """Most rounds in which agents choose before training starts."""
