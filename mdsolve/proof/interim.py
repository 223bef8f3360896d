"""Proofs that no payments of a market are rational and truthful on average and sum to enough."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Self

from mdsolve.fields import Fields, shown_number
from mdsolve.proof.base import ABOUT, About, about
from mdsolve.proof.market import STAY_OUT


@dataclass(frozen=True)
class InterimBound:
    """What bounds the expected payment of one type.

    Parameters
    ----------
    own : Fraction
        The type.
    report : Fraction or None
        The lower report that they may make instead; None for staying out.
    bound : Fraction or None
        As stated: the bound on the expected payment.
    """

    own: Fraction
    report: Fraction | None
    bound: Fraction | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the bound as plain data."""
        found: dict[str, Any] = {
            "type": shown_number(self.own),
            "report": STAY_OUT if self.report is None else shown_number(self.report),
        }
        return found if self.bound is None else found | {"bound": shown_number(self.bound)}


@dataclass(frozen=True)
class InterimAgent:
    """One agent with a bound for every type, rising."""

    agent: str
    types: tuple[InterimBound, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the agent as plain data."""
        return {"agent": self.agent, "types": [entry.to_dict() for entry in self.types]}


@dataclass(frozen=True)
class InterimChains(About):
    """Chains of lies bound every type's expected payment; weighted, these sum to too little.

    Parameters
    ----------
    agents : tuple of InterimAgent
    """

    kind: ClassVar[str] = "interim-chains"

    agents: tuple[InterimAgent, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the proof as plain data."""
        return self._head() | {"agents": [entry.to_dict() for entry in self.agents]}

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Return the proof in plain data."""
        agents = []
        for entry in fields.entries("agents"):
            entry.closed("agent", "types")
            types = []
            for own in entry.entries("types"):
                own.closed("type", "report", "bound")
                out = own.data.get("report") == STAY_OUT
                report = None if out else own.number("report")
                types.append(InterimBound(own.number("type"), report, own.maybe("bound")))
            agents.append(InterimAgent(entry.text("agent"), tuple(types)))
        fields.closed(*ABOUT, "agents")
        return cls(tuple(agents), **about(fields))
