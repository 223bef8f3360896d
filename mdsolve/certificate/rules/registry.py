"""All mechanisms as the checker reads them, by name: every module of this package is looked at."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from inspect import isabstract, isclass
from pkgutil import iter_modules

from mdsolve.certificate import rules
from mdsolve.certificate.rules.base import SharingRule


@cache
def sharing_rules() -> dict[str, SharingRule]:
    """Return the rules of sharing games by name."""
    found: dict[str, SharingRule] = {}
    for module in iter_modules(rules.__path__):
        content = vars(import_module(f"{rules.__name__}.{module.name}"))
        for entry in content.values():
            if not isclass(entry) or not issubclass(entry, SharingRule) or isabstract(entry):
                continue
            if hasattr(entry, "name"):  # what several rules have in common has no name
                found.setdefault(entry.name, entry())
    return found
