"""`identity`: quality is the amount of data."""

from __future__ import annotations

from typing import Literal

from mdsolve.instance.qualities.base import QualityFamily


class IdentityQualitySpec(QualityFamily):
    """Q(t) = t."""

    family: Literal["identity"] = "identity"
