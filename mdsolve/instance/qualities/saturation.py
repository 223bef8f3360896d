"""`saturation`: quality approaches 1 exponentially."""

from __future__ import annotations

from typing import Literal

from mdsolve.instance.qualities.base import QualityFamily


class SaturationQualitySpec(QualityFamily):
    """Q(t) = (1 - exp(-t)) / (1 + exp(-t))."""

    family: Literal["saturation"]
