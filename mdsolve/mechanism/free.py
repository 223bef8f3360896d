"""`free`: everybody receives the best model and nobody pays ([C20] Theorem 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from mdsolve.context import Context
from mdsolve.game.market import Market, QualityMarket
from mdsolve.mechanism.base import MarketMechanism, in_arithmetic
from mdsolve.mechanism.outcome import MarketOutcome
from mdsolve.solver.market.routes import check_memory
from mdsolve.status import Termination


class FreeExchange(MarketMechanism):
    """The best model for everybody, free of charge.

    In a non-competitive market (dv_i/dq_j >= 0) contributing everything is a best response and
    taking part never hurts, so the rule is desirable ([C20] Theorem 5). In a competitive market it
    may drive agents out; the certificate shows whom.
    """

    name = "free"
    title = "Free exchange of the best model"
    citation = "[C20] Theorem 5"
    summary = "Everybody receives the best model, nobody pays."
    maturity = "verified against paper"
    promises: ClassVar[Mapping[str, str]] = {
        "efficiency": "always",
        "weak-budget-balance": "always",
        "individual-rationality": "where nobody competes (non-competitive market)",
        "incentive-compatibility": "where nobody competes (non-competitive market)",
    }

    def outcome(self, game: Market, options: Mapping[str, Any], context: Context) -> MarketOutcome:
        """Return the zero payment table."""
        check_memory(game, context.memory_limit)
        chosen = in_arithmetic(game, options)
        if isinstance(chosen, QualityMarket):
            chosen = chosen.with_best_model_for_all()
        dtype = np.float64 if chosen.arithmetic.name == "float" else object
        payments = np.zeros((len(game.agents), *game.shape), dtype=dtype)
        message = "Everybody receives the best model and pays nothing."
        return MarketOutcome(
            Termination.SOLVED, message, "closed form", market=chosen, payments=payments
        )
