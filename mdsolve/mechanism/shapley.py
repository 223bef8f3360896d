"""`shapley`: everybody ends up with their Shapley share of all accuracies ([M25] M^Shap)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from mdsolve.context import Context
from mdsolve.errors import UnsupportedError
from mdsolve.game.sharing import SharingGame
from mdsolve.mechanism.agent_weights import WeightsOption, ratios_of
from mdsolve.mechanism.no_payments import NoPayments
from mdsolve.mechanism.options import Option
from mdsolve.mechanism.outcome import Equilibria, SharingOutcome
from mdsolve.mechanism.sharing_base import Floats, SharingMechanism
from mdsolve.progress import Monitor
from mdsolve.shapley.routes import Index, shapley
from mdsolve.solver.equilibrium.budgeted_shapley import budgeted_shapley
from mdsolve.solver.equilibrium.partial_shapley import partial_shapley_equilibrium
from mdsolve.solver.equilibrium.potential import has_smooth_potential, potential_equilibrium
from mdsolve.solver.equilibrium.shapley_responses import shapley_responses
from mdsolve.solver.equilibrium.stakes import AccuracyStakes, ShapleyStakes, Stakes
from mdsolve.solver.record import Equilibrium
from mdsolve.status import Termination

WEIGHTED = "weighted_shapley"
"""Key of a solution that holds weighted shares."""

PLAIN = "always, with the index shapley"
EQUAL = "always, with the index shapley, equal weights and share 1"


class ShapleyPayments(SharingMechanism):
    """p_i = theta (phi_i(s) - value_i (a_i(s) - a_i(0))), phi the Shapley value of A(s[X]) - A(0).

    With the share theta = 1 an exact potential game: its equilibria maximise P(s) - sum_i c_i(s_i)
    with the Hart-Mas-Colell potential P, one concave program. Subtracting a_i(0) keeps the budget
    balanced for every payoff ([M25] Lemma 4.2 needs it; the paper's (7) subtracts a_i(s) alone).
    Rational against staying out when fixed costs are 0, not always against training alone.

    With ``weights`` w_i phi is the weighted Shapley value (Kalai and Samet): agent i arrives before
    time x with chance x^w_i, and earns what they add on arrival. Equilibria then maximise
    P(s) - sum_i c_i(s_i) / w_i. With ``share`` theta below 1 agents keep 1 - theta of their own
    accuracy: theta = 0 is `none`.

    With ``index: banzhaf`` all coalitions weigh alike, as in the weights 1/2^(n-1) that [M25]
    Appendix F prints: still a potential game, but payments no longer balance.
    """

    name = "shapley"
    title = "Shapley payments"
    citation = "[M25] (7), Theorems 4.3, 4.6, 4.7"
    summary = "Everybody earns their Shapley share of all accuracies; payments sum to zero."
    maturity = "verified against paper"
    pays_by_contributions = True
    simulable = True
    compared = True
    promises: ClassVar[Mapping[str, str]] = {
        "nash": "always",
        "budget-balance": PLAIN,
        "reciprocity": EQUAL,
        "equal-treatment": "always, of agents with equal weights",
        "individual-rationality": "where nobody pays a fixed cost, or has a model worth less than "
        "nothing, without any data",
        "feasibility": "where agents have budgets: nobody spends more than that",
    }
    options = (
        Option(
            "index",
            "shapley",
            "what everybody's share is: their Shapley or their Banzhaf value",
            choices=("shapley", "banzhaf"),
        ),
        WeightsOption(
            "weights",
            None,
            "weights of the weighted Shapley value, in agent order or by name; only ratios matter",
        ),
        Option(
            "share",
            1.0,
            "part of the payments that are made, and of the accuracy that is pooled; 0 is none",
            number=True,
            least=0.0,
            most=1.0,
        ),
    )

    def payments(self, game: SharingGame, s: Floats, options: Mapping[str, Any]) -> Floats:
        """Return the part of: shares less the own gain in accuracy."""
        stakes = _stakes(game, options)
        if stakes is None:
            return np.zeros(game.size)
        shares = shapley(game, s, index=stakes.index, ratios=stakes.ratios).shares
        return _payments(stakes, s, shares)

    def stakes(self, game: SharingGame, options: Mapping[str, Any]) -> Stakes:
        """Return shares, or a part of them and of the own accuracy, against own costs."""
        return _stakes(game, options) or AccuracyStakes(game, game.costs)

    def outcome(
        self, game: SharingGame, options: Mapping[str, Any], context: Context
    ) -> SharingOutcome:
        """Return the maximiser of the potential program, or a point where best responses rest."""
        stakes = _stakes(game, options)
        if stakes is None:
            return _without_payments(game, context)
        smooth = has_smooth_potential(game)
        if not smooth:
            _shapley_only(game, stakes.index)
        if stakes.part < 1:
            return _partial(stakes, context.monitor)
        if not smooth:
            return _by_responses(stakes, context.monitor)
        if game.budgeted and stakes.ratios is None:
            return _within_budgets(stakes, context.monitor)
        found = potential_equilibrium(game, context.monitor, stakes.index, ratios=stakes.ratios)
        unique = _strictly_concave(game)
        if not found.rested:
            message = f"Newton's method stopped {found.residual:.2g} samples from rest."
        elif unique:
            message = "This is the only Nash equilibrium: the potential is strictly concave."
        else:
            message = "A Nash equilibrium, a maximiser of the concave potential."
        return _outcome(stakes, found, message, unique=unique)


def _stakes(game: SharingGame, options: Mapping[str, Any]) -> ShapleyStakes | None:
    """Return what agents earn and bear under the options, None where no share is paid.

    Raises
    ------
    UsageError, UnsupportedError
        For weights that do not fit the game, or the index.
    """
    ratios, index = ratios_of(game, options["weights"]), options["index"]
    if ratios is not None and index != "shapley":
        raise UnsupportedError.single(
            "option weights",
            f"weights with the index {index}",
            "weights with the index shapley",
            "leave one of the two out",
        )
    part = float(options["share"])
    return ShapleyStakes(game, game.costs, index, ratios, part) if part > 0 else None


def _payments(stakes: ShapleyStakes, s: Floats, shares: Floats) -> Floats:
    game = stakes.game
    return np.asarray(stakes.part * (shares - (game.benefits(s) - game.benefits(game.nothing()))))


def _without_payments(game: SharingGame, context: Context) -> SharingOutcome:
    """Return the outcome of `none`.

    Raises
    ------
    UnsupportedError
        Where there is a proof that no equilibrium exists: it is one about `none`.
    """
    found = NoPayments().outcome(game, {}, context)
    if found.proof is not None:
        raise UnsupportedError.single(
            "option share",
            "0, where no equilibrium exists or nobody can pay",
            "a share above 0",
            "use the mechanism none, which is the same rule and proves it",
        )
    return found


def _outcome(
    stakes: ShapleyStakes, found: Equilibrium, message: str, *, unique: bool = False
) -> SharingOutcome:
    """Return contributions with the payments that leave everybody the own share."""
    s, shares = found.contributions, found.shares
    assert shares is not None
    only = Equilibria("unique") if unique else Equilibria("listed", (float(s.sum()),))
    details: dict[str, Any] = {stakes.index if stakes.ratios is None else WEIGHTED: shares}
    if found.cycle is not None:
        details["cycle"] = found.cycle
    return SharingOutcome(
        Termination.SOLVED if found.rested else Termination.LIMIT,
        message,
        found.method,
        details=details,
        contributions=s,
        payments=_payments(stakes, s, shares),
        equilibria=only if found.rested else None,
    )


def _within_budgets(stakes: ShapleyStakes, monitor: Monitor) -> SharingOutcome:
    """Return an equilibrium in which nobody spends more than their budget."""
    game = stakes.game
    found = budgeted_shapley(game, monitor, stakes.index)
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
            "what they owe for the others' data and their own cost exceed their budget."
        )
    else:
        message = "No profile was found that everybody can afford and nobody can improve."
    return _outcome(stakes, found, message)


def _shapley_only(game: SharingGame, index: Index) -> None:
    if index != "shapley":
        raise UnsupportedError.single(
            "option index",
            f"{index}, with the family {game.accuracy.family}",
            "shapley, or smooth concave payoffs (power, linear, coverage)",
        )


def _partial(stakes: ShapleyStakes, monitor: Monitor) -> SharingOutcome:
    """Return an equilibrium where shares are a part of what agents earn."""
    found = partial_shapley_equilibrium(stakes, monitor)
    if found.cycle is not None:
        message = "Best responses run in a cycle; no equilibrium was found."
    elif not found.rested:
        message = "No profile was found at which the agents' best responses come to rest."
    else:
        message = "A Nash equilibrium; that it is the only one is not proved."
    return _outcome(stakes, found, message)


def _by_responses(stakes: ShapleyStakes, monitor: Monitor) -> SharingOutcome:
    """Return where best responses rest, for payoffs that are clipped, kinked or objects."""
    found = shapley_responses(stakes, monitor)
    if not found.rested:
        message = "No profile was found at which the agents' best responses come to rest."
    elif len(found.totals) > 1:
        totals = ", ".join(f"{total:.6g}" for total in found.totals)
        message = f"A Nash equilibrium, of those found (totals {totals}) the one of most potential."
    else:
        message = "A Nash equilibrium; that it is the only one is not proved."
    return _outcome(stakes, found, message)


def _strictly_concave(game: SharingGame) -> bool:
    """Tell whether every agent's own data raise some accuracy strictly concavely.

    The single coalitions alone then make the potential strictly concave, weighted or not.
    """
    accuracy = game.accuracy.of_amounts
    if accuracy is None or not accuracy.curve.strictly_concave:
        return False
    return bool(np.all(accuracy.weights.transposed(np.ones(game.size)) > 0))
