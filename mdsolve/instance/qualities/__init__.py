"""Quality families of a market: what data do for a model.

One file per family; the union below is the one place that names them all.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mdsolve.instance.qualities.identity import IdentityQualitySpec
from mdsolve.instance.qualities.power import PowerQualitySpec
from mdsolve.instance.qualities.saturation import SaturationQualitySpec
from mdsolve.instance.qualities.table import TableQualitySpec

QualitySpec = Annotated[
    IdentityQualitySpec | SaturationQualitySpec | PowerQualitySpec | TableQualitySpec,
    Field(discriminator="family"),
]
