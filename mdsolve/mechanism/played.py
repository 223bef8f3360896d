"""Mechanisms under which agents earn their own accuracy and bear a transformed cost."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from mdsolve.game.sharing import SharingGame
from mdsolve.mechanism.sharing_base import SharingMechanism, SharingOutcome
from mdsolve.progress import Monitor
from mdsolve.solver.equilibrium import accuracy_equilibrium
from mdsolve.solver.stakes import AccuracyStakes
from mdsolve.status import Termination


class PlayedMechanism(SharingMechanism):
    """A rule whose outcome is a Nash equilibrium of value_i a_i - (transformed cost)."""

    promises: ClassVar[Mapping[str, str]] = {
        "nash": "always",
        "budget-balance": "always",
    }

    @abstractmethod
    def stakes(self, game: SharingGame, options: Mapping[str, Any]) -> AccuracyStakes:
        """Return what each agent gains and bears by his own contribution."""

    def claims(self, game: SharingGame, options: Mapping[str, Any]) -> tuple[str, ...]:
        """Claim an equilibrium and payments that sum to zero."""
        del game, options
        return ("nash", "budget-balance")

    def outcome(
        self, game: SharingGame, options: Mapping[str, Any], monitor: Monitor
    ) -> SharingOutcome:
        """Return an equilibrium of the game that the rule leaves to the agents."""
        found = accuracy_equilibrium(self.stakes(game, options), monitor)
        s = found.contributions
        findings: dict[str, Any] = {"equilibria": found.others}
        if found.others == "unknown":
            findings["equilibria"] = [float(s.sum())]
        if found.cycle is not None:
            findings["cycle"] = found.cycle
        if not found.converged:
            message = (
                "Best responses run in a cycle; no equilibrium was found."
                if found.cycle is not None
                else "No profile was found at which the agents' best responses come to rest."
            )
            return SharingOutcome(
                s,
                self.payments(game, s, options),
                Termination.LIMIT,
                message,
                found.method,
                findings,
            )
        message = {
            "unique": "This is the only Nash equilibrium.",
            "continuum": "A Nash equilibrium; tied agents share their part evenly, "
            "any other split is one too.",
            "unknown": "A Nash equilibrium; that it is the only one is not proved.",
        }[found.others]
        return SharingOutcome(
            s, self.payments(game, s, options), Termination.SOLVED, message, found.method, findings
        )
