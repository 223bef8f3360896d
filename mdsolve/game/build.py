"""From what the user wrote to what it means: instances become games."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mdsolve.game.arithmetic import FLOAT, Arithmetic
from mdsolve.game.market import Market, QualityMarket, TabulatedMarket
from mdsolve.game.quality import (
    IdentityQuality,
    PowerQuality,
    Quality,
    SaturationQuality,
    TableQuality,
)
from mdsolve.game.valuation import GrowthValuation, LinearValuation, SumValuation, Valuation
from mdsolve.instance import market_values as schema
from mdsolve.instance.market import MarketInstance

SHARE_EXPONENT = Fraction(-1)


def market_game(instance: MarketInstance, arithmetic: Arithmetic = FLOAT) -> Market:
    """Return the market an instance describes, evaluated in the given number system."""
    agents, grids = instance.agents, instance.grids
    spec = instance.valuation
    if isinstance(spec, schema.TableValuationSpec):
        market = TabulatedMarket(agents, grids, value=spec.value, outside=spec.outside)
        return market if arithmetic is FLOAT else market.with_arithmetic(arithmetic)
    return QualityMarket(
        agents,
        grids,
        arithmetic,
        quality=quality_of(instance.quality),
        valuation=valuation_of(spec),
        outside=instance.outside,
        allocation=instance.allocation,
    )


def quality_of(spec: Any) -> Quality:
    """Return the quality function of a specification."""
    if isinstance(spec, schema.SaturationQualitySpec):
        return SaturationQuality()
    if isinstance(spec, schema.PowerQualitySpec):
        return PowerQuality(spec.exponent)
    if isinstance(spec, schema.TableQualitySpec):
        sizes, qualities = zip(*spec.points, strict=True)
        return TableQuality(sizes, qualities)
    return IdentityQuality()


def valuation_of(spec: Any) -> Valuation:
    """Return the valuation of a specification; `share` is growth with exponent -1."""
    if isinstance(spec, schema.GrowthValuationSpec):
        return GrowthValuation(spec.exponent, spec.scale)
    if isinstance(spec, schema.ShareValuationSpec):
        return GrowthValuation(SHARE_EXPONENT, spec.scale, family="share")
    if isinstance(spec, schema.LinearValuationSpec):
        return LinearValuation(spec.matrix, spec.scale)
    assert isinstance(spec, schema.SumValuationSpec)
    return SumValuation(tuple(valuation_of(term) for term in spec.terms))
