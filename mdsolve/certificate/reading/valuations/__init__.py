"""One file per valuation family: what models are worth, as the checker reads it."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

from mdsolve.certificate.numbers import Arithmetic
from mdsolve.certificate.reading.valuations.base import Valuation
from mdsolve.instance.common import family_file


def family_of(spec: Any) -> ModuleType:
    """Return the module of a family, named like in the schema."""
    return import_module(f"{__name__}.{family_file(spec)}")


def valuation_of(spec: Any, arithmetic: Arithmetic) -> Valuation:
    """Return the valuation that an instance specifies."""
    found: Valuation = family_of(spec).valuation(spec, arithmetic)
    return found
