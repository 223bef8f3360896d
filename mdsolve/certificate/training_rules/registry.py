"""The protocols as the checker reads them: each is in the file named like its schema's."""

from __future__ import annotations

from importlib import import_module
from inspect import isclass

from mdsolve.certificate import training_rules
from mdsolve.certificate.training_rules.base import TrainingRule
from mdsolve.instance.protocols import protocol_file
from mdsolve.instance.training import TrainingInstance


def rule_of(instance: TrainingInstance) -> TrainingRule:
    """Return the protocol that an instance names, with its settings."""
    spec = instance.protocol
    module = import_module(f"{training_rules.__name__}.{protocol_file(type(spec))}")
    (found,) = (
        entry
        for entry in vars(module).values()
        if isclass(entry)
        and issubclass(entry, TrainingRule)
        and entry.__module__ == module.__name__
    )
    return found(spec)
