"""`budget-balanced`: a share beta of every cost is borne by the others ([M23], M^BG of [M25])."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mdsolve.context import Context
from mdsolve.errors import UsageError
from mdsolve.game.sharing import SharingGame
from mdsolve.mechanism.options import Option
from mdsolve.mechanism.outcome import SharingOutcome
from mdsolve.mechanism.played import PlayedMechanism
from mdsolve.mechanism.sharing_base import Floats
from mdsolve.solver.equilibrium.budget_rate import full_rate, optimal_rate
from mdsolve.solver.equilibrium.spending import Spending
from mdsolve.solver.equilibrium.stakes import AccuracyStakes
from mdsolve.solver.welfare.duals import planner_duals
from mdsolve.tolerance import ROUND_OFF


class BudgetBalanced(PlayedMechanism):
    """p_i = beta (c_i(s_i) - 1/(n-1) sum_{j != i} c_j(s_j)).

    Agents then bear (1 - beta) of their own cost, so they contribute more. [M23] Theorem 4.1
    (equilibria maximise p-mean welfare at beta*) is false for unequal costs: the welfare of the
    equilibrium is compared with the planner's optimum by the mechanism `welfare`.
    """

    name = "budget-balanced"
    title = "Budget-balanced cost sharing"
    citation = "[M23] (5)-(14), M^BG of [M25]"
    summary = "The others bear a share beta of everybody's cost; payments sum to zero."
    maturity = "verified against paper"
    compared = True
    options = (
        Option(
            "beta",
            "optimal",
            "share of the cost that is passed on: a number in [0, 1), optimal (beta*, [M23] (14)), "
            "or full (1 - 1/n)",
            ("optimal", "full"),
            number=True,
        ),
    )

    def payments(self, game: SharingGame, s: Floats, options: Mapping[str, Any]) -> Floats:
        """Return the share of the own cost less the average share of the others'."""
        if game.size == 1:
            return np.zeros(1)
        costs = game.costs.value(s)
        others = (costs.sum() - costs) / (game.size - 1)
        return np.asarray(budget_rate(game, options["beta"]) * (costs - others))

    def stakes(self, game: SharingGame, options: Mapping[str, Any]) -> AccuracyStakes:
        """Return own accuracy against (1 - beta) of the own cost."""
        share = 0.0 if game.size == 1 else budget_rate(game, options["beta"])
        return AccuracyStakes(game, game.costs.transformed(1 - share))

    def spending(self, game: SharingGame, options: Mapping[str, Any]) -> Spending:
        """Return budgets as (1-beta) c_i(s_i) + beta/(n-1) sum_{j != i} c_j(s_j) <= B_i."""
        n = game.size
        passed_on = 0.0 if n == 1 else budget_rate(game, options["beta"]) / (n - 1)
        own = 1 - n * passed_on
        factor = 0.0 if abs(own) <= ROUND_OFF * n else own
        levy = game.costs.transformed(passed_on)
        return Spending(self.stakes(game, options), levy, game.costs, factor, passed_on > 0)

    def outcome(
        self, game: SharingGame, options: Mapping[str, Any], context: Context
    ) -> SharingOutcome:
        """Return an equilibrium; with budgets also the duals that [M23] (24)-(25) make of it."""
        found = super().outcome(game, options, context)
        if not game.budgeted or found.contributions is None or not game.accuracy.concave:
            return found  # the theorem is about concave accuracies
        duals = planner_duals(game, found.details["beta"], found.contributions)
        if duals is None:
            return found
        table = {"mu": duals.mu, "gamma": duals.gamma, "lambda": duals.held}
        return found.with_details(duals=table)

    def details(self, game: SharingGame, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the rate used."""
        return {"beta": budget_rate(game, options["beta"]) if game.size > 1 else 0.0}


def budget_rate(game: SharingGame, beta: Any) -> float:
    """Return beta as a number; raises `UsageError` outside [0, 1)."""
    if beta == "full":
        return full_rate(game)
    if beta == "optimal":
        return optimal_rate(game)
    if not 0 <= beta < 1:
        raise UsageError.single("option beta", str(beta), "a number from 0 up to, not at, 1")
    return float(beta)
