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
            if isclass(entry) and issubclass(entry, SharingRule) and not isabstract(entry):
                found.setdefault(entry.name, entry())
    return found
