"""`welfare`: the planner's optimum, the largest p-mean of utilities ([M23])."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from mdsolve.context import Context
from mdsolve.game.sharing import SharingGame
from mdsolve.mechanism.budget_balanced import budget_rate
from mdsolve.mechanism.options import Option
from mdsolve.mechanism.outcome import SharingOutcome
from mdsolve.mechanism.sharing_base import Floats, SharingMechanism
from mdsolve.solver.welfare.program import redistributed, welfare_program


class Welfare(SharingMechanism):
    """Maximise the normalised p-mean of u_i = b_i + value_i a_i(s) under the rule's budgets.

    b_i = B_i - (1 - beta) c_i(s_i) - beta/(n-1) sum_{j != i} c_j(s_j) >= 0, [M23] (19). This is
    what a planner would choose, not what selfish agents do; compare it with `budget-balanced`.
    """

    name = "welfare"
    title = "Welfare optimum"
    citation = "[M23] (19)"
    summary = "The contributions a planner would choose: the largest p-mean of utilities, proved."
    maturity = "verified against paper"
    promises: ClassVar[Mapping[str, str]] = {
        "feasibility": "always",
        "welfare-optimality": "always",
    }
    options = (
        Option(
            "p",
            1.0,
            "exponent of the mean, at most 1; 0 geometric, -inf the minimum",
            ("-inf",),
            number=True,
        ),
        Option(
            "beta",
            "optimal",
            "share of each cost that the others bear: a number, optimal "
            "(beta*, [M23] (14)), or full (1 - 1/n)",
            ("optimal", "full"),
            number=True,
        ),
        Option(
            "route",
            "interior-point",
            "numerical method: the package's own, or a conic solver",
            ("interior-point", "cvxpy"),
        ),
    )

    def payments(self, game: SharingGame, s: Floats, options: Mapping[str, Any]) -> Floats:
        """Return the budget-balanced rule's payments, summing to exactly zero."""
        return redistributed(game, budget_rate(game, options["beta"]), s)

    def outcome(
        self, game: SharingGame, options: Mapping[str, Any], context: Context
    ) -> SharingOutcome:
        """Return the optimum with the multipliers that prove it."""
        p = -math.inf if options["p"] == "-inf" else float(options["p"])
        beta = budget_rate(game, options["beta"])
        found = welfare_program(game, p, beta, route=options["route"], monitor=context.monitor)
        details = {
            "objective": found.objective,
            "p": "-inf" if p == -math.inf else p,
            "beta": beta,
            "dual": found.dual_bound,
            "gap": found.gap,
            "money_left": found.money_left,
            "weights": found.weights,
            "budget_duals": found.budget_duals,
        }
        return SharingOutcome(
            found.termination,
            found.message,
            found.method,
            details=details,
            contributions=found.contributions,
            payments=found.payments,
        )
