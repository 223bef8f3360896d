"""Proofs that a market has no payments of the kind asked for: chains of lies, weighted rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Self

from mdsolve.fields import Fields, shown_number, shown_numbers, shown_types
from mdsolve.proof.base import ABOUT, About, about

STAY_OUT = "stay out"
"""What stands for a report where an agent compares with not taking part."""

CAP = "cap"
"""What stands for a report where a cap on the agent's payments takes the place of that."""


ROW = ("kind", "agent", "profile", "bound", "multiplier", "report", "other", "members")
"""Keys of a row."""


@dataclass(frozen=True)
class AgentChain:
    """Rising reports of one agent, the last being the true type.

    Parameters
    ----------
    agent : str
    reports : tuple of Fraction
    bounds : tuple of Fraction
        As stated: what staying out bounds at the first report, and what each further step adds.
    bound : Fraction or None
        As stated: their sum.
    capped : bool
        Whether a cap, not staying out, bounds the payment at the first report.
    """

    agent: str
    reports: tuple[Fraction, ...]
    bounds: tuple[Fraction, ...] = ()
    bound: Fraction | None = None
    capped: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the chain as plain data."""
        found: dict[str, Any] = {"agent": self.agent, "reports": shown_numbers(self.reports)}
        if self.bounds:
            before = [CAP if self.capped else STAY_OUT, *shown_numbers(self.reports)]
            steps = zip(
                shown_numbers(self.reports), before, shown_numbers(self.bounds), strict=False
            )
            found["steps"] = [{"type": t, "report": r, "bound": b} for t, r, b in steps]
        if self.bound is not None:
            found["bound"] = shown_number(self.bound)
        return found


@dataclass(frozen=True)
class Chain(About):
    """At one profile, chains of lies bound what each agent can be asked to pay, below zero in sum.

    Parameters
    ----------
    profile : mapping of str to Fraction
        True types by agent.
    chains : tuple of AgentChain
    deficit : Fraction or None
        As stated: the sum of the bounds.
    """

    kind: ClassVar[str] = "chain"

    profile: Mapping[str, Fraction]
    chains: tuple[AgentChain, ...]
    deficit: Fraction | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the proof as plain data."""
        found = self._head() | {"profile": shown_types(self.profile)}
        if self.deficit is not None:
            found["deficit"] = shown_number(self.deficit)
        return found | {"chains": [chain.to_dict() for chain in self.chains]}

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Return the proof in plain data."""
        chains = []
        for entry in fields.entries("chains"):
            entry.closed("agent", "reports", "steps", "bound")
            reports = entry.numbers("reports")
            capped, bounds = _bounds(entry, reports)
            agent, bound = entry.text("agent"), entry.maybe("bound")
            chains.append(AgentChain(agent, reports, bounds, bound, capped))
        fields.closed(*ABOUT, "profile", "deficit", "chains")
        return cls(fields.types("profile"), tuple(chains), fields.maybe("deficit"), **about(fields))


@dataclass(frozen=True)
class Row:
    """One inequality that every admissible payment rule satisfies, and how often it is used.

    Parameters
    ----------
    form : str
        ``rationality``, ``incentive``, ``revenue`` or a side constraint.
    agent : str
    profile : mapping of str to Fraction
    multiplier : Fraction
    report : Fraction or None
        The lie of an ``incentive`` row.
    other : str or None
        The second agent of a ``spread`` row.
    bound : Fraction or None
        As stated.
    members : tuple of str
        The agents who leave together, of a ``coalition`` row.
    """

    form: str
    agent: str
    profile: Mapping[str, Fraction]
    multiplier: Fraction
    report: Fraction | None = None
    other: str | None = None
    bound: Fraction | None = None
    members: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain data."""
        found: dict[str, Any] = {
            "kind": self.form,
            "agent": self.agent,
            "profile": shown_types(self.profile),
        }
        if self.bound is not None:
            found["bound"] = shown_number(self.bound)
        found["multiplier"] = str(self.multiplier)
        if self.report is not None:
            found["report"] = shown_number(self.report)
        if self.other is not None:
            found["other"] = self.other
        if self.members:
            found["members"] = list(self.members)
        return found


@dataclass(frozen=True)
class Rows(About):
    """Inequalities in which, weighted, every payment cancels while the bounds sum below zero.

    Parameters
    ----------
    rows : tuple of Row
    side_constraints : tuple of str
        As on the command line, for example ``cap=2.5``.
    """

    kind: ClassVar[str] = "rows"

    rows: tuple[Row, ...]
    side_constraints: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the proof as plain data."""
        return self._head() | {
            "side_constraints": list(self.side_constraints),
            "rows": [row.to_dict() for row in self.rows],
        }

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Return the proof in plain data."""
        rows = []
        for entry in fields.entries("rows"):
            entry.closed(*ROW)
            rows.append(
                Row(
                    entry.text("kind"),
                    entry.text("agent"),
                    entry.types("profile"),
                    entry.number("multiplier"),
                    entry.maybe("report"),
                    entry.text("other") if entry.has("other") else None,
                    entry.maybe("bound"),
                    entry.texts("members") if entry.has("members") else (),
                )
            )
        words = fields.texts("side_constraints") if fields.has("side_constraints") else ()
        fields.closed(*ABOUT, "side_constraints", "rows")
        return cls(tuple(rows), words, **about(fields))


@dataclass(frozen=True)
class ExpectedLoss(About):
    """The highest rational and truthful payments sum to less than zero on average, by the prior.

    It holds nothing: the highest payments are computed anew.
    """

    kind: ClassVar[str] = "expected-loss"

    def to_dict(self) -> dict[str, Any]:
        """Return the proof as plain data."""
        return self._head()

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Return the proof in plain data."""
        fields.closed(*ABOUT)
        return cls(**about(fields))


def _bounds(entry: Fields, reports: tuple[Fraction, ...]) -> tuple[bool, tuple[Fraction, ...]]:
    """Return whether a chain begins at a cap, and the bounds it states.

    Its steps have to go along its reports.
    """
    if not entry.has("steps"):
        return False, ()
    bounds, steps = [], list(entry.entries("steps"))
    for step in steps:
        step.closed("type", "report", "bound")
        bounds.append(step.number("bound"))
    own = [step.number("type") for step in steps]
    lies = [step.data.get("report") for step in steps]
    said = [lies[0], *(step.number("report") for step in steps[1:])] if steps else []
    capped = bool(said) and said[0] == CAP
    if own != list(reports) or said != [CAP if capped else STAY_OUT, *reports[:-1]]:
        entry.wrong("steps", f"{len(steps)} steps", "one step per report, each from the one before")
    return capped, tuple(bounds)
