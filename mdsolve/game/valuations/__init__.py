"""From a market's valuation to its function: one file per family, found by its name.

A family's file offers `valuation(spec)`, or `market(instance, arithmetic)` where values do not
depend on qualities alone.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

from mdsolve.game.valuations.base import Valuation
from mdsolve.instance.common import family_file


def family_of(spec: Any) -> ModuleType:
    """Return the file of a family, which has its schema's name."""
    return import_module(f"{__name__}.{family_file(spec)}")


def valuation_of(spec: Any) -> Valuation:
    """Return the valuation of a specification."""
    found: Valuation = family_of(spec).valuation(spec)
    return found
