"""What there is, taken from the classes: mechanisms, protocols, families with their formulas.

Importing all of them takes a second or two; `mdsolve list` reads what is stored in `catalogue.json`
(`python scripts/write_catalogue.py` writes it, and a test compares).
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, get_args

from pydantic import BaseModel

from mdsolve.instance.accuracies import AccuracyFamily
from mdsolve.instance.costs import CostSpec
from mdsolve.instance.protocols import SPECS
from mdsolve.instance.qualities import QualitySpec
from mdsolve.instance.valuations import ValuationSpec
from mdsolve.mechanism.registry import MARKET_MECHANISMS, SHARING_MECHANISMS

FAMILIES: dict[str, Any] = {
    "quality": QualitySpec,
    "valuation": ValuationSpec,
    "accuracy": AccuracyFamily,
    "cost": CostSpec,
}
"""Discriminated unions of the schema, by the key that holds them in an instance file."""


def entries() -> dict[str, list[dict[str, Any]]]:
    """Return all mechanisms, families and protocols as plain data.

    Examples
    --------
    >>> [entry["name"] for entry in entries()["mechanism"]][:4]
    ['free', 'vcg', 'mep', 'desirable']
    """
    rules = [*MARKET_MECHANISMS.values(), *SHARING_MECHANISMS.values()]
    listing = {"mechanism": [rule.describe() for rule in rules]}
    for key, union in FAMILIES.items():
        listing[key] = [_family(key, model) for model in _members(union)]
    listing["protocol"] = [_protocol(name) for name in SPECS]
    return listing


def _members(union: Any) -> Iterator[type[BaseModel]]:
    for member in get_args(union):
        if inspect.isclass(member) and issubclass(member, BaseModel):
            yield member
        else:
            yield from _members(member)


def _family(key: str, model: type[BaseModel]) -> dict[str, Any]:
    fields = {
        (field.alias or name): _field_summary(field)
        for name, field in model.model_fields.items()
        if name != "family" and not field.exclude
    }
    return {
        "name": get_args(model.model_fields["family"].annotation)[0],
        "kind": key,
        "summary": inspect.getdoc(model) or "",
        "keys": fields,
    }


def _protocol(name: str) -> dict[str, Any]:
    spec = SPECS[name]
    fields = {key: field for key, field in spec.model_fields.items() if key != "name"}
    return {
        "name": name,
        "kind": "protocol",
        "summary": inspect.getdoc(spec) or "",
        "keys": {
            key: _field_summary(field, spec.open_defaults.get(key)) for key, field in fields.items()
        },
        "about": {
            key: " ".join((field.description or "").split()) for key, field in fields.items()
        },
    }


def _field_summary(field: Any, otherwise: Any = None) -> str:
    """Return whether a key is needed, or else what holds without it."""
    if field.is_required():
        return "required"
    default = otherwise if field.default is None else field.default
    shown = f"{float(default):g}" if isinstance(default, Fraction) else default
    return "optional" if shown is None else f"default {shown}"
