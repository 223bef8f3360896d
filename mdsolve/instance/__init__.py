"""What the user wrote: schema, exact numbers, loading, array files, starter files."""

from mdsolve.instance.load import Instance, load, parse
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
