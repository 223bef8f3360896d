"""`none`: standard federated learning, everybody gets the full model and nobody pays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mdsolve.context import Context
from mdsolve.game.accuracies.union import UnionAccuracy
from mdsolve.game.sharing import SharingGame
from mdsolve.mechanism.outcome import SharingOutcome
from mdsolve.mechanism.played import PlayedMechanism
from mdsolve.mechanism.sharing_base import Floats
from mdsolve.proof import BoxTree
from mdsolve.solution import plain
from mdsolve.solver.equilibrium.nonexistence import nash_gap
from mdsolve.solver.equilibrium.spending import Spending, within_own_means
from mdsolve.solver.equilibrium.stakes import AccuracyStakes
from mdsolve.status import Termination


class NoPayments(PlayedMechanism):
    """p_i = 0: agents contribute until their own gain meets their own cost.

    The baseline of [M25] (M^0) and [K22] (8): agents with high costs ride free.
    """

    name = "none"
    title = "No payments"
    citation = "[M25] M^0, [K22] (8)"
    summary = "Everybody gets the full model, nobody pays; the baseline with free riding."
    maturity = "verified against paper"
    compared = True

    def payments(self, game: SharingGame, s: Floats, options: Mapping[str, Any]) -> Floats:
        """Return zeros."""
        del s, options
        return np.zeros(game.size)

    def outcome(
        self, game: SharingGame, options: Mapping[str, Any], context: Context
    ) -> SharingOutcome:
        """Return an equilibrium, or for `union` games the proof that there is none."""
        found = super().outcome(game, options, context)
        if found.termination is Termination.SOLVED or not isinstance(game.accuracy, UnionAccuracy):
            return found
        if np.any(within_own_means(game).capacity < game.capacity):
            return found  # the proof covers the whole box of capacities, not the part within means
        gap = nash_gap(game, context.monitor)
        if gap.lower <= 0:
            return found
        message = (
            "No equilibrium exists: at every profile some agent gains at least "
            f"{gap.lower:.6g} by deviating."
        )
        details: dict[str, Any] = {
            "nash_gap": gap.lower,
            "nash_gap_at_most": gap.upper,
            "least_regret_profile": gap.point,
            "cycle": found.details.get("cycle"),
        }
        head = {"kind": BoxTree.kind, "mechanism": self.name, "options": dict(options)}
        proof = BoxTree.from_dict(plain(head | {"tree": gap.tree}))
        method = f"branch and bound, {gap.boxes} boxes"
        return SharingOutcome(Termination.INFEASIBLE, message, method, details=details, proof=proof)

    def stakes(self, game: SharingGame, options: Mapping[str, Any]) -> AccuracyStakes:
        """Return own accuracy against own cost."""
        del options
        return AccuracyStakes(game, game.costs)

    def spending(self, game: SharingGame, options: Mapping[str, Any]) -> Spending:
        """Return own costs: nobody's contribution costs anybody else."""
        nothing = game.costs.transformed(0.0)
        return Spending(self.stakes(game, options), nothing, game.costs, 1.0, False)
