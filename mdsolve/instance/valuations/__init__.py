"""Valuation families of a market: what everybody's model is worth to each agent.

One file per family; the unions below are the one place that names them all.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mdsolve.instance.valuations.growth import GrowthValuationSpec
from mdsolve.instance.valuations.linear import LinearValuationSpec
from mdsolve.instance.valuations.share import ShareValuationSpec
from mdsolve.instance.valuations.sum import SumValuationSpec
from mdsolve.instance.valuations.table import TableValuationSpec

Terms = GrowthValuationSpec | ShareValuationSpec | LinearValuationSpec | SumValuationSpec
"""Families that can be added up."""

TermSpec = Annotated[Terms, Field(discriminator="family")]
ValuationSpec = Annotated[Terms | TableValuationSpec, Field(discriminator="family")]

# Sums hold the families above, which are known from here on.
SumValuationSpec.model_rebuild()
