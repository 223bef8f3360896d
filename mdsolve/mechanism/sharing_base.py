"""What a mechanism of a sharing game is: a payment rule, and the stakes it leaves to each agent."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mdsolve.game.sharing import SharingGame
from mdsolve.mechanism.described import DescribedMechanism
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
    received : (n,) or None
        Accuracy of the model handed to each agent; None: everybody gets the full model, a_i(s).
    """

    contributions: Floats | None
    payments: Floats | None
    termination: Termination
    message: str
    method: str
    findings: Mapping[str, Any] = field(default_factory=dict)
    received: Floats | None = None

    def with_findings(self, **more: Any) -> SharingOutcome:
        """Return the outcome with further keys of the solution."""
        return replace(self, findings={**self.findings, **more})


class SharingMechanism(DescribedMechanism):
    """A rule for sharing games; one subclass per rule, never subclassed again."""

    kind = "sharing"

    private_costs: ClassVar[bool] = False
    """Whether the rule is for agents whose costs only they know (a prior instead of a cost)."""

    learns: ClassVar[bool] = False
    """Whether the rule says how a model is learned, for games whose accuracy depends on it."""

    @abstractmethod
    def payments(self, game: SharingGame, s: Floats, options: Mapping[str, Any]) -> Floats:
        """Return what each agent receives at contributions s, in money."""

    def received(self, game: SharingGame, s: Floats, options: Mapping[str, Any]) -> Floats | None:
        """Return the accuracy of the model handed to each agent at contributions s, shape (n,).

        None: everybody receives the full model, a_i(s).
        """
        del game, s, options
        return None

    @abstractmethod
    def outcome(
        self, game: SharingGame, options: Mapping[str, Any], monitor: Monitor
    ) -> SharingOutcome:
        """Return what the agents do under the rule: an equilibrium, or the proof of none."""

    @abstractmethod
    def claims(self, game: SharingGame, options: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the conditions the rule promises on this game."""
