"""Efficiency and feasibility of the allocation ([C20] Definition 5).

The checker compares the claimed allocation with every choice "best model or nothing" per agent. It
enumerates the choices itself and does not use the game's allocation rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mdsolve.certificate.market.setting import Setting
from mdsolve.conditions import Condition
from mdsolve.game.arithmetic import Array
from mdsolve.game.market import QualityMarket

EFFICIENT = "efficiency"
FEASIBLE = "feasibility"
ENUMERATION_LIMIT = 12
SLOW_ROW_LIMIT = 2_000_000


def efficiency(setting: Setting) -> Condition:
    """Check that no other choice of recipients has a larger total valuation, at any profile."""
    market = setting.market
    if not isinstance(market, QualityMarket):
        return setting.unchecked(
            EFFICIENT, "a table of values already contains the allocation; there is no other"
        )
    agents = range(len(market.agents))
    if len(agents) > ENUMERATION_LIMIT:
        reason = f"2^{len(agents)} allocations; at most {ENUMERATION_LIMIT} agents are enumerated"
        return setting.unchecked(EFFICIENT, reason)
    rows = market.profile_count << len(agents)
    if setting.arithmetic != "float" and rows > SLOW_ROW_LIMIT:
        reason = f"{rows:,} totals are too many in {setting.arithmetic} arithmetic; use float"
        return setting.unchecked(EFFICIENT, reason)
    best = _best_quality(market)
    used = [market.used_quality(i, market.allocated[i]) for i in agents]
    claimed = _total(market, used)
    tally = setting.tally()
    for choice in range(1 << len(agents)):
        other = [
            market.arithmetic.maximum(best, market.own_quality[i])
            if choice >> i & 1
            else market.own_quality[i]
            for i in agents
        ]
        better = _total(market, other)

        def locate(
            index: tuple[int, ...], choice: int = choice, better: Array = better
        ) -> Mapping[str, Any]:
            names = [market.agents[i] for i in agents if choice >> i & 1]
            return {
                "profile": setting.profile(index),
                "better_recipients": names,
                **setting.numbers(total_claimed=claimed[index], total_better=better[index]),
            }

        tally.add(better - claimed, locate)
        setting.monitor.advance("checking allocations", choice + 1, 1 << len(agents))
    count = 1 << len(agents)
    return setting.condition(
        tally,
        EFFICIENT,
        scope=f"all {market.profile_count:,} profiles x {count:,} allocations",
        good="no choice of recipients has a larger total value",
        bad="another choice of recipients has a larger total value",
    )


def feasibility(setting: Setting) -> Condition:
    """Check that nobody is handed a model better than the one all reports train."""
    market = setting.market
    if not isinstance(market, QualityMarket):
        return setting.unchecked(FEASIBLE, "a table of values has no separate allocation")
    best = np.broadcast_to(_best_quality(market), market.shape)
    tally = setting.tally()
    for agent, handed in enumerate(market.allocated):
        full = np.broadcast_to(handed, market.shape)

        def locate(
            index: tuple[int, ...], agent: int = agent, full: Array = full
        ) -> Mapping[str, Any]:
            return {
                "agent": market.agents[agent],
                "profile": setting.profile(index),
                **setting.numbers(handed_out=full[index], best=best[index]),
            }

        tally.add(np.asarray(full - best), locate)
        tally.add(np.asarray(-full), locate)
    return setting.condition(
        tally,
        FEASIBLE,
        scope=f"all {market.profile_count:,} profiles, every agent",
        good="every model handed out can be trained from the reports",
        bad="a model handed out is better than the reports allow, or of negative quality",
    )


def _best_quality(market: QualityMarket) -> Array:
    pooled = market.sizes[0]
    for size in market.sizes[1:]:
        pooled = pooled + size
    return market.quality.at(pooled, market.arithmetic)


def _total(market: QualityMarket, used: list[Array]) -> Array:
    welfare = market.valuation.value(0, used, market.arithmetic)
    for agent in range(1, len(used)):
        welfare = welfare + market.valuation.value(agent, used, market.arithmetic)
    return np.broadcast_to(welfare, market.shape)
