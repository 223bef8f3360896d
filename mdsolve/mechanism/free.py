"""`free`: everybody receives the best model and nobody pays ([C20] Theorem 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from mdsolve.game.market import Market, QualityMarket
from mdsolve.mechanism.base import (
    MarketMechanism,
    MarketOutcome,
    claims_under,
    efficiency_claim,
    in_arithmetic,
)
from mdsolve.progress import Monitor
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

    def outcome(
        self, market: Market, options: Mapping[str, Any], monitor: Monitor, memory_limit: int
    ) -> MarketOutcome:
        """Return the zero payment table."""
        del monitor
        check_memory(market, memory_limit)
        chosen = in_arithmetic(market, options)
        if isinstance(chosen, QualityMarket):
            chosen = chosen.with_best_model_for_all()
        dtype = np.float64 if chosen.arithmetic.name == "float" else object
        payments = np.zeros((len(market.agents), *market.shape), dtype=dtype)
        message = "Everybody receives the best model and pays nothing."
        return MarketOutcome(chosen, payments, Termination.SOLVED, message, "closed form")

    def claims(self, market: Market, options: Mapping[str, Any]) -> tuple[str, ...]:
        """Claim efficiency and weak budget balance; the rest where nobody competes."""
        del options
        always = (*efficiency_claim(market), "weak-budget-balance")
        rational = ("individual-rationality", "incentive-compatibility")
        return always + claims_under(market, "non-competitive", rational)
