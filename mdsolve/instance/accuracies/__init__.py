"""Accuracy families of a sharing game: what data does for the model, per agent or for all.

One file per family; the union below is the one place that names them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Self

from pydantic import Field

from mdsolve.instance.accuracies.base import AccuracySpec, Groups, unknown_groups
from mdsolve.instance.accuracies.coverage import CoverageAccuracySpec
from mdsolve.instance.accuracies.curve import CurveAccuracySpec
from mdsolve.instance.accuracies.linear import LinearAccuracySpec
from mdsolve.instance.accuracies.pac import PacAccuracySpec
from mdsolve.instance.accuracies.power import PowerAccuracySpec
from mdsolve.instance.accuracies.quadratic_fit import QuadraticFitAccuracySpec
from mdsolve.instance.accuracies.threshold_power import ThresholdPowerAccuracySpec
from mdsolve.instance.accuracies.union import UnionAccuracySpec
from mdsolve.instance.common import is_function
from mdsolve.instance.findings import Problem

AccuracyFamily = Annotated[
    PowerAccuracySpec
    | PacAccuracySpec
    | ThresholdPowerAccuracySpec
    | LinearAccuracySpec
    | CoverageAccuracySpec
    | UnionAccuracySpec
    | CurveAccuracySpec
    | QuadraticFitAccuracySpec,
    Field(discriminator="family"),
]


class PerAgentAccuracySpec(AccuracySpec):
    """One accuracy family per agent."""

    per_agent: Annotated[tuple[AccuracyFamily, ...], Field(min_length=1)]

    def misfits(self, agents: int, groups: Groups) -> Iterator[Problem]:
        """Yield families that are not one per agent."""
        del groups
        if len(self.per_agent) != agents:
            got = f"{len(self.per_agent)} families"
            yield ("accuracy", "per_agent"), got, f"{agents}, one per agent", ""
        for number, entry in enumerate(self.per_agent):
            yield from _wrong_row(entry, agents, "per_agent", number)

    def among(self, kept: Sequence[int]) -> Self:
        """Return the families of some agents."""
        return type(self)(per_agent=tuple(self.per_agent[k].among(kept) for k in kept))


class PerGroupAccuracySpec(AccuracySpec):
    """One accuracy family per group."""

    per_group: dict[str, AccuracyFamily]

    def misfits(self, agents: int, groups: Groups) -> Iterator[Problem]:
        """Yield groups without a family."""
        yield from unknown_groups(set(self.per_group), groups, "per_group")
        for name, entry in self.per_group.items():
            yield from _wrong_row(entry, agents, "per_group", name)

    def among(self, kept: Sequence[int]) -> Self:
        """Return the families with weights of some agents; groups stay."""
        return type(self)(per_group={k: entry.among(kept) for k, entry in self.per_group.items()})


def _wrong_row(entry: Any, agents: int, *place: str | int) -> Iterator[Problem]:
    """Yield weights that are not one row for all whom an entry is about."""
    if getattr(entry, "group_weights", None) is not None:
        fix = "write weights: [...] with one entry per agent, or one family for all"
        where = ("accuracy", *place, "group_weights")
        yield where, "a table", "weights, a row of one entry per agent", fix
    row = getattr(entry, "weights", None)
    if row is not None and row.shape != (agents,):
        where = ("accuracy", *place, "weights")
        yield where, f"shape {row.shape}", f"a row of {agents} numbers, one per agent", ""


def accuracy_form(raw: Any) -> str:
    """Tell whether accuracy is given per agent, per group, once for all, or as an object."""
    if is_function(raw):
        return "function"
    for form in ("per_agent", "per_group"):
        if (isinstance(raw, Mapping) and form in raw) or hasattr(raw, form):
            return form
    return "same"
