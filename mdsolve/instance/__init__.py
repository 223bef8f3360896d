"""What the user wrote: schema, exact numbers, loading, array files, starter files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mdsolve.instance.load import KINDS, Instance, load, parse, schema_of

if TYPE_CHECKING:
    from mdsolve.instance.market import MarketInstance
    from mdsolve.instance.sharing import SharingInstance
    from mdsolve.instance.training import TrainingInstance

__all__ = [
    "Instance",
    "MarketInstance",
    "SharingInstance",
    "TrainingInstance",
    "load",
    "parse",
]


def __getattr__(name: str) -> Any:
    """Import the class of a kind on first use: one kind needs nothing of the others."""
    for kind, model in KINDS.items():
        if model == name:
            return schema_of(kind)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
