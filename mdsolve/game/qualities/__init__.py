"""From a market's quality to its function: one file per family, found by its name.

A family's file offers `quality(spec)`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from mdsolve.game.qualities.base import Quality
from mdsolve.instance.common import family_file


def quality_of(spec: Any) -> Quality:
    """Return the quality function of a specification."""
    found: Quality = import_module(f"{__name__}.{family_file(spec)}").quality(spec)
    return found
