"""From what the user wrote to what it means: market instances become games."""

from __future__ import annotations

from dataclasses import replace

from mdsolve.game.arithmetic import FLOAT, Arithmetic
from mdsolve.game.market import Market, QualityMarket
from mdsolve.game.qualities import quality_of
from mdsolve.game.valuations import family_of, valuation_of
from mdsolve.instance.market import MarketInstance


def market_game(instance: MarketInstance, arithmetic: Arithmetic = FLOAT) -> Market:
    """Return the market an instance describes, evaluated in the given number system."""
    family = family_of(instance.valuation)
    if hasattr(family, "market"):
        given: Market = family.market(instance, arithmetic)
        return replace(given, prior=instance.probabilities())
    return QualityMarket(
        instance.agents,
        instance.grids,
        arithmetic,
        quality=quality_of(instance.quality),
        valuation=valuation_of(instance.valuation),
        outside=instance.outside,
        allocation=instance.allocation,
        prior=instance.probabilities(),
    )
