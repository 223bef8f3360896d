"""Proofs about contributions: no equilibrium, nothing affordable, no step size."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Self

from mdsolve.fields import Fields, shown_number, shown_numbers
from mdsolve.proof.base import ABOUT, About, about


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
        return cls(tuple(nodes), **({"mechanism": "none"} | about(fields)))


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
        return cls(fields.text("agent"), **about(fields))


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
            **about(fields),
        )
