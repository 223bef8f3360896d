"""Proofs that something does not exist: one class each, to and from the `witness` of a solution.

A proof says what it is about itself: the mechanism with its options, and for markets the side
constraints. It holds only what the checker cannot find out alone: where to look. Stated bounds are
kept as they were stated, and prove nothing.

    chain        every payment rule of a market: one chain of lies per agent at one profile
    rows         the same under side constraints: inequalities with multipliers
    box-tree     no equilibrium: boxes that cover every profile, on each a deviation that gains
    unaffordable no equilibrium: one agent lacks money at every profile
    no-step      no step size of the kind asked for lets a protocol contract

Solutions of the first stage name no kind; their keys tell it. What they do not say stays None.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, ClassVar, Self

from mdsolve.errors import Finding, SolutionFileError
from mdsolve.fields import Fields, Read, shown_number, shown_numbers, shown_types

STAY_OUT = "stay out"
"""What stands for a report where an agent compares with not taking part."""

ABOUT = ("kind", "mechanism", "options")
"""Keys that every proof may have."""


@dataclass(frozen=True, kw_only=True)
class About(ABC):
    """What a proof is about.

    Parameters
    ----------
    mechanism : str or None
        Name of the rule; None in files of the first stage, which leave it to the solution.
    options : mapping
        The rule's effective options.
    """

    mechanism: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    kind: ClassVar[str]
    denies_equilibria: ClassVar[bool] = False  # whether a sharing game has no equilibrium by it

    @classmethod
    def from_dict(
        cls, data: Mapping[str, Any], where: str = "witness", read: Read | None = None
    ) -> Self:
        """Return the proof of this kind that plain data hold.

        Raises
        ------
        SolutionFileError
            With every problem found: unknown keys, entries that are no numbers.
        """
        fields = Fields(data, where, [], read)
        proof = cls.read(fields)
        if fields.findings:
            raise SolutionFileError(fields.findings)
        return proof

    @classmethod
    @abstractmethod
    def read(cls, fields: Fields) -> Self:
        """Return the proof in fields, whose findings tell what is wrong with them."""

    def _head(self) -> dict[str, Any]:
        found: dict[str, Any] = {"kind": self.kind}
        if self.mechanism is not None:
            found |= {"mechanism": self.mechanism, "options": dict(self.options)}
        return found


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
    """

    agent: str
    reports: tuple[Fraction, ...]
    bounds: tuple[Fraction, ...] = ()
    bound: Fraction | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the chain as plain data."""
        found: dict[str, Any] = {"agent": self.agent, "reports": shown_numbers(self.reports)}
        if self.bounds:
            before = [STAY_OUT, *shown_numbers(self.reports)]
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
            bounds, bound = _bounds(entry, reports), entry.maybe("bound")
            chains.append(AgentChain(entry.text("agent"), reports, bounds, bound))
        fields.closed(*ABOUT, "profile", "deficit", "chains")
        return cls(
            fields.types("profile"), tuple(chains), fields.maybe("deficit"), **_about(fields)
        )


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
    """

    form: str
    agent: str
    profile: Mapping[str, Fraction]
    multiplier: Fraction
    report: Fraction | None = None
    other: str | None = None
    bound: Fraction | None = None

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
            entry.closed("kind", "agent", "profile", "bound", "multiplier", "report", "other")
            rows.append(
                Row(
                    entry.text("kind"),
                    entry.text("agent"),
                    entry.types("profile"),
                    entry.number("multiplier"),
                    entry.maybe("report"),
                    entry.text("other") if entry.has("other") else None,
                    entry.maybe("bound"),
                )
            )
        words = fields.texts("side_constraints") if fields.has("side_constraints") else ()
        fields.closed(*ABOUT, "side_constraints", "rows")
        return cls(tuple(rows), words, **_about(fields))


@dataclass(frozen=True)
class Split:
    """A box is cut in two along one agent's contribution; the lower half comes first."""

    agent: int
    at: Fraction


@dataclass(frozen=True)
class Leaf:
    """Everywhere in the box this agent gains by contributing `deviation`."""

    agent: int
    deviation: Fraction


@dataclass(frozen=True)
class BoxTree(About):
    """Boxes that cover every profile, each with one deviation that gains all over it.

    Parameters
    ----------
    nodes : tuple of Split and Leaf
        In the order in which a box is looked at before its halves, the lower one first.
    """

    kind: ClassVar[str] = "box-tree"
    denies_equilibria: ClassVar[bool] = True

    nodes: tuple[Split | Leaf, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the proof as plain data."""
        return self._head() | {
            "tree": [
                [node.agent, shown_number(node.at)]
                if isinstance(node, Split)
                else [node.agent, None, shown_number(node.deviation)]
                for node in self.nodes
            ]
        }

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Return the proof in plain data; trees of the first stage are about `none`."""
        nodes: list[Split | Leaf] = []
        for number, node in enumerate(fields.list("tree")):
            where = f"tree[{number}]"
            leaf = isinstance(node, list | tuple) and len(node) == 3 and node[1] is None
            if not leaf and not (isinstance(node, list | tuple) and len(node) == 2):
                fields.wrong(where, node, "[agent, split] or [agent, null, deviation]")
                continue
            agent = node[0]
            if isinstance(agent, bool) or not isinstance(agent, int) or agent < 0:
                fields.wrong(where, agent, "the number of an agent, from 0")
                continue
            place = fields.exact(where, node[2 if leaf else 1])
            nodes.append(Leaf(agent, place) if leaf else Split(agent, place))
        fields.closed(*ABOUT, "tree")
        about = _about(fields)
        return cls(tuple(nodes), **({"mechanism": "none"} | about))


@dataclass(frozen=True)
class Unaffordable(About):
    """The agent named lacks money at every profile, so that there is nothing to choose from."""

    kind: ClassVar[str] = "unaffordable"
    denies_equilibria: ClassVar[bool] = True

    agent: str

    def to_dict(self) -> dict[str, Any]:
        """Return the proof as plain data."""
        return self._head() | {"agent": self.agent, "reason": "budget"}

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Return the proof in plain data."""
        fields.closed(*ABOUT, "agent", "reason")
        return cls(fields.text("agent"), **_about(fields))


@dataclass(frozen=True)
class NoStep(About):
    """Points at which second derivatives exclude every step size of a rule.

    Parameters
    ----------
    rule : str
        ``auto``: for a contraction; ``published``: by Theorem 1 of [D25].
    near, far : tuple of numbers
        Contributions in samples, where coupling is strong and where the model's pull is weak.
    model : tuple of numbers
        Parameters at the near point.
    """

    kind: ClassVar[str] = "no-step"

    rule: str
    near: tuple[Fraction, ...]
    model: tuple[Fraction, ...]
    far: tuple[Fraction, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the proof as plain data."""
        return self._head() | {
            "reason": "no-admissible-step",
            "rule": self.rule,
            "near": {
                "contributions": shown_numbers(self.near),
                "parameters": shown_numbers(self.model),
            },
            "far": {"contributions": shown_numbers(self.far)},
        }

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Return the proof in plain data."""
        rule = fields.text("rule")
        if rule not in ("auto", "published"):
            fields.wrong("rule", rule, "auto or published")
        near, far = fields.inside("near"), fields.inside("far")
        fields.closed(*ABOUT, "reason", "rule", "near", "far")
        near.closed("contributions", "parameters")
        far.closed("contributions")
        return cls(
            rule,
            near.numbers("contributions"),
            near.numbers("parameters"),
            far.numbers("contributions"),
            **_about(fields),
        )


Proof = Chain | Rows | BoxTree | Unaffordable | NoStep

KINDS: Mapping[str, type[Proof]] = {
    cls.kind: cls for cls in (Chain, Rows, BoxTree, Unaffordable, NoStep)
}


def proof_from(data: Any, where: str = "witness", read: Read | None = None) -> Proof:
    """Return the proof that plain data hold.

    Parameters
    ----------
    where : str
        Names the data in errors.
    read : callable or None
        Reads tables that lie in a file beside the data.

    Raises
    ------
    SolutionFileError
        With every problem found: an unknown kind or key, entries that are no numbers.

    Examples
    --------
    >>> proof_from({"agent": "small", "reason": "budget"})
    Unaffordable(mechanism=None, options={}, agent='small')
    """
    if not isinstance(data, Mapping):
        found = Finding(where, repr(data)[:60], "a proof: a mapping with its kind")
        raise SolutionFileError([found])
    chosen = KINDS.get(_kind(data))
    if chosen is None:
        got, expected = repr(data.get("kind"))[:60], "one of " + ", ".join(KINDS)
        raise SolutionFileError([Finding(f"{where}.kind", got, expected)])
    return chosen.from_dict(data, where, read)


def _kind(data: Mapping[str, Any]) -> str:
    """Return the kind of a proof; those of the first stage tell it by their keys."""
    if "kind" in data:
        return str(data["kind"])
    reasons = {"budget": Unaffordable.kind, "no-admissible-step": NoStep.kind}
    if data.get("reason") in reasons:
        return reasons[data["reason"]]
    keys = {"chains": Chain.kind, "rows": Rows.kind, "tree": BoxTree.kind}
    return next((kind for key, kind in keys.items() if key in data), "")


def _about(fields: Fields) -> dict[str, Any]:
    """Return what a proof says it is about, nothing where it does not say."""
    if not fields.has("mechanism"):
        if fields.has("options"):
            fields.wrong("options", fields.data["options"], "a mechanism beside them")
        return {}
    options = fields.inside("options").data if fields.has("options") else {}
    return {"mechanism": fields.text("mechanism"), "options": dict(options)}


def _bounds(entry: Fields, reports: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    """Return the bounds that a chain states; its steps have to go along its reports."""
    if not entry.has("steps"):
        return ()
    bounds, steps = [], list(entry.entries("steps"))
    for step in steps:
        step.closed("type", "report", "bound")
        bounds.append(step.number("bound"))
    own = [step.number("type") for step in steps]
    lies = [step.data.get("report") for step in steps]
    said = [lies[0], *(step.number("report") for step in steps[1:])] if steps else []
    if own != list(reports) or said != [STAY_OUT, *reports[:-1]]:
        entry.wrong("steps", f"{len(steps)} steps", "one step per report, each from the one before")
    return tuple(bounds)
