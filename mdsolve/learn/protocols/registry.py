"""The protocols that can be run, by name: each is in the file named like its schema's."""

from __future__ import annotations

from importlib import import_module
from inspect import isclass

from mdsolve.instance.protocols import SPECS, protocol_file
from mdsolve.instance.training import TrainingInstance
from mdsolve.learn import protocols
from mdsolve.learn.protocols.base import Protocol


def _in_file(file: str) -> type[Protocol]:
    """Return the protocol that a file of this package defines."""
    module = import_module(f"{protocols.__name__}.{file}")
    (found,) = (
        entry
        for entry in vars(module).values()
        if isclass(entry) and issubclass(entry, Protocol) and entry.__module__ == module.__name__
    )
    return found


PROTOCOLS = {name: _in_file(protocol_file(spec)) for name, spec in SPECS.items()}


def protocol_of(instance: TrainingInstance) -> Protocol:
    """Return the protocol an instance names, with its settings."""
    return PROTOCOLS[instance.protocol.name](instance.protocol)
