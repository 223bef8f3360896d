"""Mechanisms under which agents earn their own accuracy and bear a transformed cost."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from mdsolve.context import Context
from mdsolve.game.sharing import SharingGame
from mdsolve.mechanism.outcome import Equilibria, SharingOutcome
from mdsolve.mechanism.sharing_base import Floats, SharingMechanism
from mdsolve.proof import Unaffordable
from mdsolve.solver.equilibrium.budgeted import budgeted_equilibrium
from mdsolve.solver.equilibrium.nash import accuracy_equilibrium
from mdsolve.solver.equilibrium.spending import Spending
from mdsolve.solver.equilibrium.stakes import AccuracyStakes
from mdsolve.solver.record import Budgets, Equilibrium
from mdsolve.status import Termination


class PlayedMechanism(SharingMechanism):
    """A rule whose outcome is a Nash equilibrium of value_i a_i - (transformed cost)."""

    pays_by_contributions = True
    simulable = True

    promises: ClassVar[Mapping[str, str]] = {
        "nash": "always",
        "budget-balance": "always",
        "feasibility": "where agents have budgets: nobody spends more than that",
    }

    @abstractmethod
    def stakes(self, game: SharingGame, options: Mapping[str, Any]) -> AccuracyStakes:
        """Return what each agent gains and bears by their own contribution."""

    def details(self, game: SharingGame, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return further keys of every solution under the rule."""
        del game, options
        return {}

    @abstractmethod
    def spending(self, game: SharingGame, options: Mapping[str, Any]) -> Spending:
        """Return what the agents of a game with budgets can afford."""

    def outcome(
        self, game: SharingGame, options: Mapping[str, Any], context: Context
    ) -> SharingOutcome:
        """Return an equilibrium of the game that the rule leaves to the agents.

        With budgets it is a generalised one: nobody gains by a change within the own budget.
        """
        if game.budgeted:
            found = budgeted_equilibrium(self.spending(game, options), context.monitor)
        else:
            found = accuracy_equilibrium(self.stakes(game, options), context.monitor)
        budgets = found.budgets or Budgets()
        if budgets.impossible:
            assert budgets.penniless is not None
            return self._nobody_can(game, budgets.penniless, found.method, options)
        s = found.contributions
        details = self.details(game, options)
        if found.cycle is not None:
            details["cycle"] = found.cycle
        payments = self.payments(game, s, options)
        if not found.rested:
            message = _why_not(game, found)
            return SharingOutcome(
                Termination.LIMIT,
                message,
                found.method,
                details=details,
                contributions=s,
                payments=payments,
            )
        equilibria = equilibria_of(found, s)
        message = {
            "unique": "This is the only Nash equilibrium.",
            "continuum": "A Nash equilibrium; tied agents share their part evenly, "
            "any other split is one too.",
            "unknown": "A Nash equilibrium; that it is the only one is not proved.",
        }[found.uniqueness]
        if len(found.totals) > 1:
            message = "The Nash equilibrium with most data; that nobody contributes is one too" + (
                ", and so are other splits." if found.uniqueness == "continuum" else "."
            )
        if budgets.held:
            held = "budget holds" if budgets.held == 1 else "budgets hold"
            message += f" {budgets.held:,} {held} an agent back."
        return SharingOutcome(
            Termination.SOLVED,
            message,
            found.method,
            details=details,
            contributions=s,
            payments=payments,
            equilibria=equilibria,
        )

    def _nobody_can(
        self, game: SharingGame, agent: int, method: str, options: Mapping[str, Any]
    ) -> SharingOutcome:
        """Return the outcome of a game in which no profile is within the budgets."""
        name = game.agents[agent]
        message = (
            f"No profile is within the budgets: agent {name} lacks money whatever anybody does."
        )
        proof = Unaffordable(agent=name, mechanism=self.name, options=dict(options))
        return SharingOutcome(Termination.INFEASIBLE, message, method, proof=proof)


def equilibria_of(found: Equilibrium, s: Floats) -> Equilibria:
    """Return what a solver knows of all equilibria; further ones are those without any data."""
    if len(found.totals) > 1:
        profiles = tuple(s if total > 0 else np.zeros(len(s)) for total in found.totals)
        return Equilibria("listed", found.totals, profiles)
    if found.uniqueness == "unknown":
        return Equilibria("listed", (float(s.sum()),))
    return Equilibria(found.uniqueness)


def _why_not(game: SharingGame, found: Equilibrium) -> str:
    """Return why no equilibrium was found."""
    if found.cycle is not None:
        return "Best responses run in a cycle; no equilibrium was found."
    if found.budgets is None or found.budgets.penniless is None:
        return "No profile was found at which the agents' best responses come to rest."
    name = game.agents[found.budgets.penniless]
    return (
        "No equilibrium was found: what is best for the others leaves agent "
        f"{name} with too little money whatever they contribute."
    )
