"""`none`: standard federated learning, everybody gets the full model and nobody pays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mdsolve.game.sharing import SharingGame
from mdsolve.mechanism.played import PlayedMechanism
from mdsolve.mechanism.sharing_base import Floats
from mdsolve.solver.stakes import AccuracyStakes


class NoPayments(PlayedMechanism):
    """p_i = 0: agents contribute until their own gain meets their own cost.

    The baseline of [M25] (M^0) and [K22] (8): agents with high costs ride free.
    """

    name = "none"
    title = "No payments"
    citation = "[M25] M^0, [K22] (8)"
    summary = "Everybody gets the full model, nobody pays; the baseline with free riding."
    maturity = "verified against paper"

    def payments(self, game: SharingGame, s: Floats, options: Mapping[str, Any]) -> Floats:
        """Return zeros."""
        del s, options
        return np.zeros(game.size)

    def stakes(self, game: SharingGame, options: Mapping[str, Any]) -> AccuracyStakes:
        """Return own accuracy against own cost."""
        del options
        return AccuracyStakes(game, game.costs)
