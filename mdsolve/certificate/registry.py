"""Conditions by name: one function each, written once for all number systems.

A condition is registered with the kind of instance it is about, what of a claim it needs, the
number systems it has a route in, and the words for the page. The dispatcher finds it by name.
Modules of conditions are named after the kind, but those of sharing games, so that a check imports
its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Literal, cast

from mdsolve.certificate import checks
from mdsolve.conditions import ArithmeticName

Kind = Literal["market", "sharing", "training"]


@dataclass(frozen=True)
class Registered:
    """One condition.

    Parameters
    ----------
    name, kind : str
    decide : callable
        Takes a `Context`, returns a `Condition`.
    rules : tuple of str
        Mechanisms whose own version this is; empty: all others.
    arithmetics : tuple of str
        Number systems it has a route in.
    about : str
        What it says, for somebody who reads a certificate.
    """

    name: str
    kind: Kind
    decide: Callable[[Any], Any]
    rules: tuple[str, ...]
    arithmetics: tuple[ArithmeticName, ...]
    about: str


CONDITIONS: dict[tuple[Kind, str], list[Registered]] = {}


def condition(
    name: str,
    kind: Kind,
    *,
    about: str,
    rules: tuple[str, ...] = (),
    arithmetics: tuple[ArithmeticName, ...] = ("exact", "enclosure", "float"),
) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Return a decorator that registers a function as the condition of that name."""

    def register(decide: Callable[[Any], Any]) -> Callable[[Any], Any]:
        entry = Registered(name, kind, decide, rules, arithmetics, about)
        CONDITIONS.setdefault((kind, name), []).append(entry)
        return decide

    return register


def registered(kind: Kind, name: str, rule: str | None) -> Registered | None:
    """Return the condition of that name, the mechanism's own version first, or None."""
    known(kind)
    general = None
    for entry in CONDITIONS.get((kind, name), []):
        if rule is not None and rule in entry.rules:
            return entry
        if not entry.rules:
            general = entry
    return general


def kind_of(module: str) -> Kind:
    """Return the kind of instance that a module of conditions is about: its first word tells.

    Examples
    --------
    >>> kind_of("market_rule"), kind_of("nash")
    ('market', 'sharing')
    """
    first = module.partition("_")[0]
    return cast("Kind", first) if first in ("market", "training") else "sharing"


@cache
def _load(kind: Kind) -> None:
    """Import every module of conditions of a kind, which registers them."""
    for module in iter_modules(checks.__path__):
        if kind_of(module.name) == kind:
            import_module(f"{checks.__name__}.{module.name}")


def known(kind: Kind) -> tuple[str, ...]:
    """Return the names of all conditions of a kind of instance."""
    _load(kind)
    return tuple(name for of_kind, name in CONDITIONS if of_kind == kind)
