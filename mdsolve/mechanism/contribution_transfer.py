"""`contribution-transfer`: a price beta per sample above the others' average ([D25] (7))."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mdsolve.errors import UsageError
from mdsolve.game.sharing import SharingGame
from mdsolve.mechanism.options import Option
from mdsolve.mechanism.played import PlayedMechanism
from mdsolve.mechanism.sharing_base import Floats
from mdsolve.solver.equilibrium.spending import Spending
from mdsolve.solver.equilibrium.stakes import AccuracyStakes


class ContributionTransfer(PlayedMechanism):
    """p_i = beta (s_i - 1/(n-1) sum_{j != i} s_j), beta in money per sample."""

    name = "contribution-transfer"
    title = "Contribution transfer"
    citation = "[D25] (7)"
    summary = "Every sample above the others' average earns beta; payments sum to zero."
    maturity = "verified against paper"
    options = (Option("beta", None, "price per sample, in money (required)", number=True),)

    def payments(self, game: SharingGame, s: Floats, options: Mapping[str, Any]) -> Floats:
        """Return the price of the difference to the others' average contribution."""
        del game
        return transfers(s, 0.0 if len(s) == 1 else self._price(options))

    def _price(self, options: Mapping[str, Any]) -> float:
        beta = options["beta"]
        if beta is None or beta < 0:
            got = "nothing" if beta is None else str(beta)
            raise UsageError.single(
                "option beta", got, "a price per sample, 0 or more", "for example --set beta=0.1"
            )
        return float(beta)

    def stakes(self, game: SharingGame, options: Mapping[str, Any]) -> AccuracyStakes:
        """Return own accuracy against own cost less the price of the own samples."""
        price = 0.0 if game.size == 1 else self._price(options)
        return AccuracyStakes(game, game.costs.transformed(1.0, -price))

    def spending(self, game: SharingGame, options: Mapping[str, Any]) -> Spending:
        """Return budgets as c_i(s_i) - beta s_i + beta/(n-1) sum_{j != i} s_j <= B_i."""
        n = game.size
        each = 0.0 if n == 1 else self._price(options) / (n - 1)
        stakes = self.stakes(game, options)
        levy = game.costs.transformed(0.0, each)
        return Spending(stakes, levy, stakes.borne.transformed(1.0, -each), 1.0, each > 0)


def transfers(s: Floats, beta: float) -> Floats:
    """Return beta (s_i - mean of the others' contributions), in money; 0 for a single agent."""
    if len(s) == 1:
        return np.zeros(1)
    others = (s.sum() - s) / (len(s) - 1)
    return np.asarray(beta * (s - others))
