"""The section `design` of an instance: what a rule is to be designed for."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from mdsolve.instance.common import StrictModel
from mdsolve.instance.numbers import Number


class DesignSpec(StrictModel):
    """What a rule is to be designed for; the command `design` says what each entry may be."""

    maximize: str | None = None
    require: dict[str, Any] = Field(default_factory=dict)
    trade_off: dict[str, tuple[Number, Number, Number]] = Field(default_factory=dict)
