"""What a mechanism of a sharing game is: a payment rule, and the stakes it leaves to each agent."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mdsolve.game.sharing import SharingGame
from mdsolve.mechanism.options import Option, describe_options
from mdsolve.progress import Monitor
from mdsolve.status import Termination

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SharingOutcome:
    """What a mechanism's solver computed, before anybody checked it.

    Parameters
    ----------
    contributions, payments : (n,) or None
        Samples, and money received (negative: paid); None where there is no answer.
    termination, message
        Why it stopped.
    method : str
        The numerical method actually used.
    findings : mapping
        Further keys of the solution, for example ``equilibria`` and ``beta``.
    """

    contributions: Floats | None
    payments: Floats | None
    termination: Termination
    message: str
    method: str
    findings: Mapping[str, Any] = field(default_factory=dict)

    def with_findings(self, **more: Any) -> SharingOutcome:
        """Return the outcome with further keys of the solution."""
        return replace(self, findings={**self.findings, **more})


class SharingMechanism(ABC):
    """A rule for sharing games; one subclass per rule, never subclassed again."""

    name: ClassVar[str]
    title: ClassVar[str]
    citation: ClassVar[str]
    summary: ClassVar[str]
    maturity: ClassVar[str]
    promises: ClassVar[Mapping[str, str]]
    """Condition -> when it is promised; `claims` decides it on a game."""
    options: ClassVar[tuple[Option, ...]] = ()

    @abstractmethod
    def payments(self, game: SharingGame, s: Floats, options: Mapping[str, Any]) -> Floats:
        """Return what each agent receives at contributions s, in money."""

    @abstractmethod
    def outcome(
        self, game: SharingGame, options: Mapping[str, Any], monitor: Monitor
    ) -> SharingOutcome:
        """Return what the agents do under the rule: an equilibrium, or the proof of none."""

    @abstractmethod
    def claims(self, game: SharingGame, options: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the conditions the rule promises on this game."""

    def describe(self) -> dict[str, Any]:
        """Return what `mdsolve list` and `mdsolve show` print."""
        return {
            "name": self.name,
            "kind": "sharing",
            "title": self.title,
            "source": self.citation,
            "summary": self.summary,
            "maturity": self.maturity,
            "rule": inspect.getdoc(type(self)) or "",
            "promises": dict(self.promises),
            "options": describe_options(self.options),
        }
