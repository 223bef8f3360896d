"""`vcg`: each agent pays the harm their participation does to the others ([C20] Definition 8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from mdsolve.context import Context
from mdsolve.errors import UnsupportedError
from mdsolve.game.market import Market, QualityMarket
from mdsolve.game.valuations.base import total
from mdsolve.mechanism.base import MarketMechanism, in_arithmetic
from mdsolve.mechanism.outcome import MarketOutcome
from mdsolve.solver.market.routes import check_memory
from mdsolve.status import Termination


class VickreyClarkeGroves(MarketMechanism):
    """p_i = sum_{j != i} v_j(i stays out) - sum_{j != i} v_j(i takes part).

    With externalities imposed by types the rule is not truthful: in a fixed market with
    t_1 = 10 t_2 the large agent gains by reporting 3 t_2 ([C20] Example 1).
    """

    name = "vcg"
    title = "Vickrey-Clarke-Groves"
    citation = "[C20] Definition 8, Example 1"
    summary = "Everybody pays the harm their participation does to the others; not truthful here."
    maturity = "verified against paper"
    promises: ClassVar[Mapping[str, str]] = {
        "efficiency": "always",
        "individual-rationality": "always",
    }

    def outcome(self, game: Market, options: Mapping[str, Any], context: Context) -> MarketOutcome:
        """Return the VCG payments at every profile."""
        if not isinstance(game, QualityMarket):
            raise UnsupportedError.single(
                "mechanism vcg",
                "a market given as a table of values",
                "a quality and a valuation: VCG needs the others' values without each agent",
                "use mep or desirable, which need the agent's own table only",
            )
        check_memory(game, context.memory_limit)
        chosen = in_arithmetic(game, options)
        assert isinstance(chosen, QualityMarket)
        agents = range(len(game.agents))
        inside = [chosen.truthful_values(agent) for agent in agents]
        everyone = total(inside)
        payments = np.empty((len(game.agents), *game.shape), dtype=everyone.dtype)
        for agent in agents:
            others = [j for j in agents if j != agent]
            harmed = [chosen.values_without(agent, j) for j in others]
            zero = everyone * 0
            without = total(harmed) if harmed else zero
            payments[agent] = without - (total([inside[j] for j in others]) if others else zero)
            context.monitor.advance("payments", agent + 1, len(game.agents))
        message = "Each agent pays the harm their participation does to the others."
        return MarketOutcome(
            Termination.SOLVED, message, "closed form", market=chosen, payments=payments
        )
