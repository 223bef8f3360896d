"""`shapley`: everybody ends up with his Shapley share of all accuracies ([M25] M^Shap)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from mdsolve.context import Context
from mdsolve.errors import UnsupportedError
from mdsolve.game.sharing import SharingGame
from mdsolve.mechanism.options import Option
from mdsolve.mechanism.outcome import Equilibria, SharingOutcome
from mdsolve.mechanism.sharing_base import Floats, SharingMechanism
from mdsolve.progress import Monitor
from mdsolve.shapley.routes import Index, shapley
from mdsolve.solver.equilibrium.budgeted_shapley import budgeted_shapley
from mdsolve.solver.equilibrium.potential import has_smooth_potential, potential_equilibrium
from mdsolve.solver.equilibrium.shapley_responses import shapley_responses
from mdsolve.solver.equilibrium.stakes import ShapleyStakes
from mdsolve.solver.record import Equilibrium
from mdsolve.status import Termination


class ShapleyPayments(SharingMechanism):
    """p_i = phi_i(s) - value_i (a_i(s) - a_i(0)), phi the Shapley value of X -> A(s[X]) - A(0).

    An exact potential game: its equilibria maximise P(s) - sum_i c_i(s_i) with the Hart-Mas-Colell
    potential P, one concave program. Subtracting a_i(0) keeps the budget balanced for every payoff
    ([M25] Lemma 4.2 needs it; the paper's (7) subtracts a_i(s) alone). Rational against staying
    out when fixed costs are 0, not always against training alone.

    With ``index: banzhaf`` all coalitions weigh alike, as in the weights 1/2^(n-1) that [M25]
    Appendix F prints: still a potential game, but payments no longer balance.
    """

    name = "shapley"
    title = "Shapley payments"
    citation = "[M25] (7), Theorems 4.3, 4.6, 4.7"
    summary = "Everybody earns his Shapley share of all accuracies; payments sum to zero."
    maturity = "verified against paper"
    pays_by_contributions = True
    simulable = True
    compared = True
    promises: ClassVar[Mapping[str, str]] = {
        "nash": "always",
        "budget-balance": "always, with the index shapley",
        "reciprocity": "always, with the index shapley",
        "equal-treatment": "always",
        "individual-rationality": "where nobody pays a fixed cost, or has a model worth less than "
        "nothing, without any data",
        "feasibility": "where agents have budgets: nobody spends more than that",
    }
    options = (
        Option(
            "index",
            "shapley",
            "what everybody's share is: his Shapley or his Banzhaf value",
            choices=("shapley", "banzhaf"),
        ),
    )

    def payments(self, game: SharingGame, s: Floats, options: Mapping[str, Any]) -> Floats:
        """Return Shapley shares less the own gain in accuracy."""
        own = game.benefits(s) - game.benefits(game.nothing())
        return shapley(game, s, index=options["index"]).shares - own

    def stakes(self, game: SharingGame, options: Mapping[str, Any]) -> ShapleyStakes:
        """Return Shapley shares against own costs."""
        return ShapleyStakes(game, game.costs, options["index"])

    def outcome(
        self, game: SharingGame, options: Mapping[str, Any], context: Context
    ) -> SharingOutcome:
        """Return the maximiser of the potential program, or a point where best responses rest."""
        index = options["index"]
        if not has_smooth_potential(game):
            _shapley_only(game, index)
            return _by_responses(game, context.monitor)
        if game.budgeted:
            return _within_budgets(game, context.monitor, index)
        found = potential_equilibrium(game, context.monitor, index)
        unique = _strictly_concave(game)
        if not found.rested:
            message = f"Newton's method stopped {found.residual:.2g} samples from rest."
        elif unique:
            message = "This is the only Nash equilibrium: the potential is strictly concave."
        else:
            message = "A Nash equilibrium, a maximiser of the concave potential."
        return _outcome(game, found, message, index, unique=unique)


def _outcome(
    game: SharingGame, found: Equilibrium, message: str, index: Index, *, unique: bool = False
) -> SharingOutcome:
    """Return contributions with the payments that leave everybody the own share."""
    s, shares = found.contributions, found.shares
    assert shares is not None
    only = Equilibria("unique") if unique else Equilibria("listed", (float(s.sum()),))
    return SharingOutcome(
        Termination.SOLVED if found.rested else Termination.LIMIT,
        message,
        found.method,
        details={index: shares},
        contributions=s,
        payments=shares - (game.benefits(s) - game.benefits(game.nothing())),
        equilibria=only if found.rested else None,
    )


def _within_budgets(game: SharingGame, monitor: Monitor, index: Index) -> SharingOutcome:
    """Return an equilibrium in which nobody spends more than his budget."""
    found = budgeted_shapley(game, monitor, index)
    budgets = found.budgets
    assert budgets is not None
    if found.rested:
        message = "A Nash equilibrium within the budgets; that it is the only one is not proved."
        if budgets.held:
            held = "budget holds" if budgets.held == 1 else "budgets hold"
            message += f" {budgets.held:,} {held} an agent back."
    elif budgets.penniless is not None:
        message = (
            f"No equilibrium was found in which agent {game.agents[budgets.penniless]} can pay: "
            "what he owes for the others' data and his own cost exceed his budget."
        )
    else:
        message = "No profile was found that everybody can afford and nobody can improve."
    return _outcome(game, found, message, index)


def _shapley_only(game: SharingGame, index: str) -> None:
    if index != "shapley":
        raise UnsupportedError.single(
            "option index",
            f"{index}, with the family {game.accuracy.family}",
            "shapley, or smooth concave payoffs (power, linear, coverage)",
        )


def _by_responses(game: SharingGame, monitor: Monitor) -> SharingOutcome:
    """Return where best responses rest, for payoffs that are clipped, kinked or objects."""
    found = shapley_responses(game, monitor)
    if not found.rested:
        message = "No profile was found at which the agents' best responses come to rest."
    elif len(found.totals) > 1:
        totals = ", ".join(f"{total:.6g}" for total in found.totals)
        message = f"A Nash equilibrium, of those found (totals {totals}) the one of most potential."
    else:
        message = "A Nash equilibrium; that it is the only one is not proved."
    return _outcome(game, found, message, "shapley")


def _strictly_concave(game: SharingGame) -> bool:
    """Tell whether every agent's own data raise some accuracy strictly concavely.

    The single coalitions alone then make the potential strictly concave.
    """
    accuracy = game.accuracy.of_amounts
    if accuracy is None or not accuracy.curve.strictly_concave:
        return False
    return bool(np.all(accuracy.weights.transposed(np.ones(game.size)) > 0))
