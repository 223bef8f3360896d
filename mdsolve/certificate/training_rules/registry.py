"""All protocols as the checker reads them, by name: every module of this package is looked at."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from inspect import isclass
from pkgutil import iter_modules

from mdsolve.certificate import training_rules
from mdsolve.certificate.training_rules.base import TrainingRule


@cache
def protocols() -> dict[str, TrainingRule]:
    """Return the protocols by name."""
    found: dict[str, TrainingRule] = {}
    for module in iter_modules(training_rules.__path__):
        content = vars(import_module(f"{training_rules.__name__}.{module.name}"))
        for entry in content.values():
            if isclass(entry) and issubclass(entry, TrainingRule) and hasattr(entry, "name"):
                found.setdefault(entry.name, entry())
    return found
