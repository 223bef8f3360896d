"""One file per quality family: model quality as the checker reads it, named like the schema."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from mdsolve.certificate.numbers import Arithmetic, Quantity
from mdsolve.instance.common import family_file

Quality = Callable[[Quantity], Quantity]
"""Q(t) for amounts of data t > 0 in samples: increasing; Q(0) = 0 in every family."""


def quality_of(spec: Any, arithmetic: Arithmetic) -> Quality:
    """Return the quality that an instance specifies."""
    family = import_module(f"{__name__}.{family_file(spec)}")
    found: Quality = family.quality(spec, arithmetic)
    return found
