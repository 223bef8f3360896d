"""All mechanisms of markets by name: every module of this package is looked at."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from inspect import isabstract, isclass
from pkgutil import iter_modules

from mdsolve.certificate import market_rules as package
from mdsolve.certificate.market_rules.base import MarketRule


@cache
def market_rules() -> dict[str, MarketRule]:
    """Return the rules of markets by name."""
    found: dict[str, MarketRule] = {}
    for module in iter_modules(package.__path__):
        content = vars(import_module(f"{package.__name__}.{module.name}"))
        for entry in content.values():
            if isclass(entry) and issubclass(entry, MarketRule) and not isabstract(entry):
                found.setdefault(entry.name, entry())
    return found
